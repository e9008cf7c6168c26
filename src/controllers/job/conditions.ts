/** What a job's status says about it in conditions. */
import type { Job, JobCondition } from "#api/batch/job.ts";
import { findCondition } from "#api/meta/conditions.ts";
import { formatTime } from "#base/clock.ts";
import { type Effect, note } from "../runtime/effects.ts";
import type { Ending } from "./ending.ts";
import { isSuspended } from "./tally.ts";

export const conditionAt = (
  now: number,
  {
    type,
    status = "True",
    reason,
    message,
  }: Pick<JobCondition, "type" | "reason" | "message"> & {
    readonly status?: string;
  },
): JobCondition => {
  const time = formatTime(now);
  return { type, status, lastProbeTime: time, lastTransitionTime: time, reason, message };
};

export const withEnding = (
  conditions: readonly JobCondition[],
  ending: Ending,
  now: number,
): readonly JobCondition[] =>
  findCondition(conditions, ending.type)?.status === "True"
    ? conditions
    : [...conditions.filter(({ type }) => type !== ending.type), conditionAt(now, ending)];

/** Whether it is suspended, and that it is no longer; a job that never was does not say so. */
// exact: kube-controller-manager
export function suspension(
  job: Job,
  now: number,
): { readonly conditions: readonly JobCondition[]; readonly events: readonly Effect[] } {
  const { conditions = [] } = job.status;
  const before = findCondition(conditions, "Suspended");
  const isOn = isSuspended(job);
  if (job.metadata.deletionTimestamp || (before?.status === "True") === isOn) {
    return { conditions, events: [] };
  }
  const [word, message] = isOn ? ["Suspended", "Job suspended"] : ["Resumed", "Job resumed"];
  const condition = conditionAt(now, {
    type: "Suspended",
    status: isOn ? "True" : "False",
    reason: `Job${word}`,
    message,
  });
  const others = conditions.map((other) => (other === before ? condition : other));
  const events = [note(job, word, message)];
  return { conditions: before ? others : [...others, condition], events };
}
