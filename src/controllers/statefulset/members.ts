/** A set and its pods at one moment, by number: those it asks for and those it has too many. */
import type { ControllerRevision } from "#api/apps/controllerrevision.ts";
import { StatefulSet } from "#api/apps/statefulset.ts";
import { isPodAvailable, isPodReady, isPodTerminating } from "#api/core/pod-conditions.ts";
import type { Pod } from "#api/core/pod.ts";
import { templateIn } from "../history/revisions.ts";
import { isWanted, ordinalOf, replicasOf, startOf, type Version } from "./identity.ts";

export interface Members {
  readonly set: StatefulSet;
  readonly pods: readonly Pod[];
  /** By number, counted from the first one asked for. */
  readonly replicas: readonly (Pod | undefined)[];
  /** Too many, the highest number first. */
  readonly condemned: readonly Pod[];
  /** The revision that the set had before its template was changed. */
  readonly current: ControllerRevision;
  /** The revision of the template as it is. */
  readonly update: ControllerRevision;
  readonly now: number;
}

export function membersOf(
  set: StatefulSet,
  pods: readonly Pod[],
  moment: Pick<Members, "current" | "update" | "now">,
): Members {
  const start = startOf(set);
  const replicas: (Pod | undefined)[] = Array.from({ length: replicasOf(set) }, () => undefined);
  const condemned: Pod[] = [];
  for (const pod of pods) {
    const ordinal = ordinalOf(pod);
    if (isWanted(set, ordinal)) replicas[ordinal - start] = pod;
    else condemned.push(pod);
  }
  condemned.sort((a, b) => ordinalOf(b) - ordinalOf(a));
  return { set, pods, replicas, condemned, ...moment };
}

export const isRunningAndReady = (pod: Pod): boolean =>
  pod.status.phase === "Running" && isPodReady(pod);

/** It may be relied upon: nothing has to wait for it. */
export const isAvailable = (pod: Pod | undefined, { set, now }: Members): boolean =>
  pod !== undefined &&
  !isPodTerminating(pod) &&
  isRunningAndReady(pod) &&
  isPodAvailable(pod, set.spec.minReadySeconds ?? 0, now);

/** Pods that an update does not reach yet come back as they were. */
export function versionFor({ set, current, update }: Members, ordinal: number): Version {
  const { type, rollingUpdate } = set.spec.updateStrategy;
  const kept = rollingUpdate ? (rollingUpdate.partition ?? 0) : (set.status.currentReplicas ?? 0);
  const isKept = type === "RollingUpdate" && ordinal < startOf(set) + kept;
  const revision = isKept ? current : update;
  const template = templateIn(StatefulSet, set, revision) ?? set.spec.template;
  return { revision: revision.metadata.name ?? "", template };
}
