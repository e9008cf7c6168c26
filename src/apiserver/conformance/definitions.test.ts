/** What conformance asks of CustomResourceDefinitions: their own verbs, what they publish, what they default. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import {
  crontab,
  crontabs,
  define,
  definition,
  definitions,
  reached,
  startCustomServer,
  version,
} from "../extension/testing.ts";
import type { Loose, TestServer } from "../testing.ts";

const merge = "application/merge-patch+json";
const text = { type: "string" };
const object = { type: "object" };
const namesOf = ({ items }: Loose): readonly string[] =>
  items.map(({ metadata }: Loose) => metadata.name);

interface Named {
  readonly plural: string;
  readonly kind: string;
  readonly group?: string;
}

const other = (
  { plural, kind, group = "stable.example.com" }: Named,
  versions: object[],
): Loose => ({
  ...definition(versions, { group, names: { plural, kind } }),
  metadata: { name: `${plural}.${group}`, labels: { set: "yes" } },
});

/** The kinds of custom resources that both OpenAPI documents describe, as `group/version/kind`. */
async function published(server: TestServer): Promise<readonly string[]> {
  const kindsIn = (schemas: Loose): readonly string[] =>
    Object.values(schemas)
      .flatMap((schema: Loose) => schema["x-kubernetes-group-version-kind"] ?? [])
      .filter(({ group }: Loose) => group.endsWith("example.com"))
      .map(({ group, version: name, kind }: Loose) => `${group}/${name}/${kind}`)
      .filter((name) => !name.endsWith("List"))
      .toSorted();
  const { definitions: second } = await server.ask("GET", "/openapi/v2");
  const { paths } = await server.ask("GET", "/openapi/v3");
  const custom = Object.entries<Loose>(paths).filter(([path]) => path.includes("example.com/"));
  const third: string[] = [];
  for (const [, { serverRelativeURL }] of custom)
    third.push(...kindsIn((await server.ask("GET", serverRelativeURL)).components.schemas));
  deepEqual(third.toSorted(), kindsIn(second));
  return third.toSorted();
}

test("definitions are listed by label, and exactly those are deleted together", async () => {
  await using server = await startCustomServer();
  await define(server, definition([version(object)]));
  for (const [plural, kind] of [
    ["as", "A"],
    ["bs", "B"],
  ] as const)
    await define(server, other({ plural, kind }, [version(object)]));
  const selected = `${definitions}?labelSelector=set%3Dyes`;
  const both = ["as.stable.example.com", "bs.stable.example.com"];
  deepEqual(namesOf(await server.ask("GET", selected)), both);
  const gone = await server.watch(`${selected}&watch=true`);
  await gone.take(2);
  await server.ask("DELETE", selected);
  const heard: string[] = [];
  while (heard.length < 2)
    heard.push(...(await gone.take(1)).filter((event) => event.startsWith("DELETED")));
  deepEqual(
    heard.toSorted(),
    both.map((name) => `DELETED ${name}`),
  );
  deepEqual(namesOf(await server.ask("GET", definitions)), ["crontabs.stable.example.com"]);
});

test("the status of a definition is read, updated and patched, and stays", async () => {
  await using server = await startCustomServer();
  const made = await define(server, definition([version(object)]));
  const status = `${definitions}/${made.metadata.name}/status`;
  const found = await server.ask("GET", status);
  const condition = (type: string) => ({ type, status: "True", reason: "E2E", message: "m" });
  found.status.conditions.push(condition("StatusUpdate"));
  const updated = await server.ask("PUT", status, { body: found });
  const conditions = [...updated.status.conditions, condition("StatusPatched")];
  await server.ask("PATCH", status, { type: merge, body: { status: { conditions }, spec: {} } });
  const known = (await server.ask("GET", status)).status.conditions;
  const types = new Set(known.map(({ type }: Loose) => type));
  for (const type of ["StatusUpdate", "StatusPatched", "Established"]) ok(types.has(type));
});

