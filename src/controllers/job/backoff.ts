/**
 * How long a failed pod's successor has to wait: ten seconds, twice as long after each failure in
 * a row.
 *
 * differs: upstream counts failures in memory; here they are counted on the pods that are there,
 * so that a restart of the controller does not forget them.
 * upstream: pkg/controller/job/backoff_utils.go
 */
import { Pod } from "#api/core/pod.ts";
import { minutes, seconds } from "#base/clock.ts";
import type { View } from "../runtime/controller.ts";
import { failures, finishedAt, isFailed, isSucceeded } from "./pods.ts";
import { attemptsAt, type Tally } from "./tally.ts";

const firstMs = seconds(10);
const maxMs = minutes(10);

/** For jobs whose indexes do not have limits of their own. */
export function backoffLeft({ job }: Tally, view: View): number {
  const failed = view
    .by(Pod, failures, job.metadata.uid ?? "")
    .filter((pod) => isFailed(pod, job))
    .map(finishedAt);
  const last = Math.max(...failed);
  // Looking for the last success means looking at all pods: only when it matters.
  if (failed.length === 0 || last + maxMs <= view.now) return 0;
  const successes = view.owned(Pod, job).filter(isSucceeded).map(finishedAt);
  const lastSuccess = successes.reduce((latest, time) => Math.max(latest, time), 0);
  return leftAfter(failed.filter((time) => time > lastSuccess).length, last, view.now);
}

/** For the index at which this pod failed. */
export const backoffLeftAt = (failed: Pod | undefined, now: number): number =>
  failed ? leftAfter(attemptsAt(failed), finishedAt(failed), now) : 0;

function leftAfter(failed: number, lastMs: number, now: number): number {
  if (failed === 0) return 0;
  const delayMs = Math.min(firstMs * 2 ** (failed - 1), maxMs);
  return Math.max(0, lastMs + delayMs - now);
}
