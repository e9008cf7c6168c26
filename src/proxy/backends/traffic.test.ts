/** Real packets through real rules, in network namespaces of the test's own. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { test } from "node:test";
import { systemProcesses } from "#host/processes.ts";
import type { EndpointSlice } from "#api/discovery/endpointslice.ts";
import type { Service } from "#api/core/service.ts";
import type { FlowTable, RuleBackend } from "../backend.ts";
import { difference, isEmpty } from "../difference.ts";
import { staleFlows, strayFlows } from "../flows.ts";
import { layout } from "../layout.ts";
import { type ProxyFacts, serviceRules } from "../service-rules.ts";
import { facts as factsElsewhere, rulesFor, service, slice } from "../testing.ts";
import { conntrack } from "./conntrack.ts";
import { nftablesBackend } from "./nftables.ts";
import { type Answer, makeNetwork, type Network, type Place, unavailable } from "./testing.ts";

const skip = await unavailable();

const facts: ProxyFacts = { ...factsElsewhere, nodeAddresses: ["192.168.77.1"] };
const vip = "10.96.0.10";
const nodeAddress = "192.168.77.1";
const one = "10.244.0.11";
const two = "10.244.0.12";

type Served = readonly (readonly [Service, ...EndpointSlice[]])[];

interface Bench {
  readonly network: Network;
  readonly first: Place;
  readonly client: Place;
  readonly backend: RuleBackend;
  readonly flows: FlowTable;
  readonly rules: (served: Served) => Promise<void>;
}

const table = "k8ts-test";

const open = ({ node }: Network): RuleBackend =>
  nftablesBackend({ processes: systemProcesses, table, command: node.command("nft") });

async function bench(run: (bench: Bench) => Promise<void>): Promise<void> {
  await using network = await makeNetwork();
  const first = await network.pod("one", one);
  const second = await network.pod("two", two);
  const client = await network.pod("client", "10.244.0.20");
  await Promise.all([first.serve(8080), second.serve(8080), network.outside.serve(7000)]);
  const backend = open(network);
  const command = network.node.command("conntrack");
  const flows = conntrack({ processes: systemProcesses, command });
  const rules = async (served: Served): Promise<void> =>
    backend.apply(difference(await backend.read(), rulesFor(served, facts)));
  await run({ network, first, client, backend, flows, rules });
}

const ports = (...numbers: readonly object[]): object => ({ ports: numbers });
const both = slice([one, two]);

/** Who answered, and whom they saw, each once. */
const distinct = (answers: readonly Answer[]): readonly string[] => [...new Set(answers)].sort();

test(
  "a service's own address leads to all its endpoints, which see the pod that asks",
  { skip },
  () =>
    bench(async ({ client, rules }) => {
      await rules([[service(), both]]);
      const answers = await client.ask({ protocol: "tcp", host: vip, port: 80, times: 40 });
      deepEqual(distinct(answers), ["one sees 10.244.0.20", "two sees 10.244.0.20"]);
    }),
);

test("UDP is served as TCP is, and both on one port", { skip }, () =>
  bench(async ({ client, rules }) => {
    const spec = ports({ name: "t", port: 53 }, { name: "u", port: 53, protocol: "UDP" });
    const named = [
      { name: "t", port: 8080 },
      { name: "u", port: 8080, protocol: "UDP" as const },
    ];
    await rules([[service({ spec }), slice([one], { ports: named })]]);
    const question = { host: vip, port: 53 };
    deepEqual(await client.ask({ ...question, protocol: "tcp" }), ["one sees 10.244.0.20"]);
    deepEqual(await client.ask({ ...question, protocol: "udp" }), ["one sees 10.244.0.20"]);
  }),
);

test("a pod reaches itself through its service, under another address", { skip }, () =>
  bench(async ({ first, rules }) => {
    await rules([[service(), slice([one])]]);
    const [answer = ""] = await first.ask({ protocol: "tcp", host: vip, port: 80 });
    match(answer, /^one sees 10\.244\.0\.1$/);
  }),
);

