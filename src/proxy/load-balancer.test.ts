import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { Event } from "#api/core/event.ts";
import { Node } from "#api/core/node.ts";
import { Service } from "#api/core/service.ts";
import { seconds } from "#base/clock.ts";
import { silent } from "#base/log.ts";
import { seededRandom } from "#base/random.ts";
import type { Client } from "#client/client.ts";
import { InformerSet } from "#client/informer.ts";
import { admin, startTestApi, type TestApi } from "#client/testing.ts";
import { inProcess } from "#client/transports/in-process.ts";
import { createClient } from "#client/typed.ts";
import { ingressOf } from "./load-balancer-claims.ts";
import { runLoadBalancer } from "./load-balancer.ts";

const namespace = "default";

interface Bench {
  readonly api: TestApi;
  readonly client: Client;
  readonly settle: () => Promise<void>;
  /** `web: 192.168.1.10` for each service. */
  readonly addresses: () => Promise<readonly string[]>;
  readonly events: () => Promise<readonly string[]>;
  readonly balance: (name: string, ports?: readonly number[], spec?: object) => Promise<Service>;
  /** How often somebody wrote to a service's status. */
  readonly writes: () => number;
}

async function bench(run: (bench: Bench) => Promise<void>): Promise<void> {
  await using api = await startTestApi();
  const { clock } = api;
  const client = createClient(inProcess(api.handle, admin));
  const random = seededRandom(1);
  const stop = new AbortController();
  const informers = new InformerSet({ client, clock, random, log: silent }, stop.signal);
  let writes = 0;
  const patch: Client["patch"] = (kind, at, change) => {
    if (at.subresource === "status") writes++;
    return client.patch(kind, at, change);
  };
  const ports = { informers, clock, random, log: silent };
  const running = runLoadBalancer({ ...ports, client: { ...client, patch } }, stop.signal);
  const settle = (): Promise<void> => clock.advance(seconds(30));
  let count = 0;
  await run({
    api,
    client,
    settle,
    writes: () => writes,
    async addresses() {
      const { items } = await client.list(Service, { namespace });
      return items.map((one) => `${one.metadata.name}: ${ingressOf(one).join(" ")}`);
    },
    async events() {
      const { items } = await client.list(Event, { namespace });
      const revision = ({ metadata }: Event): number => Number(metadata.resourceVersion);
      return items
        .toSorted((a, b) => revision(a) - revision(b))
        .map(
          ({ involvedObject, reason = "", message = "" }) =>
            `${involvedObject.name} ${reason}: ${message}`,
        );
    },
    async balance(name, numbers = [80], spec = {}) {
      count++;
      const made = await client.create(Service, {
        metadata: { namespace, name },
        spec: {
          type: "LoadBalancer",
          clusterIP: `10.96.0.${count}`,
          ports: numbers.map((port, i) => ({
            name: `p${i}`,
            port,
            nodePort: 30_000 + 10 * count + i,
          })),
          ...spec,
        },
      });
      await settle();
      return made;
    },
  });
  stop.abort();
  await running;
  await informers[Symbol.asyncDispose]();
}

const node = (name: string, address: string, { ready = "True", labels = {} } = {}) => ({
  metadata: { name, labels },
  status: {
    addresses: [
      { type: "InternalIP", address },
      { type: "Hostname", address: name },
    ],
    conditions: [{ type: "Ready", status: ready }],
  },
});

/** A node with its status, which creation alone would drop. */
async function addNode(client: Client, manifest: ReturnType<typeof node>): Promise<void> {
  const { metadata } = await client.create(Node, manifest);
  const { status } = manifest;
  const at = { name: metadata.name ?? "", subresource: "status" };
  await client.patch(Node, at, { is: "merge", change: { status } });
}

test("a service of type LoadBalancer gets the node's address, and is told so", () =>
  bench(async ({ client, balance, addresses, events }) => {
    await addNode(client, node("here", "192.168.1.10"));
    await balance("web");
    deepEqual(await addresses(), ["web: 192.168.1.10"]);
    deepEqual(await events(), [
      "web EnsuringLoadBalancer: Ensuring load balancer",
      "web EnsuredLoadBalancer: Ensured load balancer",
      "web UpdatedLoadBalancer: Updated LoadBalancer with new IPs: [] -> [192.168.1.10]",
    ]);
  }));