test("defaults fill what is asked for and what was stored; what was stored with one keeps it", async () => {
  await using server = await startCustomServer();
  const fields = (defaults: Readonly<Record<string, string>>) => ({
    type: "object",
    default: {},
    properties: Object.fromEntries(
      ["a", "b"].map((name) => [
        name,
        name in defaults ? { ...text, default: defaults[name] } : text,
      ]),
    ),
  });
  const made = await define(server, definition([version(fields({ a: "A" }))]));
  deepEqual((await server.ask("POST", crontabs, { body: crontab({}, "first") })).spec, { a: "A" });
  const redefine = async (defaults: Readonly<Record<string, string>>): Promise<void> => {
    const name = `${definitions}/${made.metadata.name}`;
    const now = await server.ask("GET", name);
    now.spec.versions[0].schema.openAPIV3Schema.properties.spec = fields(defaults);
    await server.ask("PUT", name, { body: now });
    await reached(server, "Established");
  };
  await redefine({ b: "B" });
  deepEqual((await server.ask("GET", `${crontabs}/first`)).spec, { a: "A", b: "B" });
  deepEqual((await server.ask("POST", crontabs, { body: crontab({}, "second") })).spec, { b: "B" });
});

const withField = (name: string): object => ({ type: "object", properties: { [name]: text } });

test("each version, kind and group is published with the schema it has", async () => {
  await using server = await startCustomServer();
  const versions = [
    version(withField("one"), { name: "v2" }),
    version(withField("two"), { name: "v3", storage: false }),
  ];
  await define(server, definition(versions));
  await define(server, other({ plural: "as", kind: "A" }, [version(object)]));
  await define(
    server,
    other({ plural: "bs", kind: "B", group: "b.example.com" }, [version(object)]),
  );
  deepEqual(await published(server), [
    "b.example.com/v1/B",
    "stable.example.com/v1/A",
    "stable.example.com/v2/CronTab",
    "stable.example.com/v3/CronTab",
  ]);
  const { definitions: schemas } = await server.ask("GET", "/openapi/v2");
  const fieldsOf = (name: string): readonly string[] =>
    Object.keys(schemas[`com.example.stable.${name}.CronTab`].properties.spec.properties);
  deepEqual([fieldsOf("v2"), fieldsOf("v3")], [["one"], ["two"]]);
});

test("a version that is renamed, or not served any more, leaves what is published", async () => {
  await using server = await startCustomServer();
  const at = `${definitions}/crontabs.stable.example.com`;
  await define(
    server,
    definition([version(object, { name: "v2" }), version(object, { name: "v3", storage: false })]),
  );
  const change = async (edit: (versions: Loose) => void): Promise<readonly string[]> => {
    const now = await server.ask("GET", at);
    edit(now.spec.versions);
    await server.ask("PUT", at, { body: now });
    await reached(server, "Established");
    return published(server);
  };
  deepEqual(await change((versions) => (versions[1].name = "v4")), [
    "stable.example.com/v2/CronTab",
    "stable.example.com/v4/CronTab",
  ]);
  deepEqual(await change((versions) => (versions[1].served = false)), [
    "stable.example.com/v2/CronTab",
  ]);
  equal((await server.send("GET", "/apis/stable.example.com/v4")).status, 404);
});

test("where unknown fields are kept, the published schema lets them pass", async () => {
  await using server = await startCustomServer();
  const keep = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
  const root = version(object, { schema: { openAPIV3Schema: keep } });
  await define(server, other({ plural: "roots", kind: "Root" }, [root]));
  await define(server, other({ plural: "inners", kind: "Inner" }, [version(keep)]));
  const { definitions: schemas } = await server.ask("GET", "/openapi/v2");
  const gvk = { group: "stable.example.com", version: "v1", kind: "Root" };
  // Whoever checks by it would refuse what it does not name: it names nothing.
  deepEqual(schemas["com.example.stable.v1.Root"], {
    type: "object",
    "x-kubernetes-group-version-kind": [gvk],
  });
  const inner = schemas["com.example.stable.v1.Inner"].properties;
  equal(inner.spec["x-kubernetes-preserve-unknown-fields"], true);
  ok("metadata" in inner && "kind" in inner);
});