test("a node port answers outside, on the node, at localhost and to pods", { skip }, () =>
  bench(async ({ network: { node, outside }, client, rules }) => {
    const spec = { type: "NodePort", ...ports({ port: 80, nodePort: 30080 }) };
    await rules([[service({ spec }), slice([one])]]);
    const ask = (from: Place, host: string): Promise<readonly Answer[]> =>
      from.ask({ protocol: "tcp", host, port: 30080 });
    deepEqual(
      [
        await ask(outside, nodeAddress),
        await ask(node, nodeAddress),
        await ask(node, "127.0.0.1"),
        await ask(client, nodeAddress),
        await node.ask({ protocol: "tcp", host: vip, port: 80 }),
      ].flat(),
      Array.from({ length: 5 }, () => "one sees 10.244.0.1"),
    );
  }),
);

test("a load balancer's address is served, to those who may come", { skip }, () =>
  bench(async ({ network: { node, outside }, client, rules }) => {
    const spec = { type: "LoadBalancer", loadBalancerSourceRanges: ["192.168.77.2/32"] };
    const balanced = service({ spec, ingress: [{ ip: nodeAddress }] });
    await rules([[balanced, slice([one])]]);
    const ask = (from: Place): Promise<readonly Answer[]> =>
      from.ask({ protocol: "tcp", host: nodeAddress, port: 80 });
    deepEqual(await ask(outside), ["one sees 10.244.0.1"]);
    deepEqual(await ask(node), ["failed: timeout"]);
    deepEqual(await ask(client), ["failed: timeout"]);
  }),
);

test("with the external traffic policy Local the client's own address arrives", { skip }, () =>
  bench(async ({ network: { node, outside }, rules }) => {
    const local = { type: "NodePort", externalTrafficPolicy: "Local" };
    const spec = { ...local, ...ports({ port: 80, nodePort: 30080 }) };
    const remote = slice([{ at: one, nodeName: "elsewhere" }]);
    const ask = (from: Place): Promise<readonly Answer[]> =>
      from.ask({ protocol: "tcp", host: nodeAddress, port: 30080 });
    await rules([[service({ spec }), slice([one])]]);
    deepEqual(await ask(outside), ["one sees 192.168.77.2"]);
    await rules([[service({ spec }), remote]]);
    deepEqual(await ask(outside), ["failed: timeout"]);
    deepEqual(await ask(node), ["one sees 10.244.0.1"]);
  }),
);

test("where nobody serves, one hears so at once", { skip }, () =>
  bench(async ({ network: { node, outside }, client, rules }) => {
    const spec = { type: "NodePort", ...ports({ port: 80, nodePort: 30080 }) };
    await rules([[service({ spec })]]);
    const refused = /^failed: .*ECONNREFUSED/;
    const questions: readonly (readonly [Place, string, number])[] = [
      [client, vip, 80],
      [client, vip, 81],
      [node, vip, 80],
      [node, vip, 81],
      [outside, nodeAddress, 30080],
      [node, "127.0.0.1", 30080],
    ];
    for (const [from, host, port] of questions) {
      const [answer = ""] = await from.ask({ protocol: "tcp", host, port });
      match(answer, refused, `${from.name} to ${host}:${port}`);
    }
    const [answer = ""] = await client.ask({ protocol: "udp", host: vip, port: 80 });
    match(answer, /^failed: .*(ECONNREFUSED|timeout)/);
  }),
);

test("pods reach the world under the node's address", { skip }, () =>
  bench(async ({ client, rules }) => {
    await rules([]);
    const answers = await client.ask({ protocol: "tcp", host: "192.168.77.2", port: 7000 });
    deepEqual(answers, [`outside sees ${nodeAddress}`]);
  }),
);

