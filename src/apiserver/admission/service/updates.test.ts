/** Services that change, through the whole server: what they keep, and what they give back. */
import { deepEqual, equal, notEqual, rejects } from "node:assert/strict";
import { test } from "node:test";
import { type SecureServer, startSecureServer } from "#apiserver/subresources/testing.ts";
import type { Loose } from "#apiserver/testing.ts";
import { memoryStore } from "#store/backends/memory.ts";
import type { Store } from "#store/store.ts";

const services = "/api/v1/namespaces/default/services";

const service = (spec: object, name = "web"): { readonly body: object } => ({
  body: { metadata: { name }, spec: { ports: [{ port: 80 }], selector: { app: "web" }, ...spec } },
});

interface World extends SecureServer {
  readonly store: Store;
}

async function start(): Promise<World> {
  const store = memoryStore();
  return { ...(await startSecureServer({ store })), store };
}

/** Every address and node port that is taken, but for the server's own. */
async function taken({ store }: World): Promise<readonly string[]> {
  const prefixes = ["/registry/ipaddresses/", "/registry/ranges/"];
  const pages = await Promise.all(prefixes.map((prefix) => store.range({ prefix })));
  return pages
    .flatMap(({ entries }) => entries.map(({ key }) => key.slice(key.lastIndexOf("/") + 1)))
    .filter((name) => name !== "10.96.0.1")
    .toSorted();
}

function held({ spec }: Loose): readonly string[] {
  const ips: readonly string[] = spec.clusterIPs ?? [];
  const ports: readonly { readonly nodePort?: number }[] = spec.ports;
  return [...ips, spec.healthCheckNodePort, ...ports.map(({ nodePort }) => nodePort)]
    .filter((one) => one !== undefined && one !== "None")
    .map(String)
    .toSorted();
}

/** One change after another; after each, just what the service holds is taken. */
async function changes(
  steps: readonly object[],
  check: (objects: readonly Loose[]) => void,
): Promise<void> {
  const server = await start();
  const [first = {}, ...rest] = steps;
  const objects = [await server.ask("POST", services, service(first))];
  deepEqual(await taken(server), held(objects[0]));
  for (const step of rest) {
    objects.push(await server.ask("PUT", `${services}/web`, service(step)));
    deepEqual(await taken(server), held(objects.at(-1)));
  }
  check(objects);
}

test("an update that names no address keeps the one that the service has", () =>
  changes([{}, { selector: { app: "db" } }, { clusterIP: "" }], ([a, b, c]) => {
    deepEqual(b.spec.clusterIPs, a.spec.clusterIPs);
    deepEqual(c.spec.clusterIPs, a.spec.clusterIPs);
    equal(b.spec.selector.app, "db");
  }));

test("an update that names no node port keeps the one that the port has", () =>
  changes([{ type: "NodePort" }, { type: "NodePort", selector: {} }], ([a, b]) => {
    deepEqual(b.spec.ports, a.spec.ports);
  }));

test("a port that comes gets a node port, one that goes gives its own back", () => {
  const two = [
    { name: "a", port: 80 },
    { name: "b", port: 81 },
  ];
  return changes(
    [
      { type: "NodePort", ports: [two[0]] },
      { type: "NodePort", ports: two },
      { type: "NodePort", ports: [two[1]] },
    ],
    ([a, b, c]) => {
      equal(b.spec.ports[0].nodePort, a.spec.ports[0].nodePort);
      notEqual(b.spec.ports[1].nodePort, b.spec.ports[0].nodePort);
      equal(c.spec.ports[0].nodePort, b.spec.ports[1].nodePort);
    },
  );
});

test("a service inside the cluster only gives its node ports back", () =>
  changes([{ type: "NodePort" }, { type: "ClusterIP" }], ([a, b]) => {
    equal(b.spec.ports[0].nodePort, undefined);
    deepEqual(b.spec.clusterIPs, a.spec.clusterIPs);
  }));

