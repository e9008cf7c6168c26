import { deepEqual, equal, match, ok } from "node:assert/strict";
import { test } from "node:test";
import { FeatureGates } from "#api/feature-gates.ts";
import {
  bodyOf,
  type Loose,
  quietServer,
  startTestServer,
  TestClock,
  testKinds,
  testRequest,
} from "../testing.ts";

const aggregated = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

test("plain discovery: versions, groups, resources with their parts", async () => {
  await using server = await startTestServer();
  deepEqual((await server.ask("GET", "/api")).versions, ["v1"]);
  const { groups } = await server.ask("GET", "/apis");
  deepEqual(
    groups.map(({ name }: Loose) => name),
    [
      "apps",
      "events.k8s.io",
      "autoscaling",
      "scheduling.k8s.io",
      "coordination.k8s.io",
      "test.k8ts.io",
    ],
  );
  equal((await server.ask("GET", "/apis/autoscaling")).preferredVersion.version, "v2");
  const { groupVersion, resources } = await server.ask("GET", "/apis/test.k8ts.io/v1");
  equal(groupVersion, "test.k8ts.io/v1");
  deepEqual(
    resources.map(({ name, kind, group }: Loose) => [name, kind, group]),
    [
      ["crews", "Crew", undefined],
      ["crews/scale", "Scale", "autoscaling"],
      ["crews/status", "Crew", undefined],
    ],
  );
  equal(resources[0].storageVersionHash, "crew");
  for (const path of ["/api/v2", "/apis/nope", "/apis/apps/v9"]) {
    equal((await server.send("GET", path)).status, 404);
  }
});

test("aggregated discovery, and nothing again when nothing changed", async () => {
  await using server = await startTestServer();
  const response = await server.send("GET", "/apis", {
    headers: { accept: `${aggregated},application/json` },
  });
  equal(response.body.is === "bytes" && response.body.contentType, aggregated);
  const list = bodyOf(response);
  equal(list.kind, "APIGroupDiscoveryList");
  const crews = list.items.find(({ metadata }: Loose) => metadata.name === "test.k8ts.io");
  deepEqual(crews.versions[0].resources[0].subresources[1].subresource, "status");
  const core = await server.send("GET", "/api", { headers: { accept: aggregated } });
  equal(bodyOf(core).items.length, 1);
  const etag = response.headers?.["etag"] ?? "";
  const again = await server.send("GET", "/apis", {
    headers: { accept: aggregated, "if-none-match": etag },
  });
  equal(again.status, 304);
});

test("a kind that is added later is discovered and served", async () => {
  await using server = await startTestServer();
  const { kind } = server.kinds.find("test.k8ts.io/v1", "crews") ?? {};
  ok(kind);
  const ships = { ...kind, plural: "ships", kind: "Ship", listKind: "ShipList" };
  const storage = { prefix: "/registry/test.k8ts.io/ships", hash: "ship" };
  server.kinds.add({ ...ships, storage });
  await Promise.resolve();
  const { resources } = await server.ask("GET", "/apis/test.k8ts.io/v1");
  ok(resources.some(({ name }: Loose) => name === "ships"));
  const created = await server.ask("POST", "/apis/test.k8ts.io/v1/namespaces/a/ships", {
    body: { metadata: { name: "s" } },
  });
  equal(created.kind, "Ship");
});

test("OpenAPI v3: an index with hashes, and a document per group and version", async () => {
  await using server = await startTestServer();
  const { paths } = await server.ask("GET", "/openapi/v3");
  const { serverRelativeURL } = paths["api/v1"];
  match(serverRelativeURL, /^\/openapi\/v3\/api\/v1\?hash=[0-9A-F]{64}$/);
  const response = await server.send("GET", serverRelativeURL);
  const document = bodyOf(response);
  const { patch } = document.paths["/api/v1/namespaces/{namespace}/pods/{name}"];
  deepEqual(patch["x-kubernetes-group-version-kind"], { group: "", version: "v1", kind: "Pod" });
  ok(patch.parameters.some(({ name }: Loose) => name === "fieldValidation"));
  const { schemas } = document.components;
  deepEqual(schemas["io.k8s.api.core.v1.Pod"]["x-kubernetes-group-version-kind"], [
    { group: "", version: "v1", kind: "Pod" },
  ]);
  deepEqual(dangling(document), []);
  const headers = { "if-none-match": response.headers?.["etag"] ?? "" };
  equal((await server.send("GET", serverRelativeURL, { headers })).status, 304);
});

test("OpenAPI v2 is one document", async () => {
  await using server = await startTestServer();
  const document = await server.ask("GET", "/openapi/v2");
  equal(document.swagger, "2.0");
  deepEqual(dangling(document), []);
});

/** References to what is not there. */
function dangling(document: Loose): string[] {
  const missing = new Set<string>();
  for (const [, reference = ""] of JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)) {
    const found = reference.split("/").reduce((at: Loose, step) => at?.[step], document);
    if (found === undefined) missing.add(reference);
  }
  return [...missing];
}

