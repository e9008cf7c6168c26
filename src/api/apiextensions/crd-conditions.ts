/** The conditions of a definition, and the first of them that its removal sets. */
import type { ObjectMeta } from "#api/meta/object-meta.ts";
import type { Draft } from "#schema/struct.ts";
import type {
  CustomResourceDefinitionCondition,
  CustomResourceDefinitionStatus,
} from "./customresourcedefinition.ts";

type Condition = CustomResourceDefinitionCondition;
type Status = CustomResourceDefinitionStatus;

/** Removes the instances before the definition goes. */
export const cleanupFinalizer = "customresourcecleanup.apiextensions.k8s.io";

export const statusOfCondition = ({ conditions }: Status, type: string): string | undefined =>
  conditions?.find((condition) => condition.type === type)?.status;

/** The time of the last transition is that of the last change of the status. */
export function setCondition(
  status: Status,
  { type, status: is, reason, message }: Pick<Condition, "type" | "status" | "reason" | "message">,
  now: string,
): Status {
  const conditions = status.conditions ?? [];
  const before = conditions.find((condition) => condition.type === type);
  const isSame = before?.status === is && before.reason === reason && before.message === message;
  if (isSame) return status;
  const time = before?.status === is ? (before.lastTransitionTime ?? now) : now;
  const made: Condition = { type, status: is, lastTransitionTime: time, reason, message };
  return {
    ...status,
    conditions: before
      ? conditions.map((condition) => (condition === before ? made : condition))
      : [...conditions, made],
  };
}

interface Definition {
  readonly metadata: ObjectMeta;
  readonly status: Status;
}

/** A deleted definition stays until its instances are gone. */
export function beginRemoval(draft: Draft<Definition>): void {
  const { metadata } = draft;
  const finalizers = metadata.finalizers ?? [];
  if (!finalizers.includes(cleanupFinalizer)) finalizers.push(cleanupFinalizer);
  metadata.finalizers = finalizers;
  draft.status = setCondition(
    draft.status,
    pending,
    metadata.deletionTimestamp ?? "",
  ) as Draft<Status>;
}

// exact: apiextensions-apiserver
const pending = {
  type: "Terminating",
  status: "True",
  reason: "InstanceDeletionPending",
  message: "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon",
};
