import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import {
  crontab,
  crontabs,
  define,
  definition,
  definitions,
  startCustomServer,
  version,
} from "./testing.ts";

const merge = "application/merge-patch+json";
const spec = {
  type: "object",
  properties: {
    replicas: { type: "integer" },
    color: { type: "string" },
    selector: { type: "string" },
  },
};
const status = { type: "object", properties: { replicas: { type: "integer" } } };
const schema = { openAPIV3Schema: { type: "object", properties: { spec, status } } };
const scale = {
  specReplicasPath: ".spec.replicas",
  statusReplicasPath: ".status.replicas",
  labelSelectorPath: ".spec.selector",
};

test("status and spec are written apart, and only the spec counts generations", async () => {
  await using server = await startCustomServer();
  await define(server, definition([version(spec, { schema, subresources: { status: {} } })]));
  const made = await server.ask("POST", crontabs, {
    body: crontab({ replicas: 1 }, "mine", { status: { replicas: 9 } }),
  });
  equal(made.status, undefined);
  const labelled = await server.ask("PATCH", `${crontabs}/mine/status`, {
    type: merge,
    body: { metadata: { labels: { a: "b" } }, spec: { replicas: 5 }, status: { replicas: 2 } },
  });
  const { labels, generation } = labelled.metadata;
  deepEqual(
    [labels, labelled.spec, labelled.status, generation],
    [undefined, { replicas: 1 }, { replicas: 2 }, 1],
  );
  const changed = await server.ask("PATCH", `${crontabs}/mine`, {
    type: merge,
    body: { spec: { replicas: 3 }, status: { replicas: 7 } },
  });
  deepEqual([changed.status, changed.metadata.generation], [{ replicas: 2 }, 2]);
});

test("without the subresource, the status is a field like any other", async () => {
  await using server = await startCustomServer();
  await define(server, definition([version(spec, { schema })]));
  await server.ask("POST", crontabs, { body: crontab({}, "mine", { status: { replicas: 1 } }) });
  const body = { status: { replicas: 2 } };
  const changed = await server.ask("PATCH", `${crontabs}/mine`, { type: merge, body });
  deepEqual([changed.status, changed.metadata.generation], [{ replicas: 2 }, 2]);
  equal((await server.refused("GET", `${crontabs}/mine/status`)).code, 404);
});

test("the scale reads and writes where the definition says", async () => {
  await using server = await startCustomServer();
  await define(
    server,
    definition([version(spec, { schema, subresources: { status: {}, scale } })]),
  );
  await server.ask("POST", crontabs, { body: crontab({ replicas: 2, selector: "a=b" }) });
  const body = { spec: { replicas: 4 } };
  const scaled = await server.ask("PATCH", `${crontabs}/mine/scale`, { type: merge, body });
  deepEqual(
    [scaled.kind, scaled.spec, scaled.status],
    ["Scale", { replicas: 4 }, { replicas: 0, selector: "a=b" }],
  );
  const found = await server.ask("GET", `${crontabs}/mine`);
  deepEqual([found.spec.replicas, found.metadata.generation], [4, 2]);
});

