import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { Deployment } from "#api/apps/deployment.ts";
import { Pod } from "#api/core/pod.ts";
import type { ApiHandler } from "#api/request.ts";
import { discover, Discovered } from "./discovery.ts";
import { dynamicKind, isUntyped } from "./dynamic.ts";
import { admin, adminToken, startTestApi } from "./testing.ts";
import { https } from "./transports/https.ts";
import { inProcess } from "./transports/in-process.ts";
import { createClient } from "./typed.ts";

test("people's names lead to resources", async () => {
  await using api = await startTestApi();
  const found = await discover(createClient(inProcess(api.handle, admin)));
  const of = (text: string): unknown => found.find(text)?.kind;
  for (const text of ["po", "pod", "pods", "Pod"]) equal(of(text), Pod, text);
  for (const text of ["deploy", "Deployments", "deployments.apps", "deployment.v1.apps"]) {
    equal(of(text), Deployment, text);
  }
  for (const text of ["nonsense", "pods.apps", "deploy.v2.apps", ""])
    equal(of(text), undefined, text);
  equal(found.of("apps/v1", "Deployment")?.kind, Deployment);
});

test("discovery is the same over the wire", async () => {
  await using api = await startTestApi();
  const near = await discover(createClient(inProcess(api.handle, admin)));
  const location = { url: "https://x", credentials: () => ({ token: adminToken }) };
  const far = await discover(createClient(https(api.wire, location)));
  deepEqual(
    far.resources.map(({ kind, subresources }) => [kind.apiVersion, kind.plural, subresources]),
    near.resources.map(({ kind, subresources }) => [kind.apiVersion, kind.plural, subresources]),
  );
  equal(near.resources.length > 40, true);
});

const json = (value: object) =>
  ({
    status: 200,
    body: {
      is: "bytes",
      contentType: "application/json",
      bytes: Buffer.from(JSON.stringify(value)),
    },
  }) as const;

/** A server before aggregated discovery, with a group that does not answer. */
const elderly: ApiHandler = async ({ path }) => {
  switch (path) {
    case "/api":
      return json({ kind: "APIVersions", versions: ["v1"] });
    case "/apis":
      return json({
        kind: "APIGroupList",
        groups: ["shop.example.com", "broken.example.com"].map((name) => ({
          name,
          versions: [
            { groupVersion: `${name}/v2`, version: "v2" },
            { groupVersion: `${name}/v1`, version: "v1" },
          ],
          preferredVersion: { version: "v2" },
        })),
      });
    case "/api/v1":
      return json({
        resources: [
          resource("pods", "Pod", ["po"]),
          { ...resource("pods/status", "Pod"), singularName: "" },
        ],
      });
    case "/apis/shop.example.com/v2":
    case "/apis/shop.example.com/v1":
      return json({ resources: [resource("orders", "Order", ["ord"])] });
    default:
      return { status: 503, body: { is: "none" } };
  }
};

const resource = (name: string, kind: string, shortNames: string[] = []) => ({
  name,
  singularName: kind.toLowerCase(),
  namespaced: true,
  kind,
  verbs: ["get", "list"],
  shortNames,
});

test("older servers are asked group by group; a group that fails is left out", async () => {
  const found = await discover(createClient(inProcess(elderly, admin)));
  const pods = found.find("po");
  deepEqual([pods?.kind, pods?.subresources], [Pod, ["status"]]);
  const orders = found.find("ord");
  deepEqual([orders?.kind.version, orders?.isPreferred], ["v2", true]);
  equal(isUntyped(orders?.kind ?? Pod), true);
  equal(found.find("orders.v1.shop.example.com")?.kind.version, "v1");
});

test("objects of kinds known from discovery pass as they came", async () => {
  const order = {
    apiVersion: "shop.example.com/v2",
    kind: "Order",
    metadata: { name: "o" },
    spec: { items: [0, null] },
  };
  const handler: ApiHandler = async () => json(order);
  const wire = {
    call: async () => ({
      status: 200,
      headers: { "content-type": "application/json" },
      body: (async function* () {
        const { body } = await handler({} as never);
        if (body.is === "bytes") yield body.bytes as Uint8Array;
      })(),
    }),
    upgrade: () => Promise.reject(new Error("not part of this test")),
  };
  const kind = dynamicKind({
    group: "shop.example.com",
    version: "v2",
    kind: "Order",
    plural: "orders",
    singular: "order",
    shortNames: [],
    categories: [],
    scope: "Namespaced",
    verbs: ["get"],
  });
  const client = createClient(https(wire, { url: "https://x", credentials: () => ({}) }));
  deepEqual(await client.get(kind, { namespace: "d", name: "o" }), order);
});

test("categories name several resources", () => {
  const found = new Discovered([
    { kind: Pod, subresources: [], isPreferred: true },
    { kind: Deployment, subresources: [], isPreferred: false },
  ]);
  deepEqual(
    found.inCategory("all").map(({ kind }) => kind),
    [Pod],
  );
});
