/** Looks at what is stored, past the caches, before something is done that cannot be undone. */
import type { AnyKind, ApiObject } from "#api/kind.ts";
import { type Effect, fail, settle } from "../runtime/effects.ts";

export const andThenAll = (
  kind: AnyKind,
  namespace: string,
  next: (found: readonly ApiObject[]) => readonly Effect[],
): Effect =>
  settle([{ do: "survey", kind, namespace }], ([outcome]) =>
    outcome?.ok ? next(outcome.all ?? []) : [fail(outcome?.cause)],
  );
