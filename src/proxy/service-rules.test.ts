import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import type { Service } from "#api/core/service.ts";
import type { EndpointSlice } from "#api/discovery/endpointslice.ts";
import { seededRandom } from "#base/random.ts";
import { type Fate, memoryBackend, type Packet } from "./backends/memory.ts";
import { difference } from "./difference.ts";
import { serviceRules } from "./service-rules.ts";
import { facts, podCidr, rulesFor, service, slice } from "./testing.ts";

const vip = "10.96.0.10";
const node = "192.168.1.10";
const pod = "10.244.0.20";
const stranger = "203.0.113.7";

/** What becomes of packets, once the rules for these are in force. */
async function fates(
  served: readonly (readonly [Service, ...EndpointSlice[]])[],
  packets: Readonly<Record<string, Partial<Packet>>>,
): Promise<Record<string, string>> {
  const backend = memoryBackend({ random: seededRandom(1), nodeAddresses: [node] });
  await backend.apply(difference(await backend.read(), rulesFor(served)));
  return Object.fromEntries(
    Object.entries(packets).map(([name, packet]) => {
      const isForeign = packet.from !== node && !packet.from?.startsWith("127.");
      const whole = {
        from: pod,
        to: vip,
        protocol: "tcp",
        port: 80,
        isForeign,
        ...packet,
      } as const;
      return [name, shown(backend.send(whole))];
    }),
  );
}

const shown = (fate: Fate): string =>
  fate.is === "delivered"
    ? `${fate.to}:${fate.port}${fate.isMasqueraded ? " masqueraded" : ""}`
    : fate.is;

const at = (port: number, nodePort?: number): object => ({ ports: [{ port, nodePort }] });
const nodePort = (more: object = {}): object => ({ type: "NodePort", ...at(80, 30080), ...more });

test("a service becomes one chain, and an element that leads there", () => {
  const { fragment } = serviceRules(service(), [slice(["10.244.0.6", "10.244.0.5"])], facts);
  deepEqual(
    fragment.chains.map(({ name, rules }) => ({ name, rules })),
    [
      {
        name: "svc/default/web/tcp/80",
        rules: [
          {
            when: [
              { is: "to", cidrs: ["10.96.0.10/32"] },
              { is: "not from", cidrs: [podCidr] },
            ],
            does: { is: "jump", chain: "to-masquerade" },
          },
          {
            does: {
              is: "forward",
              protocol: "tcp",
              to: [
                { address: "10.244.0.5", port: 8080 },
                { address: "10.244.0.6", port: 8080 },
              ],
            },
          },
        ],
      },
    ],
  );
  deepEqual(
    fragment.elements.map(({ set, key, verdict }) => `${set} ${key}: ${verdict ?? ""}`),
    [
      "cluster-ips 10.96.0.10: ",
      "hairpins 10.244.0.5 10.244.0.5: ",
      "hairpins 10.244.0.6 10.244.0.6: ",
      "services 10.96.0.10 tcp 80: goto svc/default/web/tcp/80",
    ],
  );
});

test("the same endpoints in another order make the same chain", () => {
  const print = (...endpoints: string[]): string | undefined =>
    serviceRules(service(), [slice(endpoints)], facts).fragment.chains[0]?.print;
  equal(print("10.244.0.5", "10.244.0.6"), print("10.244.0.6", "10.244.0.5"));
});

test("sessions are kept in a set for each endpoint, forgotten after the time that was asked for", () => {
  const affine = {
    sessionAffinity: "ClientIP",
    sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } },
  };
  const { fragment } = serviceRules(service({ spec: affine }), [slice(["10.244.0.5"])], facts);
  deepEqual(fragment.sets, [
    {
      name: "seen/default/web/tcp/80/10.244.0.5/8080/60",
      key: ["source"],
      forgetsAfterSeconds: 60,
    },
  ]);
});

test("headless services and names of others have no rules", () => {
  for (const spec of [
    { clusterIP: "None", clusterIPs: ["None"] },
    { type: "ExternalName", externalName: "example.com" },
  ]) {
    const { fragment, routes } = serviceRules(service({ spec }), [slice(["10.244.0.5"])], facts);
    deepEqual([fragment.chains, fragment.elements, routes], [[], [], []]);
  }
});

