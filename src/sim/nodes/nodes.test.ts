/** Simulated nodes under a control plane that somebody else put together, as `up` does it. */
import { deepEqual, equal, rejects } from "node:assert/strict";
import { test } from "node:test";
import { Node } from "#api/core/node.ts";
import { Pod } from "#api/core/pod.ts";
import { isConditionTrue } from "#api/meta/conditions.ts";
import type { KubeletDialer } from "#apiserver/subresources/kubelet-dialer.ts";
import { silent } from "#base/log.ts";
import { seededRandom } from "#base/random.ts";
import { memoryStore } from "#store/backends/memory.ts";
import { VirtualClock } from "../clock.ts";
import { type ControlPlane, createControlPlane } from "../control-plane.ts";
import { seededSigningKey } from "../signing-key.ts";
import { podOf } from "../test-manifests.ts";
import { createSimulatedNodes } from "./nodes.ts";

const unused = (): never => {
  throw new Error("not part of this test");
};

const answer: Awaited<ReturnType<KubeletDialer["call"]>> = {
  status: 200,
  headers: {},
  body: (async function* () {
    yield Buffer.from("from a real kubelet");
  })(),
};

async function start() {
  const clock = new VirtualClock();
  const random = seededRandom(1);
  const stop = new AbortController();
  const common = { clock, random, log: silent };
  const nodes = createSimulatedNodes({
    ...common,
    nodes: 2,
    clientFor: (user, manager) => control.clientFor(user, manager),
    version: "v1.36.0",
    others: { call: async () => answer, upgrade: unused },
  });
  const signingKey = seededSigningKey(random);
  const control: ControlPlane = createControlPlane({
    ...common,
    store: memoryStore({ clock }),
    http: { call: unused, upgrade: unused },
    kubelets: nodes.dialer,
    address: { host: "192.0.2.1", port: 6443 },
    serverUrl: "https://192.0.2.1:6443",
    ca: "CA",
    signingKey: () => signingKey,
    serviceCidr: "10.96.0.0/12",
    podCidr: "10.244.0.0/16",
    clusterDomain: "cluster.local",
    outside: clock.outside,
    isFreezing: true,
  });
  await control.start(stop.signal);
  const running = Promise.all([control.run(stop.signal), nodes.run(stop.signal)]);
  await clock.advance("5s");
  const admin = { name: "admin", groups: ["system:masters"] };
  const end = async (): Promise<void> => {
    stop.abort();
    await clock.advance("5s");
    await running;
    await control[Symbol.asyncDispose]();
  };
  return { clock, nodes, client: control.clientFor(admin, "test"), end };
}

const at = { namespace: "default", name: "web" };

test("they register, run pods, and go when they are told to", async () => {
  const { client, clock, nodes, end } = await start();
  const names = (await client.list(Node)).items
    .filter(({ status }) => isConditionTrue(status.conditions, "Ready"))
    .map(({ metadata }) => metadata.name);
  deepEqual(names, ["node-1", "node-2"]);
  await client.create(Pod, { ...podOf("web", {}), metadata: at });
  await clock.advance("5s");
  equal((await client.get(Pod, at)).status.phase, "Running");
  await end();
  deepEqual(
    nodes.nodes.map(({ isOn }) => isOn),
    [false, false],
  );
  equal(clock.pending, 0);
});

test("nodes that are not simulated are reached as before, those switched off not at all", async () => {
  const { client, nodes, end } = await start();
  const [node] = (await client.list(Node)).items;
  const other = { ...node, metadata: { name: "real" } } as Node;
  equal((await nodes.dialer.call(other, "/healthz")).status, 200);
  equal((await nodes.dialer.call(node as Node, "/healthz")).status, 200);
  await nodes.nodes[0]?.stop();
  await rejects(nodes.dialer.call(node as Node, "/healthz"), /node-1 does not answer/);
  await end();
});
