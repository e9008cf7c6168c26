/**
 * Decisions that have to ask on their way, written one after the other: each `yield` is an effect,
 * and what came of it comes back. Still nothing but values: `inSteps` makes effects of them.
 */
import type { ApiObject, Kind } from "#api/kind.ts";
import type { ObjectName } from "#client/client.ts";
import { type Call, type Effect, type Outcome, settle } from "./effects.ts";

export type Steps<T> = Generator<Effect, T, Outcome>;

export function inSteps(steps: Steps<readonly Effect[]>): readonly Effect[] {
  const follow = ({ done, value }: IteratorResult<Effect, readonly Effect[]>): readonly Effect[] =>
    done ? value : [settle([value], ([outcome]) => follow(steps.next(outcome ?? { ok: true })))];
  return follow(steps.next());
}

/** Throws what the API refused. */
export function* call(what: Call): Steps<unknown> {
  const outcome = yield { do: "call", call: what };
  if (!outcome.ok) throw outcome.cause;
  return outcome.answer;
}

/** Past the caches; nothing when there is none. */
export function* fetched<T extends ApiObject>(kind: Kind<T>, at: ObjectName): Steps<T | undefined> {
  const outcome = yield { do: "fetch", kind, at };
  if (!outcome.ok) throw outcome.cause;
  return outcome.found as T | undefined;
}
