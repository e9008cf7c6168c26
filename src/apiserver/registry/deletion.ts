/**
 * What a DELETE does to an object: it goes at once, or it is marked and goes when its grace period
 * is over, its finalizers are done and nothing else holds it.
 * upstream: apiserver/pkg/registry/rest/delete.go, registry/generic/registry/store.go
 */
import { formatTime, seconds } from "#base/clock.ts";
import { conflict } from "#api/errors.ts";
import type { AnyKind, ApiObject } from "#api/kind.ts";
import type { DeleteQuery } from "./registry.ts";

export type Deletion =
  | { readonly do: "remove" }
  /** It is on its way already. */
  | { readonly do: "nothing" }
  | {
      readonly do: "mark";
      readonly deletionTimestamp: string;
      readonly graceSeconds: number;
      readonly finalizers: readonly string[];
      /** It was not being deleted before. */
      readonly isNews: boolean;
    };

export function planDeletion(kind: AnyKind, object: ApiObject, query: DeletionQuery): Deletion {
  const { metadata } = object;
  const before = metadata.finalizers ?? [];
  const finalizers = finalizersFor(kind, before, query.propagationPolicy);
  const isHeld = finalizers.length > 0 || kind.isHeld?.(object) === true;
  const asked = query.gracePeriodSeconds;
  if (metadata.deletionTimestamp) {
    const since = { at: metadata.deletionTimestamp, grace: metadata.deletionGracePeriodSeconds };
    if (since.grace)
      return shorten({ ...since, grace: since.grace }, { asked, isHeld, finalizers });
    if (!isHeld) return { do: "remove" };
    if (finalizers.join() === before.join()) return { do: "nothing" };
    return mark(Date.parse(since.at), { graceSeconds: 0, finalizers, isNews: false });
  }
  const graceSeconds = Math.max(0, kind.graceSeconds?.(object, asked) ?? 0);
  if (graceSeconds === 0 && !isHeld) return { do: "remove" };
  return mark(query.nowMs, { graceSeconds, finalizers, isNews: true });
}

interface DeletionQuery extends Pick<DeleteQuery, "gracePeriodSeconds" | "propagationPolicy"> {
  readonly nowMs: number;
}

interface Marking {
  readonly graceSeconds: number;
  readonly finalizers: readonly string[];
  readonly isNews: boolean;
}

const mark = (fromMs: number, marking: Marking): Deletion => ({
  do: "mark",
  deletionTimestamp: formatTime(fromMs + seconds(marking.graceSeconds)),
  ...marking,
});

/** While the grace period runs, it can only become shorter. */
function shorten(
  { at, grace }: { readonly at: string; readonly grace: number },
  wanted: {
    readonly asked: number | undefined;
    readonly isHeld: boolean;
    readonly finalizers: readonly string[];
  },
): Deletion {
  const { asked, isHeld, finalizers } = wanted;
  if (asked === undefined || asked >= grace) return { do: "nothing" };
  const graceSeconds = Math.max(0, asked);
  if (graceSeconds === 0 && !isHeld) return { do: "remove" };
  return mark(Date.parse(at) - seconds(grace), { graceSeconds, finalizers, isNews: false });
}

export const orphanFinalizer = "orphan";
export const foregroundFinalizer = "foregroundDeletion";

type Policy = DeleteQuery["propagationPolicy"];

/** The garbage collector's finalizers say what is to become of the dependents. */
function finalizersFor(
  kind: AnyKind,
  finalizers: readonly string[],
  asked: Policy,
): readonly string[] {
  const policy = asked ?? policyOf(kind, finalizers);
  const others = finalizers.filter((f) => f !== orphanFinalizer && f !== foregroundFinalizer);
  if (policy === "Orphan") return [...others, orphanFinalizer];
  if (policy === "Foreground") return [...others, foregroundFinalizer];
  return others;
}

/** What was decided before stays; the kind has the last word. */
function policyOf(kind: AnyKind, finalizers: readonly string[]): NonNullable<Policy> {
  if (finalizers.includes(orphanFinalizer)) return "Orphan";
  if (finalizers.includes(foregroundFinalizer)) return "Foreground";
  return kind.orphansByDefault ? "Orphan" : "Background";
}

/** Throws Conflict unless the object still is the one that the caller means. */
export function checkPreconditions(
  kind: AnyKind,
  { metadata: { name = "", uid = "", resourceVersion = "" } }: ApiObject,
  query: Pick<DeleteQuery, "uid" | "resourceVersion">,
): void {
  if (query.uid !== undefined && query.uid !== uid) {
    // exact: apiserver
    const why = `the UID in the precondition (${query.uid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`;
    throw conflict(kind, name, why);
  }
  if (query.resourceVersion !== undefined && query.resourceVersion !== resourceVersion) {
    const why = `the ResourceVersion in the precondition (${query.resourceVersion}) does not match the ResourceVersion in record (${resourceVersion}). The object might have been modified`;
    throw conflict(kind, name, why);
  }
}