test("tables have the columns that were asked for", async () => {
  await using server = await startCustomServer();
  const additionalPrinterColumns = [
    { name: "Color", type: "string", jsonPath: ".spec.color", description: "Of the paint." },
    { name: "Replicas", type: "integer", jsonPath: ".spec.replicas", priority: 1 },
    { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
  ];
  await define(server, definition([version(spec, { additionalPrinterColumns })]));
  await server.ask("POST", crontabs, { body: crontab({ color: "red" }) });
  server.clock.advance(60_000);
  const headers = { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" };
  const table = await server.ask("GET", crontabs, { headers });
  deepEqual(
    table.columnDefinitions.map((each: Record<string, unknown>) => Object.values(each).join("|")),
    [
      "Name|string|name|Name of the object, unique among those of its kind in its namespace.|0",
      "Color|string||Of the paint.|0",
      "Replicas|integer||Custom resource definition column (in JSONPath format): .spec.replicas|1",
      "Age|date||Custom resource definition column (in JSONPath format): .metadata.creationTimestamp|0",
    ],
  );
  deepEqual(table.rows[0].cells, ["mine", "red", null, "60s"]);
});

test("selectable fields select, in lists and watches", async () => {
  await using server = await startCustomServer();
  await define(
    server,
    definition([version(spec, { selectableFields: [{ jsonPath: ".spec.color" }] })]),
  );
  for (const color of ["red", "blue"]) {
    await server.ask("POST", crontabs, { body: crontab({ color }, color) });
  }
  const red = `${crontabs}?fieldSelector=spec.color%3Dred`;
  deepEqual((await server.ask("GET", red)).items.length, 1);
  const watch = await server.watch(`${red}&watch=true`);
  deepEqual(await watch.take(1), ["ADDED red"]);
  const body = { spec: { color: "green" } };
  await server.ask("PATCH", `${crontabs}/red`, { type: merge, body });
  deepEqual(await watch.take(1), ["DELETED red"]);
  await watch.end();
  const { message } = await server.refused("GET", `${crontabs}?fieldSelector=spec.replicas%3D1`);
  match(message ?? "", /field label not supported: spec.replicas/);
});

const v2 = version(spec, { name: "v2", storage: false });
const crontabsV2 = crontabs.replace("/v1/", "/v2/");

test("every version serves the same objects under its own name", async () => {
  await using server = await startCustomServer();
  await define(server, definition([version(spec), v2]));
  await server.ask("POST", crontabs, { body: crontab({ color: "red" }) });
  const found = await server.ask("GET", `${crontabsV2}/mine`);
  deepEqual([found.apiVersion, found.spec], ["stable.example.com/v2", { color: "red" }]);
  const watch = await server.watch(`${crontabsV2}?watch=true`);
  await watch.take(1);
  const body = { ...crontab({ color: "blue" }, "other"), apiVersion: "stable.example.com/v2" };
  const made = await server.ask("POST", crontabsV2, { body });
  equal(made.apiVersion, "stable.example.com/v2");
  const event = await watch.next();
  const seen = event && "sealed" in event ? event.sealed.object.apiVersion : "";
  equal(seen, "stable.example.com/v2");
  await watch.end();
  equal((await server.ask("GET", `${crontabs}/other`)).apiVersion, "stable.example.com/v1");
  const again = { ...made, spec: { color: "green" } };
  equal((await server.ask("PUT", `${crontabsV2}/other`, { body: again })).spec.color, "green");
  const groups = await server.ask("GET", "/apis/stable.example.com");
  deepEqual(
    groups.versions.map((each: { version: string }) => each.version),
    ["v2", "v1"],
  );
});

test("what was stored in another version is stored in the new one when it is written", async () => {
  await using server = await startCustomServer();
  const path = `${definitions}/crontabs.stable.example.com`;
  await define(server, definition([version(spec), v2]));
  await server.ask("POST", crontabs, { body: crontab({ color: "red" }) });
  const watch = await server.watch(`${crontabs}?watch=true`);
  await watch.take(1);
  const body = {
    spec: {
      versions: [
        { ...version(spec), storage: false },
        { ...v2, storage: true },
      ],
    },
  };
  const changed = await server.ask("PATCH", path, { type: merge, body });
  deepEqual(changed.status.storedVersions, ["v1", "v2"]);
  equal(await watch.next(), undefined);
  for (const [at, apiVersion] of [
    [crontabs, "stable.example.com/v1"],
    [crontabsV2, "stable.example.com/v2"],
  ] as const) {
    equal((await server.ask("GET", `${at}/mine`)).apiVersion, apiVersion);
  }
});

test("whose version is gone owns nothing any more, and the others keep what is theirs", async () => {
  await using server = await startCustomServer();
  const both = definition([
    { ...version(spec), storage: false },
    { ...v2, storage: true },
  ]);
  await define(server, both);
  const change = (at: string, manager: string, body: object) =>
    server.ask("PATCH", `${at}/mine?fieldManager=${manager}`, { type: merge, body });
  await server.ask("POST", `${crontabs}?fieldManager=one`, { body: crontab({ color: "red" }) });
  await change(crontabsV2, "two", { spec: { replicas: 1 } });
  const managers = async (): Promise<string[]> =>
    (await server.ask("GET", `${crontabsV2}/mine`)).metadata.managedFields.map(
      ({ manager }: { manager: string }) => manager,
    );
  deepEqual(await managers(), ["one", "two"]);
  await change(crontabsV2, "two", { spec: { replicas: 2 } });
  deepEqual(await managers(), ["one", "two"]);
  const at = `${definitions}/${both.metadata.name}`;
  await server.ask("PATCH", at, {
    type: merge,
    body: { spec: { versions: [{ ...v2, storage: true }] } },
  });
  await change(crontabsV2, "two", { spec: { replicas: 3 } });
  deepEqual(await managers(), ["two"]);
});

test("who owns a field is told in the version in which it was written", async () => {
  await using server = await startCustomServer();
  await define(server, definition([version(spec), v2]));
  const apply = (name: string, manager: string, color: string) =>
    server.send("PATCH", `${crontabs.replace("v1", name)}/mine?fieldManager=${manager}`, {
      type: "application/apply-patch+yaml",
      body: { ...crontab({ color }), apiVersion: `stable.example.com/${name}` },
    });
  await apply("v2", "two", "red");
  const body = { spec: { replicas: 1 } };
  await server.ask("PATCH", `${crontabsV2}/mine?fieldManager=other`, { type: merge, body });
  const { metadata } = await server.ask("GET", `${crontabs}/mine`);
  deepEqual(
    metadata.managedFields.map(({ manager, apiVersion }: Record<string, string>) => [
      manager,
      apiVersion,
    ]),
    [
      ["two", "stable.example.com/v2"],
      ["other", "stable.example.com/v2"],
    ],
  );
  equal((await apply("v1", "one", "blue")).status, 409);
  await apply("v1", "two", "red");
  const moved = await server.ask("GET", `${crontabs}/mine`);
  equal(moved.metadata.managedFields[0].apiVersion, "stable.example.com/v1");
});

test("a version that is not served any more is not there", async () => {
  await using server = await startCustomServer();
  const path = `${definitions}/crontabs.stable.example.com`;
  await define(server, definition([version(spec), v2]));
  const versions = [version(spec), { ...v2, served: false }];
  const watch = await server.watch(`${definitions}?watch=true`);
  await watch.take(1);
  await server.ask("PATCH", path, { type: merge, body: { spec: { versions } } });
  await watch.take(1);
  await server.ask("GET", crontabs);
  equal((await server.send("GET", crontabsV2)).status, 404);
  await watch.end();
});

test("a deprecated version says so", async () => {
  await using server = await startCustomServer();
  const deprecationWarning = "use something else";
  await define(server, definition([version(spec, { deprecated: true, deprecationWarning })]));
  const { headers } = await server.send("GET", crontabs);
  equal(headers?.["warning"], '299 - "use something else"');
});