test("health: all together, one by one, some left out", async () => {
  let problem: string | undefined;
  const check = { name: "moon", problem: () => problem };
  await using server = await startTestServer({ checks: [check] });
  equal(await server.ask("GET", "/healthz"), "ok");
  match(
    await server.ask("GET", "/readyz?verbose"),
    /^\[\+\]ping ok\n[^]*\[\+\]moon ok\nreadyz check passed\n$/,
  );
  equal(await server.ask("GET", "/livez/moon"), "ok");
  problem = "it is cheese";
  const response = await server.send("GET", "/livez");
  equal(response.status, 500);
  match(bodyOf(response), /\[-\]moon failed: reason withheld\nlivez check failed\n$/);
  equal(await server.ask("GET", "/livez?exclude=moon"), "ok");
  equal((await server.send("GET", "/livez/sun")).status, 404);
});

test("version, root and paths of the composer's own", async () => {
  const endpoint = {
    path: "/openid/v1/jwks",
    serve: async () => ({ status: 200, body: { is: "none" } as const }),
  };
  await using server = await startTestServer({ endpoints: [endpoint] });
  const { major, minor } = await server.ask("GET", "/version");
  deepEqual([major, minor], ["1", "36"]);
  const { body } = await server.send("GET", "/version");
  const text = body.is === "bytes" ? Buffer.concat([body.bytes].flat()).toString() : "";
  match(text, /^\{\n {2}"major": "1",\n {2}"minor": "36",\n/);
  const { paths } = await server.ask("GET", "/");
  ok(paths.includes("/apis/apps/v1") && paths.includes("/openid/v1/jwks"));
  equal((await server.send("GET", "/openid/v1/jwks")).status, 200);
});

/** What `kubectl explain` shows of a field, and the definition that it goes on with. */
function explain(schemas: Loose, name: string, path: readonly string[]): string {
  const [field = "", ...rest] = path;
  const property = schemas[name].properties[field];
  if (rest.length === 0) return property.description;
  const [{ $ref }] = (property.items ?? property).allOf ?? [property.items ?? property];
  return explain(schemas, $ref.slice($ref.lastIndexOf("/") + 1), rest);
}

test("every step from an object to its labels and conditions is explained", async () => {
  await using server = await startTestServer();
  const { components } = await server.ask("GET", "/openapi/v3/api/v1");
  const pod = "io.k8s.api.core.v1.Pod";
  match(components.schemas[pod].description, /^One or more containers/);
  for (const [path, doc] of [
    ["kind", /^What sort of object/],
    ["metadata", /^What all objects have in common/],
    ["metadata.labels", /^Short texts to select it by/],
    ["spec", /^What to run: containers/],
    ["status.conditions", /^What holds of the pod/],
    ["status.conditions.reason", /^Why, in one word/],
    ["spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution.labelSelector", /./],
  ] as const) {
    match(explain(components.schemas, pod, path.split(".")) ?? `${path}: none`, doc);
  }
});

const flagz = "application/json;v=v1alpha1;g=config.k8s.io;as=Flagz";

test("what the server is, and with which flags it was started, is a page", async () => {
  await using server = await startTestServer({ flags: { "secure-port": "6443" } });
  server.clock.advance(61_000);
  const page: string = bodyOf(await server.send("GET", "/statusz"));
  match(
    page,
    /^\napiserver statusz\nWarning: .*\n\nStarted(:|: |=| ) Thu Jan {2}1 00:00:00 UTC 2026\n/,
  );
  match(page, /\nUp(:|: |=| ) 0 hr 01 min 01 sec\n/);
  match(
    page,
    /\nPaths(:|: |=| ) \/flagz \/healthz \/livez \/metrics \/readyz \/statusz \/version\n$/,
  );
  const answer = await server.send("GET", "/flagz", { headers: { accept: flagz } });
  deepEqual(bodyOf(answer).flags, { "secure-port": "6443" });
  equal(
    answer.headers?.["warning"],
    '299 - "This version of the flagz endpoint is deprecated. Please use a newer version."',
  );
  const refusal = await server.refused("GET", "/flagz", {
    headers: { accept: "application/json" },
  });
  equal(refusal.code, 406);
  equal(
    refusal.message,
    "only the following media types are accepted: application/json, application/yaml, text/plain",
  );
});

test("without their gates these pages are not there", async () => {
  const gates = new FeatureGates({ ComponentFlagz: false, ComponentStatusz: false });
  const ports = { clock: new TestClock(), gates };
  await using server = quietServer({ ports, kinds: testKinds, subresources: [], virtuals: [] });
  await server.ready();
  for (const path of ["/flagz", "/statusz"])
    equal((await server.handle(testRequest("GET", path))).status, 404);
});
