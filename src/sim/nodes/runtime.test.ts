import { deepEqual, equal, rejects } from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "#base/random.ts";
import type { SandboxConfig } from "#kubelet/runtime.ts";
import { VirtualClock } from "../clock.ts";
import { Behaviours } from "./behaviour.ts";
import { MemoryDisk } from "./memory-disk.ts";
import { PodNetwork } from "./pod-network.ts";
import { type SimulatedRuntime, simulatedRuntime } from "./runtime.ts";

function open(): { readonly runtime: SimulatedRuntime; readonly network: PodNetwork } {
  const clock = new VirtualClock();
  const network = new PodNetwork();
  const runtime = simulatedRuntime({
    clock,
    random: seededRandom(1),
    behaviours: new Behaviours(),
    network,
    disk: new MemoryDisk({ clock }),
    node: "node-1",
    nodeAddress: "172.18.0.2",
  });
  return { runtime, network };
}

const sandbox = (name: string): SandboxConfig => ({
  metadata: { name, uid: name, namespace: "default", attempt: 0 },
  hostname: name,
  logDirectory: "/logs",
  portMappings: [],
  labels: {},
  annotations: {},
  linux: {
    cgroupParent: "",
    securityContext: {
      namespaceOptions: { network: "POD", pid: "CONTAINER", ipc: "POD" },
      supplementalGroups: [],
      privileged: false,
    },
    sysctls: {},
  },
});

test("there is no network before the node has addresses for its pods", async () => {
  const { runtime } = open();
  const isReady = async (): Promise<boolean | undefined> =>
    (await runtime.status()).conditions.find(({ type }) => type === "NetworkReady")?.status;
  equal(await isReady(), false);
  await rejects(runtime.runSandbox(sandbox("early")), /no pod CIDR/);
  await runtime.updatePodCidr("10.244.3.0/24,fd00::/64");
  equal(await isReady(), true);
});

test("addresses are given to one pod at a time, and come back", async () => {
  const { runtime } = open();
  await runtime.updatePodCidr("10.0.0.0/29");
  const ids: string[] = [];
  for (const name of ["a", "b", "c", "d", "e"]) ids.push(await runtime.runSandbox(sandbox(name)));
  const ips = await Promise.all(ids.map(async (id) => (await runtime.sandboxStatus(id))?.ips[0]));
  deepEqual(ips, ["10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5", "10.0.0.6"]);
  await rejects(runtime.runSandbox(sandbox("f")), /no addresses left/);
  await runtime.stopSandbox(ids[2] ?? "");
  await runtime.removeSandbox(ids[2] ?? "");
  const next = await runtime.sandboxStatus(await runtime.runSandbox(sandbox("f")));
  deepEqual(next?.ips, ["10.0.0.4"]);
});

test("nobody answers where no container runs", async () => {
  const { runtime, network } = open();
  await runtime.updatePodCidr("10.0.0.0/29");
  await runtime.runSandbox(sandbox("a"));
  const signal = new AbortController().signal;
  await rejects(network.connect({ host: "10.0.0.2", port: 80 }, signal), /ECONNREFUSED/);
  await rejects(network.grpcHealth({ host: "10.0.0.9", port: 80, service: "", timeoutMs: 1 }));
});