test("only strangers and an endpoint that meets itself are masqueraded at the inner address", async () => {
  deepEqual(
    await fates([[service(), slice(["10.244.0.5"])]], {
      pod: {},
      itself: { from: "10.244.0.5" },
      stranger: { from: stranger },
      node: { from: node },
    }),
    {
      pod: "10.244.0.5:8080",
      itself: "10.244.0.5:8080 masqueraded",
      stranger: "10.244.0.5:8080 masqueraded",
      node: "10.244.0.5:8080 masqueraded",
    },
  );
});

test("a node that is an endpoint is masqueraded on the way through the service only", async () => {
  const ports = [{ port: 6443 }];
  deepEqual(
    await fates([[service(), slice([node], { ports })]], {
      "through the service": { from: node },
      "to itself": { from: node, to: node, port: 6443 },
    }),
    { "through the service": `${node}:6443 masqueraded`, "to itself": `${node}:6443` },
  );
});

test("what a service does not serve is rejected, what nobody has goes its way", async () => {
  const none = service({ name: "none", spec: { clusterIP: "10.96.0.11", ...nodePort() } });
  deepEqual(
    await fates([[service(), slice(["10.244.0.5"])], [none]], {
      "other port": { port: 81 },
      "other protocol": { protocol: "udp" },
      "no endpoints": { to: "10.96.0.11" },
      "no endpoints, from the node": { to: "10.96.0.11", from: node },
      "node port without endpoints": { to: node, port: 30080, from: stranger },
      "localhost without endpoints": { to: "127.0.0.1", port: 30080, from: "127.0.0.1" },
      "no service": { to: "10.96.0.12" },
      world: { to: stranger },
      "pod to pod": { to: "10.244.3.1" },
    }),
    {
      "other port": "rejected",
      "other protocol": "rejected",
      "no endpoints": "rejected",
      "no endpoints, from the node": "rejected",
      "node port without endpoints": "rejected",
      "localhost without endpoints": "rejected",
      "no service": "10.96.0.12:80 masqueraded",
      world: `${stranger}:80 masqueraded`,
      "pod to pod": "10.244.3.1:80",
    },
  );
});

test("a node port is open at every address of the node, and nowhere else", async () => {
  deepEqual(
    await fates([[service({ spec: nodePort() }), slice(["10.244.0.5"])]], {
      stranger: { to: node, port: 30080, from: stranger },
      pod: { to: node, port: 30080 },
      localhost: { to: "127.0.0.1", port: 30080, from: "127.0.0.1" },
      "another port": { to: node, port: 30081, from: stranger },
      "another machine": { to: stranger, port: 30080 },
      "localhost of others": { to: "127.0.0.1", port: 30080, from: stranger },
    }),
    {
      stranger: "10.244.0.5:8080 masqueraded",
      pod: "10.244.0.5:8080 masqueraded",
      localhost: "10.244.0.5:8080 masqueraded",
      "another port": `${node}:30081`,
      "another machine": `${stranger}:30080 masqueraded`,
      "localhost of others": "dropped",
    },
  );
});

test("external addresses and those of a load balancer lead to the service", async () => {
  const spec = { type: "LoadBalancer", externalIPs: ["198.51.100.1", "2001:db8::1"] };
  const ingress = [
    { ip: node },
    { ip: "198.51.100.2", ipMode: "Proxy" },
    { hostname: "x.example" },
  ];
  deepEqual(
    await fates([[service({ spec, ingress }), slice(["10.244.0.5"])]], {
      external: { to: "198.51.100.1", from: stranger },
      balancer: { to: node, from: stranger },
      "a proxy's": { to: "198.51.100.2", from: stranger },
    }),
    {
      external: "10.244.0.5:8080 masqueraded",
      balancer: "10.244.0.5:8080 masqueraded",
      "a proxy's": "198.51.100.2:80",
    },
  );
});

test("a load balancer's address lets in who may come", async () => {
  const guarded = (ranges: readonly string[]): Service =>
    service({
      spec: { type: "LoadBalancer", loadBalancerSourceRanges: ranges, ...at(80, 30080) },
      ingress: [{ ip: node }],
    });
  const packets = {
    friend: { to: node, from: "203.0.113.9" },
    foe: { to: node, from: "198.51.100.9" },
    "foe at the inner address": { from: "198.51.100.9" },
    node: { to: node, from: node },
  };
  deepEqual(await fates([[guarded(["203.0.113.0/24"]), slice(["10.244.0.5"])]], packets), {
    friend: "10.244.0.5:8080 masqueraded",
    foe: "dropped",
    "foe at the inner address": "10.244.0.5:8080 masqueraded",
    node: "dropped",
  });
  const open = await fates([[guarded(["0.0.0.0/0"]), slice(["10.244.0.5"])]], packets);
  equal(open["foe"], "10.244.0.5:8080 masqueraded");
  const own = await fates([[guarded(["192.168.1.0/24"]), slice(["10.244.0.5"])]], packets);
  deepEqual([own["node"], own["friend"]], ["10.244.0.5:8080 masqueraded", "dropped"]);
});

