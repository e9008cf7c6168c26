/** Conditions, whichever kind has them: finding one, and setting one as upstream's helpers do. */

/** What the conditions of all kinds have in common. */
export interface ConditionLike {
  readonly type: string;
  readonly status: string;
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
  readonly lastTransitionTime?: string | null | undefined;
}

export const findCondition = <C extends ConditionLike>(
  conditions: readonly C[] | undefined,
  type: string,
): C | undefined => conditions?.find((condition) => condition.type === type);

export const isConditionTrue = (
  conditions: readonly ConditionLike[] | undefined,
  type: string,
): boolean => findCondition(conditions, type)?.status === "True";

/**
 * The conditions with this one in its place, or at the end. The time of transition is only taken
 * over when the status differs. Nothing to change: the same list.
 */
export function withCondition<C extends ConditionLike>(
  conditions: readonly C[] | undefined,
  condition: C,
): readonly C[] {
  const before = findCondition(conditions, condition.type);
  if (before === undefined) return [...(conditions ?? []), condition];
  const isSameStatus = before.status === condition.status;
  const after = isSameStatus
    ? { ...condition, lastTransitionTime: before.lastTransitionTime }
    : condition;
  if (isShallowlyEqual(before, after)) return conditions ?? [];
  return (conditions ?? []).map((other) => (other.type === condition.type ? after : other));
}

export const withoutCondition = <C extends ConditionLike>(
  conditions: readonly C[] | undefined,
  type: string,
): readonly C[] => (conditions ?? []).filter((condition) => condition.type !== type);

function isShallowlyEqual(a: object, b: object): boolean {
  const left = Object.entries(a).filter(([, value]) => value !== undefined);
  const right = new Map(Object.entries(b).filter(([, value]) => value !== undefined));
  return left.length === right.size && left.every(([name, value]) => right.get(name) === value);
}
