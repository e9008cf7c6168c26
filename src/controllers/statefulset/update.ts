/** Which pods of an old revision are to go next, the highest number first. */
import { scaledValue } from "#api/apps/int-or-percent.ts";
import { isPodTerminating } from "#api/core/pod-conditions.ts";
import type { Pod } from "#api/core/pod.ts";
import { replicasOf, revisionNameOf } from "./identity.ts";
import { isAvailable, type Members } from "./members.ts";

export function outdated(members: Members): readonly Pod[] {
  const { updateStrategy } = members.set.spec;
  if (updateStrategy.type !== "RollingUpdate") return [];
  return updateStrategy.rollingUpdate?.maxUnavailable === undefined
    ? theNext(members)
    : severalAtOnce(members, updateStrategy.rollingUpdate.maxUnavailable);
}

const partitionOf = ({ set }: Members): number =>
  set.spec.updateStrategy.rollingUpdate?.partition ?? 0;

const isOld = (pod: Pod, { update }: Members): boolean =>
  revisionNameOf(pod) !== update.metadata.name && !isPodTerminating(pod);

/** Waits for each pod to be well again before it goes on to the next. */
function theNext(members: Members): readonly Pod[] {
  const { replicas } = members;
  for (let i = replicas.length - 1; i >= partitionOf(members); i--) {
    const pod = replicas[i];
    if (pod && isOld(pod, members)) return [pod];
    if (!isAvailable(pod, members)) return [];
  }
  return [];
}

/** As many as may be missing; those that are missing already count. */
function severalAtOnce(members: Members, maxUnavailable: number | string): readonly Pod[] {
  const { set, replicas } = members;
  const share = scaledValue(maxUnavailable, { total: replicasOf(set), round: "down" });
  const missing = replicas.filter((pod) => !isAvailable(pod, members)).length;
  const allowed = Math.max(Math.max(share, 1) - missing, 0);
  return replicas
    .slice(partitionOf(members))
    .toReversed()
    .filter((pod): pod is Pod => pod !== undefined && isOld(pod, members))
    .slice(0, allowed);
}