test("a client stays with the endpoint that it met first", { skip }, () =>
  bench(async ({ client, backend, rules, network }) => {
    const spec = { sessionAffinity: "ClientIP" };
    const served: Served = [[service({ spec }), both]];
    await rules(served);
    const question = { protocol: "tcp", host: vip, port: 80, times: 15 } as const;
    const [first] = distinct(await client.ask(question));
    deepEqual(distinct(await client.ask(question)), [first]);
    // A new process, and a change elsewhere, do not make it forget.
    const next = open(network);
    const other = service({ name: "other", spec: { clusterIP: "10.96.0.11" } });
    await next.apply(difference(await backend.read(), rulesFor([...served, [other]], facts)));
    deepEqual(distinct(await client.ask(question)), [first]);
    const left = first?.startsWith("one") ? two : one;
    await rules([[service({ spec }), slice([left])]]);
    deepEqual(distinct(await client.ask(question)).length, 1);
    ok(!distinct(await client.ask(question)).includes(first ?? ""));
  }),
);

test("no new connection fails while endpoints come and go", { skip }, () =>
  bench(async ({ client, rules }) => {
    await rules([[service(), both]]);
    const question = { protocol: "tcp", host: vip, port: 80, times: 600, pauseMs: 1 } as const;
    const asking = client.ask(question);
    for (let i = 0; i < 6; i++) {
      await rules([[service(), slice([i % 2 === 0 ? one : two])]]);
      await rules([[service(), both]]);
    }
    const answers = await asking;
    equal(answers.length, 600);
    deepEqual(
      answers.filter((answer) => answer.startsWith("failed")),
      [],
    );
  }),
);

test(
  "a connection goes on when its endpoint leaves the service, and when the service goes",
  { skip },
  () =>
    bench(async ({ client, network: { outside }, rules }) => {
      const spec = { type: "NodePort", ...ports({ port: 80, nodePort: 30080 }) };
      await rules([[service({ spec }), slice([one])]]);
      await using inside = client.converse(vip, 80);
      await using beyond = outside.converse(nodeAddress, 30080);
      const say = async (): Promise<readonly string[]> => [await inside.say(), await beyond.say()];
      const expected = ["one sees 10.244.0.20", "one sees 10.244.0.1"];
      deepEqual(await say(), expected);
      await rules([[service({ spec }), slice([two])]]);
      deepEqual(await client.ask({ protocol: "tcp", host: vip, port: 80 }), [
        "two sees 10.244.0.20",
      ]);
      deepEqual(await say(), expected);
      await rules([[service({ spec })]]);
      deepEqual(await say(), expected);
      await rules([]);
      deepEqual(await say(), expected);
    }),
);

test("an endpoint on its way out serves while nobody else does", { skip }, () =>
  bench(async ({ client, rules }) => {
    const leaving = { ready: false, serving: true, terminating: true };
    const question = { protocol: "tcp", host: vip, port: 80, times: 10 } as const;
    await rules([[service(), slice([{ at: one, conditions: leaving }])]]);
    deepEqual(distinct(await client.ask(question)), ["one sees 10.244.0.20"]);
    await rules([[service(), slice([{ at: one, conditions: leaving }, two])]]);
    deepEqual(distinct(await client.ask(question)), ["two sees 10.244.0.20"]);
  }),
);

test("with the internal traffic policy Local a node's pods use its endpoints alone", { skip }, () =>
  bench(async ({ client, rules }) => {
    const local = service({ spec: { internalTrafficPolicy: "Local" } });
    const question = { protocol: "tcp", host: vip, port: 80, times: 10 } as const;
    await rules([[local, slice([one, { at: two, nodeName: "elsewhere" }])]]);
    deepEqual(distinct(await client.ask(question)), ["one sees 10.244.0.20"]);
    await rules([[local, slice([{ at: two, nodeName: "elsewhere" }])]]);
    deepEqual(await client.ask({ ...question, times: 1 }), ["failed: timeout"]);
  }),
);

