import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { type Loose, startTestServer } from "../testing.ts";

const crews = "/apis/test.k8ts.io/v1/namespaces/default/crews";
const scale = `${crews}/web/scale`;

const body = { metadata: { name: "web" }, spec: { size: 2, holds: ["rope"] } };

test("scale shows the replicas and the selector of a workload", async () => {
  await using server = await startTestServer();
  const { metadata } = await server.ask("POST", crews, { body });
  const shown = await server.ask("GET", scale);
  deepEqual([shown.kind, shown.apiVersion], ["Scale", "autoscaling/v1"]);
  equal(shown.metadata.resourceVersion, metadata.resourceVersion);
  deepEqual(shown.spec, { replicas: 2 });
  deepEqual(shown.status, { replicas: 0, selector: "crew=web" });
});

test("writing the scale changes the workload, as an update of its spec", async () => {
  await using server = await startTestServer();
  await server.ask("POST", crews, { body });
  const shown = await server.ask("GET", scale);
  const put = await server.ask("PUT", scale, { body: { ...shown, spec: { replicas: 5 } } });
  deepEqual(put.spec, { replicas: 5 });
  const patch = { body: { spec: { replicas: 0 } }, type: "application/merge-patch+json" };
  deepEqual((await server.ask("PATCH", scale, patch)).spec, {});
  const object = await server.ask("GET", `${crews}/web`);
  deepEqual([object.spec.size, object.metadata.generation], [0, 3]);
  const owners = object.metadata.managedFields.map((entry: Loose) => entry.subresource ?? "");
  deepEqual(owners.toSorted(), ["", "scale"]);
});

test("a scale that cannot be is refused", async () => {
  await using server = await startTestServer();
  await server.ask("POST", crews, { body });
  const shown = await server.ask("GET", scale);
  const negative = await server.refused("PUT", scale, {
    body: { ...shown, spec: { replicas: -1 } },
  });
  deepEqual([negative.code, negative.details?.causes?.[0]?.field], [422, "spec.replicas"]);
  await server.ask("PUT", scale, { body: { ...shown, spec: { replicas: 3 } } });
  equal((await server.refused("PUT", scale, { body: shown })).reason, "Conflict");
  equal((await server.refused("GET", "/api/v1/namespaces/default/configmaps/a/scale")).code, 404);
});
