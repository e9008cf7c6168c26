import type { PolicyRule } from "#api/rbac/rules.ts";
import type { AnyKind, ApiObject, Kind } from "#api/kind.ts";
import type { Effect } from "./effects.ts";

/** Names one object of the controller's own kind: `namespace/name`, or `name` when cluster-scoped. */
export type Key = string;

/**
 * What a controller may look at: the informers' caches at one moment. Never older than the last
 * write this controller made for the key at hand.
 */
export interface View {
  readonly now: number;
  readonly get: <T extends ApiObject>(
    kind: Kind<T>,
    namespace: string | undefined,
    name: string,
  ) => T | undefined;
  readonly list: <T extends ApiObject>(kind: Kind<T>, namespace?: string) => readonly T[];
  /** The objects of `kind` whose controlling owner is `owner`. */
  readonly owned: <T extends ApiObject>(kind: Kind<T>, owner: ApiObject) => readonly T[];
}

/** A kind that is watched because its changes concern objects of the controller's own kind. */
export interface Watched<T extends ApiObject = ApiObject> {
  readonly kind: Kind<T>;
  /** The keys to look at again. `old` is absent for new objects; `object` is the last state. */
  readonly wakes: (object: T, old: T | undefined, view: View) => Iterable<Key>;
}

export interface Controller<T extends ApiObject = ApiObject> {
  /** Its identity: service account `kube-system/<name>`, event source, metrics label. */
  readonly name: string;
  /** The kind it is responsible for. */
  readonly for: Kind<T>;
  /** Kinds it creates. A change to one wakes the controlling owner. */
  readonly owns?: readonly AnyKind[];
  readonly watches?: readonly Watched[];
  /** Kinds it reads but is not woken by. */
  readonly reads?: readonly AnyKind[];
  /** What its role allows: exactly what it needs. upstream: bootstrappolicy/controller_policy.go */
  readonly rules: readonly Partial<PolicyRule>[];
  /** Compares what is with what should be. Pure: no clock, no I/O, no mutation. */
  readonly reconcile: (object: T, view: View) => readonly Effect[];
  /** The object is gone: what is left to tidy up. */
  readonly gone?: (key: Key, view: View) => readonly Effect[];
}

export const defineController = <T extends ApiObject>(controller: Controller<T>): Controller<T> =>
  Object.freeze(controller);