test("an external address that leads here is served, whoever asks", { skip }, () =>
  bench(async ({ client, network: { node, outside }, rules }) => {
    const external = "198.51.100.1";
    await outside.run("ip", "route", "add", `${external}/32`, "via", nodeAddress);
    await rules([[service({ spec: { externalIPs: [external] } }), slice([one])]]);
    for (const from of [outside, node, client]) {
      const answers = await from.ask({ protocol: "tcp", host: external, port: 80 });
      deepEqual(answers, ["one sees 10.244.0.1"], from.name);
    }
  }),
);

test("when the table is removed, nothing of it is left", { skip }, () =>
  bench(async ({ network: { node }, backend, rules }) => {
    await rules([[service({ spec: { sessionAffinity: "ClientIP" } }), both]]);
    await backend.remove();
    equal(await node.run("nft", "list", "ruleset"), "");
  }),
);

test("a new process takes the rules over without touching them", { skip }, () =>
  bench(async ({ network, rules }) => {
    const served: Served = [[service({ spec: { sessionAffinity: "ClientIP" } }), both]];
    await rules(served);
    const before = await network.node.run("nft", "-a", "list", "table", "ip", table);
    const next = open(network);
    const change = difference(await next.read(), rulesFor(served, facts));
    ok(isEmpty(change));
    equal(await next.isIntact(), true);
    equal(await network.node.run("nft", "-a", "list", "table", "ip", table), before);
  }),
);

test(
  "a UDP flow leaves an endpoint that is gone, and finds a service that has come",
  { skip },
  () =>
    bench(async ({ client, rules, flows }) => {
      const spec = ports({ port: 53, protocol: "UDP" });
      const dns = service({ spec });
      const routes = (...slices: readonly EndpointSlice[]) =>
        serviceRules(dns, slices, facts).routes;
      const only = (address: string): EndpointSlice =>
        slice([address], { ports: [{ port: 8080, protocol: "UDP" }] });
      const question = { protocol: "udp", host: vip, port: 53, fromPort: 5353 } as const;

      // Nobody is there yet: the question goes past the service, out of the node.
      await rules([]);
      await client.ask(question);
      await rules([[dns, only(one)]]);
      const fresh = { before: [], after: routes(only(one)) };
      ok((await flows.forget(staleFlows(fresh, facts.nodeAddresses))) > 0);
      deepEqual(await client.ask(question), ["one sees 10.244.0.20"]);

      await rules([[dns, only(two)]]);
      const moved = { before: routes(only(one)), after: routes(only(two)) };
      equal(await flows.forget(staleFlows(moved, facts.nodeAddresses)), 1);
      deepEqual(await client.ask(question), ["two sees 10.244.0.20"]);

      // A process that does not know of the move finds it in the kernel's table.
      await rules([[dns, only(one)]]);
      const strays = strayFlows(await flows.list("udp"), routes(only(one)), facts.nodeAddresses);
      deepEqual(strays, [{ protocol: "udp", address: vip, port: 53, answeredBy: two }]);
      equal(await flows.forget(strays), 1);
      deepEqual(await client.ask(question), ["one sees 10.244.0.20"]);
    }),
);

test(
  "pods of a bridge that shows us nothing are served too, under the node's address",
  { skip },
  () =>
    bench(async ({ network, client, backend }) => {
      await network.node.run("sh", "-c", "echo 0 > /proc/sys/net/bridge/bridge-nf-call-iptables");
      const desired = rulesFor([[service(), slice([one])]], facts);
      desired.replace("", layout({ podCidrs: facts.podCidrs, bridgedCidrs: facts.podCidrs }));
      await backend.apply(difference(await backend.read(), desired));
      const answers = await client.ask({ protocol: "tcp", host: vip, port: 80 });
      deepEqual(answers, ["one sees 10.244.0.1"]);
    }),
);
