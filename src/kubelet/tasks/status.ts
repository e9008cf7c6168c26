/** Tells the API about a pod, and asks it to let go of one. */
import { Pod } from "#api/core/pod.ts";
import type { PodStatus } from "#api/core/pod-status.ts";
import { isReason } from "#api/errors.ts";
import { messageOf } from "#base/failure.ts";
import type { Client } from "#client/client.ts";
import { find } from "#client/find.ts";
import { isOwnCondition } from "../pod/conditions.ts";
import type { OutcomeOf, TaskOf } from "../pod/effects.ts";

const attemptsMax = 5;

export async function writeStatus(
  client: Client,
  { pod, status }: TaskOf<"writeStatus">,
): Promise<OutcomeOf<"writeStatus">> {
  const { namespace, name = "", uid } = pod.metadata;
  let newest = pod;
  for (let attempt = 1; ; attempt++) {
    try {
      const written = await client.updateStatus(Pod, {
        ...newest,
        status: rebased(status, newest.status),
      });
      return { ok: true, pod: written };
    } catch (error) {
      const isGone = isReason(error, "NotFound");
      const isLast = !isReason(error, "Conflict") || attempt >= attemptsMax;
      if (isLast) return { ok: false, message: messageOf(error), isGone };
    }
    // Someone else changed the pod: what is theirs stays.
    const found = await find(Pod, { namespace, name }, { client });
    if (found?.metadata.uid !== uid || !found)
      return { ok: false, message: "the pod is gone", isGone: true };
    newest = found;
  }
}

/** Our status, with the conditions that are not ours as they are now. */
function rebased(status: PodStatus, newest: PodStatus): PodStatus {
  const own = (status.conditions ?? []).filter(isOwnCondition);
  const types = new Set(own.map(({ type }) => type));
  const others = (newest.conditions ?? []).filter(
    (condition) => !isOwnCondition(condition) && !types.has(condition.type),
  );
  return { ...status, conditions: [...others, ...own] };
}

export async function deletePod(
  client: Client,
  { pod }: TaskOf<"deletePod">,
): Promise<OutcomeOf<"deletePod">> {
  const { namespace, name = "", uid } = pod.metadata;
  try {
    const options = { gracePeriodSeconds: 0, preconditions: { uid } };
    await client.delete(Pod, { namespace, name }, options);
    return { ok: true };
  } catch (error) {
    // Gone, or another pod of that name: either way it is done.
    if (isReason(error, "NotFound") || isReason(error, "Conflict")) return { ok: true };
    return { ok: false, message: messageOf(error) };
  }
}
