import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { systemProcesses } from "#host/processes.ts";
import type { Service } from "#api/core/service.ts";
import type { EndpointSlice } from "#api/discovery/endpointslice.ts";
import type { Processes } from "#base/processes.ts";
import { difference, emptyInventory, note } from "../difference.ts";
import { keyOf, serviceRules } from "../service-rules.ts";
import { facts, rulesFor, service, slice } from "../testing.ts";
import { nftablesBackend } from "./nftables.ts";
import { backendSuite } from "./suite.ts";
import { makeNamespace, type Namespace, unavailable } from "./testing.ts";

const skip = await unavailable();

backendSuite(
  "nftables",
  async () => {
    const namespace = await makeNamespace("table");
    const command = namespace.command("nft");
    return {
      open: () => nftablesBackend({ processes: systemProcesses, table: "k8ts-test", command }),
      flush: async () => void (await namespace.run("nft", "flush", "ruleset")),
      [Symbol.asyncDispose]: () => namespace[Symbol.asyncDispose](),
    };
  },
  { skip },
);

test("tables of others are left alone", { skip }, async () => {
  await using namespace = await makeNamespace("others");
  const theirs =
    "table ip docker { chain FORWARD { type filter hook forward priority 0; policy drop; }; }";
  await namespace.run("nft", theirs);
  const listed = (): Promise<string> => namespace.run("nft", "-a", "list", "table", "ip", "docker");
  const before = await listed();
  const command = namespace.command("nft");
  const backend = nftablesBackend({ processes: systemProcesses, table: "k8ts-test", command });
  const spec = { ports: [{ port: 80, protocol: "SCTP" }] };
  const sctp = slice(["10.244.0.5"], { ports: [{ port: 8080, protocol: "SCTP" }] });
  await backend.apply(difference(emptyInventory(), rulesFor([[service({ spec }), sctp]])));
  equal(await listed(), before);
  await backend.remove();
  equal(await listed(), before);
});

const many = (count: number): (readonly [Service, EndpointSlice])[] =>
  Array.from({ length: count }, (_, i) => {
    const name = `web-${i}`;
    const clusterIP = `10.96.${i >> 8}.${i & 255}`;
    const spec = { clusterIP, ...(i === 500 && { sessionAffinity: "ClientIP" }) };
    return [service({ name, spec }), slice(["10.244.0.5", "10.244.0.6"], { of: name })] as const;
  });

test(
  "a thousand services are one transaction, a change of one touches nothing else",
  { skip },
  async () => {
    await using namespace = await makeNamespace("many");
    const command = namespace.command("nft");
    let transactions = 0;
    const run: Processes["run"] = (asked) => {
      if (asked.input !== undefined) transactions++;
      return systemProcesses.run(asked);
    };
    const processes = { ...systemProcesses, run };
    const backend = nftablesBackend({ processes, table: "k8ts-test", command });
    const served = many(1_000);
    const desired = rulesFor(served);
    const inventory = await backend.read();
    const all = difference(inventory, desired, desired.takeTouched());
    await backend.apply(all);
    note(inventory, all);
    equal(transactions, 1);
    equal((await backend.read()).chains.has("svc/default/web-999/tcp/80"), true);

    const before = await placesIn(namespace);
    for (const i of [500, 501]) {
      const [web] = served[i] ?? [service()];
      const left = slice(["10.244.0.5", "10.244.0.9"], { of: `web-${i}` });
      desired.replace(keyOf(web), serviceRules(web, [left], facts).fragment);
    }
    await backend.apply(difference(inventory, desired, desired.takeTouched()));
    const touched = before.symmetricDifference(await placesIn(namespace));
    equal(transactions, 2);
    deepEqual([...new Set([...touched].map((place) => place.replace(/ #.*/, "")))].sort(), [
      "chain to/default/web-500/tcp/80/10.244.0.6/8080",
      "chain to/default/web-500/tcp/80/10.244.0.9/8080",
      "element of hairpins",
      "rule in svc/default/web-500/tcp/80",
      "rule in svc/default/web-501/tcp/80",
      "rule in to/default/web-500/tcp/80/10.244.0.6/8080",
      "rule in to/default/web-500/tcp/80/10.244.0.9/8080",
      "set seen/default/web-500/tcp/80/10.244.0.6/8080/10800",
      "set seen/default/web-500/tcp/80/10.244.0.9/8080/10800",
    ]);
  },
);

interface Listed {
  readonly name: string;
  readonly handle: number;
  readonly chain?: string;
  readonly elem?: readonly unknown[];
}

/** All that is in the table; what is written anew has another number, even if it is the same. */
async function placesIn(namespace: Namespace): Promise<ReadonlySet<string>> {
  const listing = await namespace.run("nft", "-j", "-a", "list", "table", "ip", "k8ts-test");
  const { nftables } = JSON.parse(listing) as { nftables: readonly Record<string, Listed>[] };
  const places = nftables.flatMap(({ chain, set, map, rule }) => {
    const found = set ?? map;
    if (chain) return [`chain ${chain.name} #${chain.handle}`];
    if (rule) return [`rule in ${rule.chain} #${rule.handle}`];
    const elements = found?.elem?.map((e) => `element of ${found.name} #${JSON.stringify(e)}`);
    return found ? [`set ${found.name} #${found.handle}`, ...(elements ?? [])] : [];
  });
  return new Set(places);
}