test("only one service can have a port; the next one gets it when it is free", () =>
  bench(async ({ client, balance, addresses, events, settle, writes }) => {
    await addNode(client, node("here", "192.168.1.10"));
    await balance("a");
    await balance("b", [443, 80]);
    await balance("c", [443]);
    deepEqual(await addresses(), ["a: 192.168.1.10", "b: ", "c: 192.168.1.10"]);
    const refusal = "Error syncing load balancer: failed to ensure load balancer: port";
    deepEqual(
      (await events()).filter((text) => text.startsWith("b ")),
      [
        `b SyncLoadBalancerFailed: ${refusal} 80/TCP is taken by service default/a`,
        `b SyncLoadBalancerFailed: ${refusal} 443/TCP is taken by service default/c`,
      ],
    );
    await client.delete(Service, { namespace, name: "a" });
    await settle();
    deepEqual(await addresses(), ["b: ", "c: 192.168.1.10"]);
    await client.delete(Service, { namespace, name: "c" });
    await settle();
    deepEqual(await addresses(), ["b: 192.168.1.10"]);
    deepEqual(writes(), 3);
  }));

test("the same number of another protocol is another port", () =>
  bench(async ({ client, balance, addresses }) => {
    await addNode(client, node("here", "192.168.1.10"));
    await balance("tcp", [53]);
    await balance("udp", [53], { ports: [{ port: 53, protocol: "UDP", nodePort: 30_999 }] });
    deepEqual(await addresses(), ["tcp: 192.168.1.10", "udp: 192.168.1.10"]);
  }));

test("ports of the node's own programs are not given away", () =>
  bench(async ({ client, balance, addresses }) => {
    await addNode(client, node("here", "192.168.1.10"));
    await balance("ssh", [22]);
    deepEqual(await addresses(), ["ssh: "]);
  }));

test("services of another class, and of other types, are somebody else's", () =>
  bench(async ({ client, balance, addresses, writes }) => {
    await addNode(client, node("here", "192.168.1.10"));
    await balance("classy", [80], { loadBalancerClass: "example.com/lb" });
    await balance("port", [80], { type: "NodePort" });
    deepEqual(await addresses(), ["classy: ", "port: "]);
    deepEqual(writes(), 0);
  }));

test("it follows the nodes: those that are ready and not excluded", () =>
  bench(async ({ client, balance, addresses, events, settle }) => {
    await balance("web");
    deepEqual(await events(), [
      "web UnAvailableLoadBalancer: There are no available nodes for LoadBalancer",
    ]);
    await addNode(client, node("b", "192.168.1.11"));
    await addNode(client, node("a", "192.168.1.10"));
    await addNode(client, node("ill", "192.168.1.12", { ready: "False" }));
    const labels = { "node.kubernetes.io/exclude-from-external-load-balancers": "" };
    await addNode(client, node("excluded", "192.168.1.13", { labels }));
    await settle();
    deepEqual(await addresses(), ["web: 192.168.1.10 192.168.1.11"]);
    await client.delete(Node, { name: "a" });
    await settle();
    deepEqual(await addresses(), ["web: 192.168.1.11"]);
  }));

test("while no node is ready it keeps the addresses that it has", () =>
  bench(async ({ client, balance, addresses, settle }) => {
    const becomes = async (name: string, ready: "True" | "False"): Promise<void> => {
      const status = { conditions: [{ type: "Ready", status: ready }] };
      await client.patch(
        Node,
        { name, subresource: "status" },
        { is: "merge", change: { status } },
      );
      await settle();
    };
    await addNode(client, node("a", "192.168.1.10"));
    await addNode(client, node("late", "192.168.1.11", { ready: "False" }));
    await balance("web");
    await settle();
    await becomes("a", "False");
    deepEqual(await addresses(), ["web: 192.168.1.10"]);
    await becomes("late", "True");
    deepEqual(await addresses(), ["web: 192.168.1.11"]);
    await becomes("late", "False");
    await client.delete(Node, { name: "late" });
    await settle();
    deepEqual(await addresses(), ["web: "]);
  }));

test("a service that is no load balancer any more loses the address", () =>
  bench(async ({ client, balance, addresses, settle }) => {
    await addNode(client, node("here", "192.168.1.10"));
    await balance("web");
    const change = { spec: { type: "NodePort", allocateLoadBalancerNodePorts: null } };
    await client.patch(Service, { namespace, name: "web" }, { is: "merge", change });
    await settle();
    deepEqual(await addresses(), ["web: "]);
  }));
