/**
 * `k8ts serve --ephemeral`: a simulated cluster for tests that are not written in JavaScript. Nothing is
 * kept. Its time is the real one, or runs ahead whenever something is to be done.
 */
import type { GateSettings } from "#api/feature-gates.ts";
import { type Clock, minutes, sleep } from "#base/clock.ts";
import type { Cluster } from "#sim/testing.ts";
import { makeAuthority } from "./pki.ts";
import { createCluster } from "./testing.ts";

export interface EphemeralOptions {
  readonly nodes: number;
  readonly seed: number;
  readonly port: number;
  /** Those that are on or off otherwise than by default. */
  readonly featureGates?: GateSettings;
  readonly time: Pace;
  /** The real one. */
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Told the kubeconfig once the cluster can be reached. */
  readonly ready: (kubeconfig: string) => Promise<void>;
}

/** `real`: a second is a second. `fast`: what takes time has taken it when someone looks. */
export type Pace = "real" | "fast";

const lookEveryMs = 20;
/** The nodes are ready by then. */
const headStartMs = minutes(1);

export async function serveEphemeral(options: EphemeralOptions): Promise<void> {
  const { nodes, seed, port, featureGates = {}, ready, clock, signal } = options;
  // It shows the time that clients have: they tell how old things are.
  const startsAt = new Date(clock.now() - headStartMs);
  const authority = await makeAuthority("kubernetes", startsAt.getTime());
  await using cluster = await createCluster({ nodes, seed, startsAt, featureGates, authority });
  await cluster.clock.advance(Math.max(0, clock.now() - cluster.clock.now()), signal);
  await using served = await cluster.serve({ port });
  await ready(served.kubeconfig);
  await drive(cluster, options, signal);
}

async function drive(
  cluster: Cluster,
  { clock, time }: Pick<EphemeralOptions, "clock" | "time">,
  signal: AbortSignal,
): Promise<void> {
  let lastMs = clock.monotonic();
  while (!signal.aborted) {
    await sleep(clock, lookEveryMs, signal);
    const nowMs = clock.monotonic();
    await cluster.clock.advance(nowMs - lastMs);
    lastMs = nowMs;
    if (time === "fast" && cluster.isBusy) await cluster.idle();
  }
}
