/** A cluster of simulated nodes on the real clock, with the store on a real disk, in this process. */
import type { FeatureGates } from "#api/feature-gates.ts";
import { Metrics } from "#base/metrics.ts";
import type { Client } from "#client/client.ts";
import { growYoungHeap } from "#host/young-heap.ts";
import { type ControlPlane, createControlPlane } from "#sim/control-plane.ts";
import type { Behaviour } from "#sim/nodes/behaviour.ts";
import { ownPodCidr } from "#sim/nodes/beside-real.ts";
import { createSimulatedNodes } from "#sim/nodes/nodes.ts";
import { seededSigningKey } from "#sim/signing-key.ts";
import { testAuthority } from "#sim/test-authority.ts";
import { openLmdb } from "#store/backends/lmdb.ts";
import { gitVersion } from "./version.ts";
import type { World } from "./world.ts";

export interface SimulationOptions {
  readonly world: World;
  /** Where the store lies. */
  readonly folder: string;
  readonly nodes: number;
  readonly podsPerNode: number;
  readonly behaviours: readonly Behaviour[];
  readonly gates: FeatureGates;
  readonly signal: AbortSignal;
}

export interface Simulation {
  /** The administrator's. */
  readonly client: Client;
  readonly metrics: Metrics;
}

const youngHeapMebibytes = 64;
const address = { host: "192.0.2.1", port: 6443 };

/** Calls `work` while the cluster runs; ends it afterwards. */
export async function simulated<T>(
  options: SimulationOptions,
  work: (simulation: Simulation) => Promise<T>,
): Promise<T> {
  const { world, folder, behaviours, gates, signal } = options;
  growYoungHeap(youngHeapMebibytes);
  const stop = new AbortController();
  const until = AbortSignal.any([signal, stop.signal]);
  const metrics = new Metrics();
  const nodes = createSimulatedNodes({
    ...world,
    kubelets: "light",
    events: "none",
    // Ranges for pods are given to one node after the other: with thousands that takes minutes.
    nodes: Array.from({ length: options.nodes }, (_, i) => ({
      capacity: { cpu: "32", memory: "256Gi", pods: options.podsPerNode },
      podCidr: ownPodCidr(i),
    })),
    behaviours: [{ pullMs: 0, startMs: 0, stopsAfterMs: 0 }, ...behaviours],
    nodeCidr: "10.0.0.0/10",
    clientFor: (user, manager, gate) => control.clientFor(user, manager, gate),
    version: gitVersion,
  });
  await using store = await openLmdb({ path: folder, clock: world.clock });
  const signingKey = seededSigningKey(world.random);
  await using control: ControlPlane = createControlPlane({
    ...world,
    store,
    metrics,
    kubelets: nodes.dialer,
    address,
    serverUrl: `https://${address.host}:${address.port}`,
    ca: testAuthority.certificate,
    gates,
    signingKey: () => signingKey,
    serviceCidr: "10.96.0.0/12",
    podCidr: "10.128.0.0/9",
    clusterDomain: "cluster.local",
  });
  await control.start(until);
  const admin = { name: "kubernetes-admin", groups: ["system:masters"] };
  const running = Promise.all([control.run(until), nodes.run(until)]);
  try {
    const ended = running.then((): never => {
      throw new Error("the cluster ended");
    });
    return await Promise.race([work({ client: control.clientFor(admin, "k8ts"), metrics }), ended]);
  } finally {
    stop.abort();
    // What went wrong in the cluster is said, also when it only shows at its end.
    await running;
  }
}
