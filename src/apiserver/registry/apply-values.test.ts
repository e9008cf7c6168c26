/** What is applied counts as it was said, not as it will be stored; and when an entry says that it changed. */
import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { configMap, type Loose, startTestServer, type TestServer } from "../testing.ts";

const type = "application/apply-patch+yaml";
const pods = "/api/v1/namespaces/default/pods";
const maps = "/api/v1/namespaces/default/configmaps";

const pod = (container: object, spec: object = {}): object => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "a" },
  spec: { ...spec, containers: [{ name: "c", image: "i", ...container }] },
});

const withCpu = (cpu: string): object => pod({ resources: { requests: { cpu } } });

const fieldsOf = ({ details }: Loose): unknown => details?.causes?.map(({ field }: Loose) => field);

/** `manager time`, in order. */
const times = ({ metadata }: Loose): string[] =>
  metadata.managedFields.map(({ manager, time }: Loose) => `${manager} ${time}`);

const applyTo = (server: TestServer, url: string, body: object): Promise<Loose> =>
  server.ask("PATCH", url, { body, type });

test("another way to write the same quantity is a conflict with who wrote it first", async () => {
  await using server = await startTestServer();
  await applyTo(server, `${pods}/a?fieldManager=ann`, withCpu("1"));
  const refused = await server.refused("PATCH", `${pods}/a?fieldManager=bob`, {
    body: withCpu("1000m"),
    type,
  });
  deepEqual(fieldsOf(refused), ['.spec.containers[name="c"].resources.requests.cpu']);
  const forced = await applyTo(server, `${pods}/a?fieldManager=bob&force=true`, withCpu("1000m"));
  equal(forced.spec.containers[0].resources.requests.cpu, "1");
  const [ann] = forced.metadata.managedFields;
  deepEqual(ann.fieldsV1["f:spec"]["f:containers"]['k:{"name":"c"}'], {
    ".": {},
    "f:image": {},
    "f:name": {},
  });
});

test("an empty text does not take away what somebody else wrote there", async () => {
  await using server = await startTestServer();
  await applyTo(server, `${pods}/a?fieldManager=ann`, pod({}, { hostname: "h" }));
  const target = `${pods}/a?fieldManager=bob`;
  const refused = await server.refused("PATCH", target, {
    body: pod({}, { hostname: "" }),
    type,
  });
  deepEqual(fieldsOf(refused), [".spec.hostname"]);
});

test("conflicts are told before values that make no sense", async () => {
  await using server = await startTestServer();
  const body = { ...configMap("a", { x: "1" }), binaryData: { k: "YQ==" } };
  await applyTo(server, `${maps}/a?fieldManager=ann`, body);
  const wrong = { ...configMap("a", { x: "1" }), binaryData: { k: "x" } };
  const refused = await server.refused("PATCH", `${maps}/a?fieldManager=bob`, {
    body: wrong,
    type,
  });
  deepEqual([refused.code, fieldsOf(refused)], [409, [".binaryData.k"]]);
});

test("an entry says when its manager last changed a value, by apply", async () => {
  await using server = await startTestServer();
  const target = `${maps}/a?fieldManager=ann`;
  await applyTo(server, target, configMap("a", { x: "1" }));
  server.clock.advance(60_000);
  deepEqual(times(await applyTo(server, target, configMap("a", { x: "1" }))), [
    "ann 2026-01-01T00:00:00Z",
  ]);
  deepEqual(times(await applyTo(server, target, configMap("a", { x: "2" }))), [
    "ann 2026-01-01T00:01:00Z",
  ]);
});

test("an entry says when its manager last changed a value, by update", async () => {
  await using server = await startTestServer();
  await server.ask("POST", `${maps}?fieldManager=ann`, { body: configMap("a", { x: "1" }) });
  server.clock.advance(60_000);
  const put = (x: string): Promise<Loose> =>
    server.ask("PUT", `${maps}/a?fieldManager=ann`, { body: configMap("a", { x }) });
  deepEqual(times(await put("1")), ["ann 2026-01-01T00:00:00Z"]);
  deepEqual(times(await put("2")), ["ann 2026-01-01T00:01:00Z"]);
});

test("of several managers, only who changed a value gets a new time", async () => {
  await using server = await startTestServer();
  await applyTo(server, `${maps}/a?fieldManager=ann`, configMap("a", { x: "1" }));
  await applyTo(server, `${maps}/a?fieldManager=bob`, configMap("a", { y: "1" }));
  server.clock.advance(60_000);
  const after = await applyTo(server, `${maps}/a?fieldManager=bob`, configMap("a", { y: "2" }));
  deepEqual(times(after), ["ann 2026-01-01T00:00:00Z", "bob 2026-01-01T00:01:00Z"]);
});