test("a service that becomes a mere name gives everything back, and gets anew as a service", () =>
  changes(
    [
      { type: "NodePort" },
      { type: "ExternalName", externalName: "example.com" },
      { type: "NodePort" },
    ],
    ([, name, again]) => {
      deepEqual(held(name), []);
      equal(held(again).length, 2);
    },
  ));

test("a load balancer with local traffic gets a port for health checks, and gives it back", () => {
  const local = { type: "LoadBalancer", externalTrafficPolicy: "Local" };
  const steps = [
    local,
    { ...local, selector: {} },
    { type: "LoadBalancer" },
    { type: "ClusterIP" },
  ];
  return changes(steps, ([a, b, c]) => {
    equal(held(a).length, 3);
    deepEqual(held(b), held(a));
    equal(held(c).length, 2);
  });
});

test("a load balancer need not have node ports", () =>
  changes(
    [
      { type: "LoadBalancer", allocateLoadBalancerNodePorts: false },
      { type: "LoadBalancer", allocateLoadBalancerNodePorts: true },
    ],
    ([a, b]) => {
      equal(held(a).length, 1);
      equal(held(b).length, 2);
    },
  ));

test("the address of a service does not change; what is taken is nobody else's", async () => {
  const server = await start();
  const { ask } = server;
  const { spec } = await ask("POST", services, service({ type: "NodePort" }));
  await rejects(ask("PUT", `${services}/web`, service({ clusterIP: "10.96.7.7" })), {
    reason: "Invalid",
    message: /spec.clusterIPs\[0\]: Invalid value: .*may not change once set/,
  });
  const ports = [{ port: 81, nodePort: spec.ports[0].nodePort }];
  await rejects(ask("POST", services, service({ type: "NodePort", ports }, "other")), {
    message: /provided port is already allocated/,
  });
  await rejects(ask("POST", services, service({ clusterIP: spec.clusterIP }, "other")), {
    message: /provided IP is already allocated/,
  });
  const before = await taken(server);
  await ask("PUT", `${services}/web?dryRun=All`, service({ type: "ClusterIP" }));
  deepEqual(await taken(server), before);
  await ask("DELETE", `${services}/web`);
  deepEqual(await taken(server), []);
});

test("who edits the type only need not take out what belonged to the old one", async () => {
  const server = await start();
  const { ask } = server;
  const local = { type: "LoadBalancer", externalTrafficPolicy: "Local" };
  let current = await ask("POST", services, service(local));
  const edit = async (type: string, more: object = {}): Promise<Loose> => {
    const body = { ...current, spec: { ...current.spec, type, ...more } };
    current = await ask("PUT", `${services}/web`, { body });
    deepEqual(await taken(server), held(current));
    return current.spec;
  };
  equal((await edit("NodePort")).healthCheckNodePort, undefined);
  const { ports, externalTrafficPolicy } = await edit("ClusterIP");
  deepEqual([ports[0].nodePort, externalTrafficPolicy], [undefined, undefined]);
  const named = await edit("ExternalName", { externalName: "example.com" });
  deepEqual([named.clusterIP, named.clusterIPs], [undefined, undefined]);
});

test("who applies a service again need not know what it was given", async () => {
  const server = await start();
  const { ask } = server;
  const apply = (spec: object): Promise<Loose> =>
    ask("PATCH", `${services}/web?fieldManager=m`, {
      body: { apiVersion: "v1", kind: "Service", ...service(spec).body },
      headers: { "content-type": "application/apply-patch+yaml" },
    });
  const local = { type: "LoadBalancer", externalTrafficPolicy: "Local" };
  const first = await apply(local);
  equal(held(first).length, 3);
  const again = await apply({ ...local, selector: { app: "db" } });
  deepEqual(held(again), held(first));
  equal(again.spec.selector.app, "db");
  equal(held(await apply({ type: "ClusterIP" })).length, 1);
  equal((await taken(server)).length, 1);
});
