/**
 * Rolls out what a Deployment describes: a ReplicaSet per revision of its template, the new one
 * growing while the old ones shrink.
 *
 * A look at a deployment takes the first step that is due and reports; the next look sees what came
 * of it. That replaces upstream's long chains of writes within one sync.
 * upstream: pkg/controller/deployment/deployment_controller.go#syncDeployment
 */
import { Deployment } from "#api/apps/deployment.ts";
import { ReplicaSet } from "#api/apps/replicaset.ts";
import { isPodTerminal } from "#api/core/pod-conditions.ts";
import { Pod } from "#api/core/pod.ts";
import { findCondition } from "#api/meta/conditions.ts";
import { labelSelectorOf } from "#api/selectors.ts";
import {
  condition,
  isComplete,
  plainStatus,
  progressDeadline,
  checkProgressIn,
  reasons,
  rolloutStatus,
  withDeploymentCondition,
} from "./rollout/progress.ts";
import { newReplicaSet } from "./rollout/new-replicaset.ts";
import { rollBack, rollbackTarget } from "./rollout/rollback.ts";
import {
  byRevision,
  revisionAnnotation,
  revisionOf,
  sizes,
  syncedCurrent,
} from "./rollout/revisions.ts";
import { active, actualOf, limitOf, type Rollout, rolloutOf, sizeOf } from "./rollout/rollout.ts";
import { currentSize, isScalingEvent, type Resize, scaled, shrunkOld } from "./rollout/scaling.ts";
import { watchingOrphans } from "./history/owners.ts";
import { defineController, eventsRule, keyOf, type View, watching } from "./runtime/controller.ts";
import {
  andThen,
  type Effect,
  note,
  remove,
  setStatus,
  update,
  wakeIn,
  warn,
} from "./runtime/effects.ts";
import { claim, controllerOf } from "./runtime/ownership.ts";
import { isSame } from "#client/canonical.ts";

const apps = ["extensions", "apps"];

export const deploymentController = defineController({
  name: "deployment-controller",
  queue: "deployment",
  for: Deployment,
  owns: [ReplicaSet],
  watches: [watchingOrphans(ReplicaSet, Deployment), watching(Pod, recreatingDeployments)],
  rules: [
    { verbs: ["get", "list", "watch", "update"], apiGroups: apps, resources: ["deployments"] },
    { verbs: ["update"], apiGroups: apps, resources: ["deployments/status"] },
    { verbs: ["update"], apiGroups: apps, resources: ["deployments/finalizers"] },
    {
      verbs: ["get", "list", "watch", "create", "update", "patch", "delete"],
      apiGroups: apps,
      resources: ["replicasets"],
    },
    { verbs: ["get", "list", "watch", "update"], apiGroups: [""], resources: ["pods"] },
    eventsRule,
  ],

  reconcile(deployment, view) {
    if (selectsEverything(deployment)) return complain(deployment);
    const { matches } = labelSelectorOf(deployment.spec.selector ?? undefined);
    const claiming = { owner: deployment, ownerKind: Deployment, kind: ReplicaSet, matches };
    const { claimed, effects } = claim(claiming, view);
    if (effects.length > 0) return effects;
    const rollout = rolloutOf(deployment, claimed);
    return syncRevision(rollout, view) ?? step(rollout, view);
  },
});

function selectsEverything({ spec: { selector } }: Deployment): boolean {
  const { matchLabels = {}, matchExpressions = [] } = selector ?? {};
  return Object.keys(matchLabels).length === 0 && matchExpressions.length === 0;
}

// exact: kube-controller-manager
const complain = (deployment: Deployment): readonly Effect[] => [
  warn(
    deployment,
    "SelectingAll",
    "This deployment is selecting all pods. A non-empty selector is required.",
  ),
  setStatus(Deployment, deployment, {
    ...deployment.status,
    observedGeneration: deployment.metadata.generation,
  }),
];

/** Writes the history into the annotations before anything else happens. */
function syncRevision(rollout: Rollout, { now }: View): readonly Effect[] | undefined {
  const { deployment, current } = rollout;
  if (!current) return undefined;
  const synced = syncedCurrent(rollout);
  if (synced) return [update(ReplicaSet, synced)];
  const revision = String(revisionOf(current));
  const { annotations } = deployment.metadata;
  if (annotations?.[revisionAnnotation] !== revision) {
    const revised = { ...annotations, [revisionAnnotation]: revision };
    const metadata = { ...deployment.metadata, annotations: revised };
    return [update(Deployment, { ...deployment, metadata }, "status")];
  }
  const isJudged = findCondition(deployment.status.conditions, "Progressing") !== undefined;
  if (isJudged || progressDeadline(rollout) === undefined) return undefined;
  const message = `Found new replica set ${JSON.stringify(current.metadata.name)}`;
  return [setProgress(rollout, "True", { reason: reasons.found, message, now })];
}

type Said = Parameters<typeof condition>[2];

const setProgress = (
  { deployment }: Rollout,
  status: "True" | "False" | "Unknown",
  said: Said,
): Effect =>
  setStatus(Deployment, deployment, {
    ...deployment.status,
    conditions: withDeploymentCondition(
      deployment.status.conditions,
      condition("Progressing", status, said),
    ),
  });

function step(rollout: Rollout, view: View): readonly Effect[] {
  const { deployment } = rollout;
  const { paused = false, strategy } = deployment.spec;
  if (deployment.metadata.deletionTimestamp) return [reportPlainly(rollout, view)];
  const pausing = notePause(rollout, view);
  if (pausing) return [pausing];
  const target = rollbackTarget(deployment);
  if (target !== undefined && !paused) {
    const { current } = rollout;
    if (!current) return newReplicaSet(rollout, currentSize(rollout), view);
    return rollBack(rollout, target);
  }
  if (paused || isScalingEvent(rollout)) {
    return [
      ...scaled(rollout).flatMap((resize) => resized(rollout, resize)),
      ...(paused && target === undefined ? cleanUp(rollout) : []),
      reportPlainly(rollout, view),
    ];
  }
  return strategy.type === "Recreate" ? recreate(rollout, view) : roll(rollout, view);
}