test("with the external policy Local, traffic from outside stays on the node with its address", async () => {
  const spec = nodePort({ externalTrafficPolicy: "Local" });
  const outside = { to: node, port: 30080 };
  const packets = {
    stranger: { ...outside, from: stranger },
    pod: outside,
    node: { ...outside, from: node },
    inside: {},
  };
  const both = slice(["10.244.0.5", { at: "10.244.1.5", nodeName: "elsewhere" }]);
  const remote = slice([{ at: "10.244.1.5", nodeName: "elsewhere" }]);
  equal((await fates([[service({ spec }), both]], packets))["stranger"], "10.244.0.5:8080");
  deepEqual(await fates([[service({ spec }), remote]], packets), {
    stranger: "dropped",
    pod: "10.244.1.5:8080",
    node: "10.244.1.5:8080 masqueraded",
    inside: "10.244.1.5:8080",
  });
  equal((await fates([[service({ spec })]], packets))["stranger"], "rejected");
});

test("with the internal policy Local, the inner address leads to this node's endpoints alone", async () => {
  const spec = { internalTrafficPolicy: "Local" };
  const both = slice(["10.244.0.5", { at: "10.244.1.5", nodeName: "elsewhere" }]);
  const remote = slice([{ at: "10.244.1.5", nodeName: "elsewhere" }]);
  const packets = { pod: {} };
  equal((await fates([[service({ spec }), both]], packets))["pod"], "10.244.0.5:8080");
  equal((await fates([[service({ spec }), remote]], packets))["pod"], "dropped");
  equal((await fates([[service({ spec })]], packets))["pod"], "rejected");
  const open = nodePort({ internalTrafficPolicy: "Local" });
  const outside = { outside: { to: node, port: 30080, from: stranger } };
  equal(
    (await fates([[service({ spec: open }), remote]], outside))["outside"],
    "10.244.1.5:8080 masqueraded",
  );
});

test("a client is sent to the same endpoint again, others anywhere", async () => {
  const backend = memoryBackend({ random: seededRandom(3), nodeAddresses: [node] });
  const eight = Array.from({ length: 8 }, (_, i) => `10.244.0.${i + 1}`);
  const served = rulesFor([[service({ spec: { sessionAffinity: "ClientIP" } }), slice(eight)]]);
  await backend.apply(difference(await backend.read(), served));
  const ask = (from: string): string =>
    shown(backend.send({ from, to: vip, protocol: "tcp", port: 80, isForeign: true }));
  const first = ask("10.244.2.1");
  for (let i = 0; i < 20; i++) equal(ask("10.244.2.1"), first);
  const others = Array.from({ length: 40 }, (_, i) => ask(`10.244.3.${i + 1}`));
  ok(new Set(others).size > 4);
});

test("where two services claim an address, the older one has it", async () => {
  const claim = { externalIPs: ["198.51.100.1"] };
  const young = service({
    name: "a-young",
    createdAt: "2030-01-02T00:00:00Z",
    spec: { clusterIP: "10.96.0.1", ...claim },
  });
  const old = service({ name: "old", createdAt: "2030-01-01T00:00:00Z", spec: claim });
  const served = [
    [young, slice(["10.244.0.1"], { of: "a-young" })],
    [old, slice(["10.244.0.2"], { of: "old" })],
  ] as const;
  const packet = { packet: { to: "198.51.100.1", from: stranger } };
  equal((await fates(served, packet))["packet"], "10.244.0.2:8080 masqueraded");
  equal((await fates(served.toReversed(), packet))["packet"], "10.244.0.2:8080 masqueraded");
  equal((await fates([served[0]], packet))["packet"], "10.244.0.1:8080 masqueraded");
});

test("how many ready endpoints are here is counted once for each", () => {
  const ports = [
    { name: "a", port: 1 },
    { name: "b", port: 2 },
  ];
  const endpoints = [
    "10.244.0.5",
    { at: "10.244.0.6", conditions: { ready: false } },
    { at: "10.244.1.5", nodeName: "elsewhere" },
  ];
  const { localEndpoints } = serviceRules(
    service({ spec: { ports } }),
    [slice(endpoints, { ports })],
    facts,
  );
  equal(localEndpoints, 1);
});
