/** Takes one disruption from a pod's budget, or says why there is none. */
import { findCondition, withCondition } from "#api/meta/conditions.ts";
import { ApiError } from "#api/errors.ts";
import { PodDisruptionBudget } from "#api/policy/poddisruptionbudget.ts";
import { formatTime } from "#base/clock.ts";
import { draftOf } from "#schema/copy.ts";
import type { Draft } from "#schema/struct.ts";
import type { WriteContext } from "../registry/registry.ts";
import type { SubresourceCall } from "./subresource.ts";

/** More evictions than this, not yet seen by the controller, mean that it is not there. */
const disruptedPodsMax = 2_000;

export interface Charge {
  readonly budget: PodDisruptionBudget;
  readonly pod: string;
}

export async function chargeBudget(
  { registry, ports }: SubresourceCall,
  { budget, pod }: Charge,
  how: WriteContext,
): Promise<void> {
  const { namespace = "", name = "" } = budget.metadata;
  const now = formatTime(ports.clock.now());
  const edit = (current: PodDisruptionBudget) => charged(current, pod, now);
  await registry.change(PodDisruptionBudget, { namespace, name, part: "status", edit }, how);
}

/** exact: apiserver, all texts. */
function charged(
  budget: PodDisruptionBudget,
  pod: string,
  now: string,
): Draft<PodDisruptionBudget> {
  const { metadata, status } = budget;
  const { name = "" } = metadata;
  if ((status.observedGeneration ?? 0) < (metadata.generation ?? 0))
    throw tooMany(`The disruption budget ${name} is still being processed by the server.`, 10);
  if (status.disruptionsAllowed < 0) throw forbidden(name, "pdb disruptions allowed is negative");
  if (Object.keys(status.disruptedPods ?? {}).length > disruptedPodsMax)
    throw forbidden(
      name,
      "DisruptedPods map too big - too many evictions not confirmed by PDB controller",
    );
  if (status.disruptionsAllowed === 0) throw tooMany(whyNone(budget), 0);
  const draft = draftOf(budget);
  draft.status.disruptionsAllowed -= 1;
  draft.status.disruptedPods = { ...draft.status.disruptedPods, [pod]: now };
  if (draft.status.disruptionsAllowed === 0) draft.status.conditions = exhausted(budget, now);
  return draft;
}

type Conditions = Draft<NonNullable<PodDisruptionBudget["status"]["conditions"]>>;

function exhausted({ metadata, status }: PodDisruptionBudget, now: string): Conditions {
  const condition = {
    type: "DisruptionAllowed",
    status: "False" as const,
    observedGeneration: metadata.generation ?? 0,
    lastTransitionTime: now,
    reason: "InsufficientPods",
    message: "",
  };
  return draftOf<Conditions>(withCondition(status.conditions, condition) as Conditions);
}

function whyNone({ metadata: { name }, status }: PodDisruptionBudget): string {
  const { desiredHealthy, currentHealthy } = status;
  const condition = findCondition(status.conditions, "DisruptionAllowed");
  const why = condition?.status === "False" ? condition.message : "";
  const text = `The disruption budget ${name} does not allow evicting pods currently`;
  if (why && condition?.reason === "SyncFailed") return `${text} because it failed sync: ${why}`;
  if (currentHealthy <= desiredHealthy)
    return `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`;
  return why ? `${text} (${condition?.reason}): ${why}` : text;
}

const tooMany = (cause: string, retryAfterSeconds: number): ApiError =>
  new ApiError(
    "TooManyRequests",
    "Cannot evict pod as it would violate the pod's disruption budget.",
    {
      details: {
        causes: [{ reason: "DisruptionBudget", message: cause }],
        ...(retryAfterSeconds > 0 ? { retryAfterSeconds } : {}),
      },
    },
  );

const forbidden = (name: string, why: string): ApiError =>
  new ApiError(
    "Forbidden",
    `poddisruptionbudget.policy ${JSON.stringify(name)} is forbidden: ${why}`,
    { details: { name, group: "policy", kind: "poddisruptionbudget" } },
  );