const reportPlainly = (rollout: Rollout, { now }: View): Effect =>
  setStatus(Deployment, rollout.deployment, plainStatus(rollout, now));

/** While paused nothing progresses, and that must not count as being stuck. */
function notePause(rollout: Rollout, { now }: View): Effect | undefined {
  const { spec, status } = rollout.deployment;
  if (progressDeadline(rollout) === undefined) return undefined;
  const progressing = findCondition(status.conditions, "Progressing");
  if (progressing?.reason === reasons.timedOut) return undefined;
  const isNoted = progressing?.reason === reasons.paused;
  if (spec.paused && !isNoted) {
    const message = "Deployment is paused";
    return setProgress(rollout, "Unknown", { reason: reasons.paused, message, now });
  }
  if (!spec.paused && isNoted) {
    const message = "Deployment is resumed";
    return setProgress(rollout, "Unknown", { reason: reasons.resumed, message, now });
  }
  return undefined;
}

function roll(rollout: Rollout, view: View): readonly Effect[] {
  const { current } = rollout;
  if (!current) return newReplicaSet(rollout, currentSize(rollout), view);
  const size = currentSize(rollout);
  if (size !== sizeOf(current)) return resizeAll(rollout, [{ set: current, size }], view);
  const shrunk = shrunkOld(rollout);
  if (shrunk.length > 0) return resizeAll(rollout, shrunk, view);
  return rest(rollout, view);
}

/** First everything old goes, down to the last pod; then the new set comes, whole. */
function recreate(rollout: Rollout, view: View): readonly Effect[] {
  const { current, old, replicas } = rollout;
  const shrunk = active(old).map((set) => ({ set, size: 0 }));
  if (shrunk.length > 0) return resizeAll(rollout, shrunk, view);
  if (oldPodsRun(rollout, view)) return report(rollout, view);
  if (!current) return newReplicaSet(rollout, replicas, view);
  if (sizeOf(current) !== replicas) {
    return resizeAll(rollout, [{ set: current, size: replicas }], view);
  }
  return rest(rollout, view);
}

/** Sets stop counting pods that are on their way out, but those may still run. */
const oldPodsRun = ({ old }: Rollout, view: View): boolean =>
  actualOf(old) > 0 || old.some((set) => view.owned(Pod, set).some((pod) => !isPodTerminal(pod)));

const resizeAll = (rollout: Rollout, resizes: readonly Resize[], view: View): readonly Effect[] => [
  ...resizes.flatMap((resize) => resized(rollout, resize)),
  ...report(rollout, view),
];

/** The annotations say for which size of the deployment the set got its own. */
function resized(rollout: Rollout, { set, size }: Resize): readonly Effect[] {
  const annotations = { ...set.metadata.annotations, ...sizes(rollout) };
  const before = sizeOf(set);
  if (before === size && isSame(annotations, set.metadata.annotations)) return [];
  const changed: ReplicaSet = {
    ...set,
    metadata: { ...set.metadata, annotations },
    spec: { ...set.spec, replicas: size },
  };
  const direction = before < size ? "up" : "down";
  const message = `Scaled ${direction} replica set ${set.metadata.name} from ${before} to ${size}`;
  return [
    andThen(update(ReplicaSet, changed), () =>
      before === size ? [] : [note(rollout.deployment, "ScalingReplicaSet", message)],
    ),
  ];
}

/** Nothing to scale: tidy up when all is well, and see whether it is. */
const rest = (rollout: Rollout, view: View): readonly Effect[] => [
  ...(isComplete(rollout) ? cleanUp(rollout) : []),
  ...report(rollout, view),
];

function report(rollout: Rollout, { now }: View): readonly Effect[] {
  const { deployment } = rollout;
  const delayMs = checkProgressIn(rollout, now);
  return [
    setStatus(Deployment, deployment, rolloutStatus(rollout, now)),
    ...(delayMs === undefined ? [] : [wakeIn(delayMs)]),
  ];
}

/** Old sets beyond the history limit go, the oldest revisions first. */
function cleanUp({ deployment, old }: Rollout): readonly Effect[] {
  const limit = limitOf(deployment.spec.revisionHistoryLimit);
  if (limit === undefined) return [];
  const alive = old.filter(({ metadata }) => !metadata.deletionTimestamp);
  const excess = Math.max(alive.length - limit, 0);
  return alive
    .toSorted(byRevision)
    .slice(0, excess)
    .filter(isIdle)
    .map((set) => remove(ReplicaSet, set));
}

const isIdle = ({ metadata, spec, status }: ReplicaSet): boolean =>
  status.replicas === 0 &&
  spec.replicas === 0 &&
  (metadata.generation ?? 0) <= (status.observedGeneration ?? 0);

/** Recreate waits for the last old pod to be gone: no set changes then. */
function* recreatingDeployments(pod: Pod, _old: Pod | undefined, view: View): Iterable<string> {
  const { namespace, name = "" } = pod.metadata;
  if (!isPodTerminal(pod) && view.get(Pod, namespace, name)) return;
  const owner = controllerOf(pod);
  const set = owner && view.get(ReplicaSet, namespace, owner.name);
  const above = set && controllerOf(set);
  const found = above && view.get(Deployment, namespace, above.name);
  if (found?.spec.strategy.type === "Recreate") yield keyOf(found);
}
