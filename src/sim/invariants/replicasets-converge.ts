/** At rest there are as many pods as wanted, and the status says so. */
import { ReplicaSet } from "#api/apps/replicaset.ts";
import { Pod } from "#api/core/pod.ts";
import { isPodTerminal } from "#api/core/pod-conditions.ts";
import { findCondition } from "#api/meta/conditions.ts";
import { defineInvariant } from "./invariant.ts";
import { nameOf } from "./view.ts";

export const replicasetsConverge = defineInvariant({
  says: "a ReplicaSet converges",

  check: ({ view }) => ({
    rested() {
      const pods = Map.groupBy(view.list(Pod).filter(isActive), ownerUid);
      for (const set of view.list(ReplicaSet)) {
        if (set.metadata.deletionTimestamp || isRefused(set)) continue;
        const { replicas: wanted = 1 } = set.spec;
        const [found, said] = [pods.get(set.metadata.uid)?.length ?? 0, set.status.replicas];
        if (found !== wanted || said !== wanted)
          return `${nameOf(set)} wants ${wanted} pods, has ${found} and says ${said}`;
      }
      return undefined;
    },
  }),
});

const isActive = (pod: Pod): boolean => !pod.metadata.deletionTimestamp && !isPodTerminal(pod);

const ownerUid = ({ metadata }: Pod): string | undefined =>
  metadata.ownerReferences?.find(({ controller }) => controller)?.uid;

/** By a quota, for one: it says so itself. */
const isRefused = ({ status }: ReplicaSet): boolean =>
  findCondition(status.conditions ?? [], "ReplicaFailure")?.status === "True";
