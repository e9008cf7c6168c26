/**
 * What a controller is: a function from what is to what should be done, and the names of
 * everything it looks at. `run.ts` does the rest.
 */
import type { AnyKind, ApiObject, Kind } from "#api/kind.ts";
import type { PolicyRule } from "#api/rbac/rules.ts";
import type { Index } from "#client/cache.ts";
import type { Effect } from "./effects.ts";
import type { Meter } from "./measures.ts";

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
  /** In all namespaces when `namespace` is absent. */
  readonly list: <T extends ApiObject>(kind: Kind<T>, namespace?: string) => readonly T[];
  /** The objects of `kind` whose controlling owner is `owner`. */
  readonly owned: <T extends ApiObject>(kind: Kind<T>, owner: ApiObject) => readonly T[];
  /** The objects of `kind` in the namespace that no owner controls. */
  readonly orphans: <T extends ApiObject>(
    kind: Kind<T>,
    namespace: string | undefined,
  ) => readonly T[];
  /** The objects that an index function files under `value`. Kept up to date once it was asked. */
  readonly by: <T extends ApiObject>(kind: Kind<T>, index: Index<T>, value: string) => readonly T[];
  /** How many those are, without going through them. */
  readonly count: <T extends ApiObject>(kind: Kind<T>, index: Index<T>, value: string) => number;
  /** Objects of whichever watched kind that name `owner` among their owners. */
  readonly dependents: (owner: ApiObject) => readonly ApiObject[];
  /** The object of whichever watched kind that has this uid. */
  readonly withUid: (uid: string) => ApiObject | undefined;
  /**
   * Since when a fact holds, as far as this controller knows: the time of the first of an
   * unbroken series of looks at this key that asked for it, or when a watched kind noted it before.
   * For what no object records. A fact may have states, one after the other: then it is since when it has this one.
   */
  readonly since: (fact: string, state?: string) => number;
}

/** Whom most changes concern. */
export const nobody: readonly Key[] = [];

/** A kind that is watched because its changes concern objects of the controller's own kind. */
export interface Watched<T extends ApiObject = ApiObject> {
  readonly kind: Kind<T>;
  /** The keys to look at again, mostly `nobody`. `old` is absent for new objects; `object` is the last state. */
  readonly wakes: (object: T, old: T | undefined, view: View) => Iterable<Key>;
  /**
   * A fact that a look at a key may ask for with `since`: it holds from now on, also when nobody is
   * woken for it. Of keys that no look asked facts about, nothing is noted.
   */
  readonly notes?: ((object: T) => Fact | undefined) | undefined;
}

export interface Fact {
  readonly key: Key;
  readonly fact: string;
  readonly state: string;
}

// oxlint-disable-next-line typescript/no-explicit-any -- watched kinds of every type stand in one list.
export type AnyWatched = Watched<any>;

/** Lets a list of watched kinds keep the types of their objects. */
export const watching = <T extends ApiObject>(
  kind: Kind<T>,
  wakes: Watched<T>["wakes"],
  notes?: Watched<T>["notes"],
): AnyWatched => ({ kind, wakes, notes });

export interface Controller<T extends ApiObject = ApiObject> {
  /** As upstream's `--controllers` has it: `deployment-controller`. */
  readonly name: string;
  /** The service account in kube-system that it acts as; its name unless said. */
  readonly identity?: string;
  /** The component that its events name; its name unless said. */
  readonly eventSource?: string;
  /** The label of its queue in metrics; its name unless said. */
  readonly queue?: string;
  /** The kind it is responsible for; several for one that treats all alike. */
  readonly for: Kind<T> | readonly AnyKind[];
  /** Kinds it creates. A change to one wakes the controlling owner. */
  readonly owns?: readonly AnyKind[];
  readonly watches?: readonly AnyWatched[];
  /** Kinds it reads but is not woken by. */
  readonly reads?: readonly AnyKind[];
  /**
   * What is decided for one object depends on what was decided for others: one at a time, and
   * each sees the writes before it.
   */
  readonly oneAtATime?: true;
  /**
   * Changes come in swarms, and one look sees them all: two looks at a key are so far apart, unless
   * something failed or was to be looked at again at a certain time.
   */
  readonly pauseMs?: number;
  /** Keys that may be worked on at once; 5 unless said. */
  readonly workers?: number;
  /** What its role allows: exactly what it needs. upstream: bootstrappolicy/controller_policy.go */
  readonly rules: readonly Partial<PolicyRule>[];
  /**
   * Nothing is ever to be done for such an object, or nothing more than for what it was: then it does not even have
   * to queue. Without `old` it is new.
   */
  readonly leavesAlone?: (object: T, old: T | undefined) => boolean;
  /** What it counts besides its queue. */
  readonly meter?: Meter<T>;
  /** Compares what is with what should be. Pure: no clock, no I/O, no mutation. */
  readonly reconcile: (object: T, view: View) => readonly Effect[];
  /** Seen for the first time since this process started. */
  readonly appeared?: (object: T, view: View) => readonly Effect[];
  /**
   * A key was woken, and there is no such object: what is left to tidy up. `last` is its last
   * state, when this process knew it.
   */
  readonly gone?: (key: Key, view: View, last: T | undefined) => readonly Effect[];
}

// oxlint-disable-next-line typescript/no-explicit-any -- controllers of every kind stand in one list.
export type AnyController = Controller<any>;

export const defineController = <T extends ApiObject>(controller: Controller<T>): Controller<T> =>
  Object.freeze(controller);

/** Events are written to both of their groups. */
export const eventsRule: Partial<PolicyRule> = {
  verbs: ["create", "update", "patch"],
  apiGroups: ["", "events.k8s.io"],
  resources: ["events"],
};

export const keyOf = ({ metadata }: Pick<ApiObject, "metadata">): Key =>
  metadata.namespace ? `${metadata.namespace}/${metadata.name}` : (metadata.name ?? "");
