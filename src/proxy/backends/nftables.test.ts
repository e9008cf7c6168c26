import { equal } from "node:assert/strict";
import { test } from "node:test";
import { systemProcesses } from "#host/processes.ts";
import { difference, emptyInventory } from "../difference.ts";
import { rulesFor, service, slice } from "../testing.ts";
import { nftablesBackend } from "./nftables.ts";
import { backendSuite } from "./suite.ts";
import { makeNamespace, unavailable } from "./testing.ts";

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

test("a thousand services are one transaction", { skip }, async () => {
  await using namespace = await makeNamespace("many");
  const command = namespace.command("nft");
  const backend = nftablesBackend({ processes: systemProcesses, table: "k8ts-test", command });
  const many = Array.from({ length: 1_000 }, (_, i) => {
    const name = `web-${i}`;
    const clusterIP = `10.96.${i >> 8}.${i & 255}`;
    return [service({ name, spec: { clusterIP } }), slice(["10.244.0.5"], { of: name })] as const;
  });
  await backend.apply(difference(emptyInventory(), rulesFor(many)));
  equal((await backend.read()).chains.has("svc/default/web-999/tcp/80"), true);
});
