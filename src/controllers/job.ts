/**
 * Runs pods for Jobs until enough of them have succeeded, or too many have failed.
 *
 * A look creates or deletes pods, then counts those that ended, then says so; the next one sees
 * what came of it. Everything it knows stands in the job and its pods.
 * upstream: pkg/controller/job/job_controller.go#syncJob
 */
import { Job } from "#api/batch/job.ts";
import { Pod } from "#api/core/pod.ts";
import { labelSelectorOf } from "#api/selectors.ts";
import type { After } from "./job/after.ts";
import { completionsReached, deadlineIn, endingOf, isFinished } from "./job/ending.ts";
import { jobMeter } from "./job/metrics.ts";
import { trackingFinalizer, unsettled } from "./job/pods.ts";
import { heldFor, letGo, strayPods } from "./job/strays.ts";
import { type Tally, tallyOf } from "./job/tally.ts";
import { track } from "./job/tracking.ts";
import { workFor } from "./job/work.ts";
import { carryOut, removeActive } from "./job/writes.ts";
import { defineController, eventsRule, keyOf, type View, watching } from "./runtime/controller.ts";
import { type Effect, wakeIn } from "./runtime/effects.ts";
import { claim, controllerOf } from "./runtime/ownership.ts";

const batch = ["batch"];

export const jobController = defineController({
  name: "job-controller",
  queue: "job",
  for: Job,
  owns: [Pod],
  watches: [watching(Pod, jobsThatMayClaim)],
  pauseMs: 250,
  rules: [
    { verbs: ["get", "list", "watch", "update", "patch"], apiGroups: batch, resources: ["jobs"] },
    { verbs: ["update"], apiGroups: batch, resources: ["jobs/status"] },
    { verbs: ["update"], apiGroups: batch, resources: ["jobs/finalizers"] },
    {
      verbs: ["list", "watch", "create", "delete", "patch"],
      apiGroups: [""],
      resources: ["pods"],
    },
    eventsRule,
  ],
  leavesAlone: isOthers,
  meter: jobMeter,

  reconcile(job, view) {
    if (isOthers(job)) return [];
    const isOver = isFinished(job);
    const strays = strayPods(keyOf(job), view, isOver ? undefined : job);
    const { claimed, effects } = isOver ? { claimed: [], effects: [] } : podsOf(job, view);
    // What is adopted is no stray.
    if (effects.length > 0) return effects;
    if (strays.length > 0) return strays.map(letGo);
    return isOver ? [] : advance(tallyOf(job, claimed, view.now), view);
  },

  gone: (key, view) => strayPods(key, view, undefined).map(letGo),
});

/** Another controller looks after it. */
function isOthers({ spec: { managedBy } }: Job): boolean {
  return managedBy !== undefined && managedBy !== "kubernetes.io/job-controller";
}

const podsOf = (job: Job, view: View): ReturnType<typeof claim<Pod>> =>
  claim(
    {
      owner: job,
      ownerKind: Job,
      kind: Pod,
      matches: labelSelectorOf(job.spec.selector ?? undefined).matches,
      owned: view.by(Pod, unsettled, job.metadata.uid ?? ""),
      finalizer: trackingFinalizer,
    },
    view,
  );

/** A pod that nobody owns concerns every job that would take it, and the one that has held it. */
function* jobsThatMayClaim(pod: Pod, _old: Pod | undefined, view: View): Iterable<string> {
  if (controllerOf(pod)) return;
  yield* heldFor(pod);
  if (pod.metadata.deletionTimestamp) return;
  for (const job of view.list(Job, pod.metadata.namespace)) {
    if (isFinished(job)) continue;
    if (labelSelectorOf(job.spec.selector ?? undefined).matches(pod.metadata.labels)) {
      yield keyOf(job);
    }
  }
}

function advance(tally: Tally, view: View): readonly Effect[] {
  const { now } = view;
  const ending = endingOf(tally, now);
  if (ending) {
    return removeActive(tally, (after) =>
      // As long as some cannot even be stopped, it is not over.
      track({ tally, after, ending: after.active === 0 ? ending : undefined, now }),
    );
  }
  const leftMs = deadlineIn(tally, now);
  return [
    ...(leftMs === undefined ? [] : [wakeIn(leftMs)]),
    ...carryOut(workFor(tally, view), tally, (after) =>
      track({
        tally,
        after,
        ending: isComplete(tally, after) ? completionsReached : undefined,
        now,
      }),
    ),
  ];
}

/** Where no number is asked for, one success is enough once the others have ended. */
const isComplete = ({ job, succeeded }: Tally, { active }: After): boolean =>
  active === 0 && succeeded >= (job.spec.completions ?? 1);
