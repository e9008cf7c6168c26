/** What a controller wants done. Plain data: the runtime performs it, a test compares it. */
import type { AnyKind, ApiObject, Kind } from "#api/kind.ts";
import type { DeleteOptions, ObjectName, Patch } from "#client/client.ts";
import type { EventText } from "#client/events.ts";
import type { Measurement } from "./measures.ts";

export type Effect =
  | { readonly do: "create"; readonly kind: AnyKind; readonly object: object }
  /** The whole object, as it should be; fails with Conflict when it changed meanwhile. */
  | {
      readonly do: "update";
      readonly kind: AnyKind;
      readonly object: ApiObject;
      readonly subresource?: string;
    }
  | {
      readonly do: "patch";
      readonly kind: AnyKind;
      readonly object: ApiObject;
      readonly patch: Patch;
      readonly subresource?: string;
    }
  /** An object that is gone already counts as deleted. */
  | {
      readonly do: "delete";
      readonly kind: AnyKind;
      readonly object: ApiObject;
      readonly options: DeleteOptions;
    }
  /** All objects of a kind in a namespace. */
  | { readonly do: "deleteAll"; readonly kind: AnyKind; readonly namespace: string }
  /** Not written when it already is like that. */
  | {
      readonly do: "setStatus";
      readonly kind: AnyKind;
      readonly object: ApiObject;
      readonly status: object;
    }
  | { readonly do: "event"; readonly about: ApiObject; readonly event: EventText }
  | { readonly do: "wakeIn"; readonly delayMs: number }
  | { readonly do: "measure"; readonly measurement: Measurement }
  /** Reads past the caches; the outcome has the object, or `undefined` when there is none. */
  | { readonly do: "fetch"; readonly kind: AnyKind; readonly at: ObjectName }
  /** Lists past the caches; the outcome has the objects. */
  | { readonly do: "survey"; readonly kind: AnyKind; readonly namespace: string }
  /** Anything else of the API, by its path: for kinds that are known from discovery only. */
  | { readonly do: "call"; readonly call: Call }
  /**
   * Tries all of these, whatever becomes of each, then does what follows from how they went.
   * With a slow start they go in batches of 1, 2, 4…; after a failure the rest is skipped.
   */
  | {
      readonly do: "settle";
      readonly effects: readonly Effect[];
      readonly pace?: "slow start";
      readonly next: (outcomes: readonly Outcome[]) => readonly Effect[];
    }
  /** Ends this attempt: what was not done is tried again later, like after a failed write. */
  | { readonly do: "fail"; readonly cause: unknown }
  /** Talks to the outside (or does what no other effect says), then the object is looked at again. */
  | { readonly do: "perform"; readonly name: string; readonly io: Io };

export type Outcome =
  /** `found` is what a write returned, or a read found. */
  | {
      readonly ok: true;
      readonly found?: ApiObject | undefined;
      readonly all?: readonly ApiObject[];
      /** What a call was answered. */
      readonly answer?: unknown;
    }
  | { readonly ok: false; readonly cause: unknown; readonly isSkipped?: true };

export interface Call {
  readonly method: "GET" | "POST" | "PUT";
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: object;
}

export type { EventText };

/** What it resolves with is the outcome's answer; without one the object is looked at again. */
export type Io = (signal: AbortSignal) => Promise<unknown>;

export const create = (kind: AnyKind, object: object): Effect => ({ do: "create", kind, object });

export const update = <T extends ApiObject>(
  kind: Kind<T>,
  object: T,
  subresource?: string,
): Effect => ({
  do: "update",
  kind,
  object,
  ...(subresource ? { subresource } : {}),
});

export const patch = (kind: AnyKind, object: ApiObject, change: Patch): Effect => ({
  do: "patch",
  kind,
  object,
  patch: change,
});

export const patchStatus = (kind: AnyKind, object: ApiObject, status: object): Effect => ({
  do: "patch",
  kind,
  object,
  patch: { is: "strategic", change: { metadata: { uid: object.metadata.uid }, status } },
  subresource: "status",
});

/** Refused when the name belongs to another object by now. */
export const remove = (
  kind: AnyKind,
  object: ApiObject,
  options: Omit<DeleteOptions, "preconditions"> = {},
): Effect => ({
  do: "delete",
  kind,
  object,
  options: { ...options, preconditions: { uid: object.metadata.uid } },
});

export const setStatus = <T extends ApiObject & { readonly status: object }>(
  kind: Kind<T>,
  object: T,
  status: T["status"],
): Effect => ({ do: "setStatus", kind, object, status });

const event =
  (type: EventText["type"]) =>
  (about: ApiObject, reason: string, message: string): Effect => ({
    do: "event",
    about,
    event: { type, reason, message },
  });

export const note = event("Normal");
export const warn = event("Warning");

export const wakeIn = (delayMs: number): Effect => ({ do: "wakeIn", delayMs });

export const fail = (cause: unknown): Effect => ({ do: "fail", cause });

export const settle = (
  effects: readonly Effect[],
  next: (outcomes: readonly Outcome[]) => readonly Effect[],
): Effect => ({ do: "settle", effects, next });

/** For many creations that may all be refused for the same reason: a quota, a policy. */
export const settleSlowly = (
  effects: readonly Effect[],
  next: (outcomes: readonly Outcome[]) => readonly Effect[],
): Effect => ({ do: "settle", effects, pace: "slow start", next });

/** What follows only when it went well; `found` is what the write returned or the read found. */
export const andThen = (
  effect: Effect,
  next: (found: ApiObject | undefined) => readonly Effect[],
): Effect =>
  settle([effect], ([outcome]) => (outcome?.ok ? next(outcome.found) : [fail(outcome?.cause)]));

/** The first failure among them, leaving out what was only skipped. */
export const failureIn = (outcomes: readonly Outcome[]): unknown =>
  outcomes.find((outcome) => !outcome.ok)?.cause;

const answered = (effect: Effect, next: (answer: unknown) => readonly Effect[]): Effect =>
  settle([effect], ([outcome]) => (outcome?.ok ? next(outcome.answer) : [fail(outcome?.cause)]));

/** Asks somebody outside, and does what follows from the answer. */
export const ask = <T>(
  name: string,
  io: (signal: AbortSignal) => Promise<T>,
  next: (answer: T) => readonly Effect[],
): Effect => answered({ do: "perform", name, io }, (answer) => next(answer as T));

/** Calls the API, and does what follows from the answer. */
export const callFor = (call: Call, next: (answer: unknown) => readonly Effect[]): Effect =>
  answered({ do: "call", call }, next);
