/**
 * Runs a plan: a storm, in which what must never happen does not happen, and a calm, in which everything
 * comes to where it should be.
 */
import { ApiError } from "#api/errors.ts";
import { Namespace } from "#api/core/namespace.ts";
import { seconds, sleep } from "#base/clock.ts";
import { messageOf } from "#base/failure.ts";
import type { Cluster } from "../cluster.ts";
import { createCluster } from "../simulated-cluster.ts";
import { type PlacedStep, type Plan, stormMs } from "./plan.ts";
import { namespaces, perform } from "./steps.ts";
import { webhookFunctions } from "./webhooks.ts";

export interface Outcome {
  readonly plan: Plan;
  /** The hash of all that happened. */
  readonly trace: string;
  /** What was wrong; undefined when nothing was. */
  readonly failure: string | undefined;
}

const behaviours = [{ match: { image: "work" }, runsForMs: { min: 500, max: 20_000 } }];
/** A step that nobody could be told to do is tried again, as people do. */
const triesMax = 10;
const againMs = seconds(5);

export async function runPlan(plan: Plan): Promise<Outcome> {
  const { seed, nodes, kubelets } = plan;
  const webhooks = webhookFunctions;
  const options = { nodes, kubelets, seed, behaviours, webhooks, invariants: true };
  const cluster = await createCluster(options);
  let failure: string | undefined;
  try {
    await live(cluster, plan);
  } catch (cause) {
    failure = messageOf(cause);
  }
  const { trace } = cluster;
  try {
    await cluster[Symbol.asyncDispose]();
  } catch (cause) {
    // What ended the run has been said: the cluster that ends with it says it again.
    failure ??= String(cause);
  }
  return { plan, trace, failure };
}

async function live(cluster: Cluster, { steps, faults }: Plan): Promise<void> {
  const stop = new AbortController();
  for (const fault of faults) cluster.faults.place(fault);
  const users = steps.map((placed) => act(cluster, placed, stop.signal));
  await cluster.clock.advance(stormMs);
  stop.abort();
  cluster.faults.heal();
  // Longer than what waits longest: a node that is lost, a back-off, a delayed watch.
  await cluster.clock.advance("15 minutes");
  await cluster.idle({ quiet: "20 seconds" });
  await Promise.all(users);
}

async function act(cluster: Cluster, placed: PlacedStep, signal: AbortSignal): Promise<void> {
  const { clock, client } = cluster;
  await sleep(clock, placed.afterMs, signal);
  for (let tries = 0; tries < triesMax && !signal.aborted; tries++) {
    try {
      for (const name of namespaces)
        await client.create(Namespace, { metadata: { name } }).catch(isThere);
      await perform(placed.step, client);
      return;
    } catch (cause) {
      // What is refused is refused; what did not get through is tried again.
      if (cause instanceof ApiError && cause.code < 500 && cause.code !== 409) return;
      await sleep(clock, againMs, signal);
    }
  }
}

function isThere(cause: unknown): void {
  if (!(cause instanceof ApiError && cause.reason === "AlreadyExists")) throw cause;
}
