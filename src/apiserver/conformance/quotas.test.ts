/** What conformance asks of quotas: each kind is counted when it is made, and given back when it goes. */
import { deepEqual, equal, rejects } from "node:assert/strict";
import { test } from "node:test";
import { memoryStore } from "#store/backends/memory.ts";
import { type SecureServer, startSecureServer } from "../subresources/testing.ts";
import type { Loose } from "../testing.ts";

const core = "/api/v1/namespaces/shop";
const template = {
  metadata: { labels: { app: "web" } },
  spec: { containers: [{ name: "c", image: "x" }] },
};
const service = (type: string): object => ({ spec: { type, ports: [{ port: 80 }] } });

/** What counts as what, and how much of it one of them is. */
const counted: readonly (readonly [at: string, used: Record<string, string>, body: object])[] = [
  [`${core}/configmaps`, { configmaps: "1" }, { data: { a: "b" } }],
  [`${core}/secrets`, { secrets: "1" }, { data: { a: "Yg==" } }],
  [
    `${core}/replicationcontrollers`,
    { replicationcontrollers: "1" },
    { spec: { selector: { app: "web" }, template } },
  ],
  [
    "/apis/apps/v1/namespaces/shop/replicasets",
    { "count/replicasets.apps": "1" },
    { spec: { selector: { matchLabels: { app: "web" } }, template } },
  ],
  [`${core}/services`, { services: "1" }, service("ClusterIP")],
  [`${core}/services`, { services: "1", "services.nodeports": "1" }, service("NodePort")],
  [
    `${core}/services`,
    { services: "1", "services.nodeports": "1", "services.loadbalancers": "1" },
    service("LoadBalancer"),
  ],
  [
    `${core}/persistentvolumeclaims`,
    { persistentvolumeclaims: "1", "requests.storage": "1Gi" },
    {
      spec: {
        accessModes: ["ReadWriteOnce"],
        storageClassName: "",
        resources: { requests: { storage: "1Gi" } },
      },
    },
  ],
  [
    `${core}/pods`,
    {
      pods: "1",
      "requests.cpu": "500m",
      "requests.memory": "252Mi",
      "requests.ephemeral-storage": "30Gi",
      "requests.example.com/dongle": "2",
    },
    podOf({
      cpu: "500m",
      memory: "252Mi",
      "ephemeral-storage": "30Gi",
      "example.com/dongle": "2",
    }),
  ],
];

async function start(): Promise<SecureServer> {
  const server = await startSecureServer({ store: memoryStore() });
  await server.ask("POST", "/api/v1/namespaces", { body: { metadata: { name: "shop" } } });
  await server.ask("POST", `${core}/serviceaccounts`, { body: { metadata: { name: "default" } } });
  return server;
}

function podOf(requests: Record<string, string>, more: object = {}): object {
  const limits = requests["example.com/dongle"] ? { "example.com/dongle": "2" } : {};
  const container = { name: "c", image: "x", resources: { requests, limits } };
  return { spec: { containers: [container], terminationGracePeriodSeconds: 0, ...more } };
}

for (const [at, used, body] of counted) {
  test(`${at} is counted as ${Object.keys(used).join(", ")}, and freed`, async () => {
    const { ask } = await start();
    const quota = `${core}/resourcequotas/q`;
    await ask("POST", `${core}/resourcequotas`, {
      body: { metadata: { name: "q" }, spec: { hard: used } },
    });
    const usage = async (): Promise<Loose> => (await ask("GET", quota)).status.used;
    const none = Object.fromEntries(Object.keys(used).map((name) => [name, "0"]));
    deepEqual(await usage(), none, "it is counted as soon as it is there");
    await ask("POST", at, { body: { metadata: { name: "one" }, ...body } });
    deepEqual(await usage(), used);
    await rejects(
      ask("POST", at, { body: { metadata: { name: "two" }, ...body } }),
      /exceeded quota: q/,
    );
    await ask("DELETE", `${at}/one?propagationPolicy=Background`);
    if (at.endsWith("claims")) {
      const free = { body: { metadata: { finalizers: null } } };
      const headers = { "content-type": "application/merge-patch+json" };
      await ask("PATCH", `${at}/one`, { ...free, headers });
    }
    deepEqual(await usage(), none);
  });
}

test("scopes tell pods with and without a deadline, with and without requests, apart", async () => {
  const { ask } = await start();
  const scopes = ["Terminating", "NotTerminating", "BestEffort", "NotBestEffort"];
  for (const scope of scopes) {
    const body = {
      metadata: { name: scope.toLowerCase() },
      spec: { hard: { pods: "5" }, scopes: [scope] },
    };
    await ask("POST", `${core}/resourcequotas`, { body });
  }
  const counts = async (): Promise<readonly string[]> => {
    const { items } = await ask("GET", `${core}/resourcequotas`);
    const of = new Map(
      items.map(({ metadata, status }: Loose) => [metadata.name, status.used.pods]),
    );
    return scopes.map((scope) => of.get(scope.toLowerCase()) as string);
  };
  const make = (name: string, pod: object): Promise<unknown> =>
    ask("POST", `${core}/pods`, { body: { metadata: { name }, ...pod } });
  await make("short", podOf({}, { activeDeadlineSeconds: 3600 }));
  deepEqual(await counts(), ["1", "0", "1", "0"]);
  await make("long", podOf({ cpu: "1" }));
  deepEqual(await counts(), ["1", "1", "1", "1"]);
  await ask("DELETE", `${core}/pods/short`);
  deepEqual(await counts(), ["0", "1", "0", "1"]);
  await ask("DELETE", `${core}/pods/long`);
  deepEqual(await counts(), ["0", "0", "0", "0"]);
});

test("the status of a quota is its own: limits written there are no limits of the spec", async () => {
  const { ask } = await start();
  const quota = `${core}/resourcequotas/q`;
  const spec = { hard: { cpu: "500m", memory: "500Mi" } };
  await ask("POST", `${core}/resourcequotas`, { body: { metadata: { name: "q" }, spec } });
  deepEqual((await ask("GET", quota)).status.hard, spec.hard);
  const headers = { "content-type": "application/merge-patch+json" };
  const body = { status: { hard: { cpu: "1", memory: "1Gi" } } };
  const patched = await ask("PATCH", `${quota}/status`, { body, headers });
  deepEqual([patched.status.hard, patched.spec], [body.status.hard, spec]);
  const change = { spec: { hard: { cpu: "2" } } };
  await ask("PATCH", quota, { body: change, headers });
  equal((await ask("GET", quota)).status.hard.cpu, "2");
});
