/**
 * What a scheduler plugin is: a name and one function per extension point that it takes part in.
 * Scheduling a pod runs through them in this order:
 *
 *   preEnqueue → queueSort → preFilter → filter → (postFilter) → preScore → score → normalize
 *     → reserve → permit → preBind → bind → postBind
 *
 *   export const quietNodes = definePlugin({
 *     name: "QuietNodes",
 *     filter: (pod, node) =>
 *       node.pods.size < 3 ? undefined : refuse("node(s) were not quiet"),
 *     events: [{ on: ["AssignedPodDelete"] }],
 *   });
 *
 * Up to reserve everything is synchronous: nothing in the cluster moves while a pod is decided on.
 * upstream: staging/src/k8s.io/kube-scheduler/framework/interface.go
 */
import type { AnyKind } from "#api/kind.ts";
import type { Clock } from "#base/clock.ts";
import type { Log } from "#base/log.ts";
import type { Random } from "#base/random.ts";
import type { Client } from "#client/client.ts";
import type { EventRecorder } from "#client/events.ts";
import type { ClusterEvent, EventName } from "./cluster-event.ts";
import type { Verdicts } from "./cycle/verdicts.ts";
import type { NodeView } from "./snapshot/node-view.ts";
import type { PodInfo } from "./snapshot/pod-info.ts";
import type { Snapshot } from "./snapshot/snapshot.ts";

/** Why a pod cannot go to a node. Make one with `refuse` or `hopeless`, once rather than per call. */
export class Refusal {
  readonly reasons: readonly string[];
  /** Evicting other pods from the node would not help. */
  readonly isHopeless: boolean;

  constructor(reasons: readonly string[], isHopeless: boolean) {
    this.reasons = reasons;
    this.isHopeless = isHopeless;
  }
}

/** It could change when other pods leave the node. upstream: Unschedulable */
export const refuse = (...reasons: readonly string[]): Refusal => new Refusal(reasons, false);

/** upstream: UnschedulableAndUnresolvable */
export const hopeless = (...reasons: readonly string[]): Refusal => new Refusal(reasons, true);

/** The plugin has nothing to say about this pod: its filter, or its score, is not asked. */
export const skip: unique symbol = Symbol("skip");

/** Only these nodes come into question; the others are not even looked at. */
export class Only<State = unknown> {
  readonly nodes: ReadonlySet<string>;
  readonly state: State;

  constructor(nodes: ReadonlySet<string>, state: State) {
    this.nodes = nodes;
    this.state = state;
  }
}

/**
 * What a plugin's answers depend on, beside the pod:
 * - `node`: the fields of the pod's spec in shape-key.ts, and that node with its pods. Answers are
 *   shared by all pods of one shape and remembered until the node changes.
 * - `cluster`: the snapshot, nothing else. Asked for every pod; a refusal by every node is
 *   remembered until something changes.
 * - `anything`: time, the outside world. Asked every time.
 */
export type Dependence = "node" | "cluster" | "anything";

export interface Queued {
  readonly pod: PodInfo;
  /** When it entered the queue, or came back to it, on the monotonic clock. */
  readonly sinceMs: number;
  readonly attempts: number;
}

/** A pod with the node that was found for it. */
export interface Placement {
  readonly pod: PodInfo;
  readonly node: NodeView;
}

/** What a plugin may use to act. */
export interface Ports {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Log;
  readonly recorder: EventRecorder;
  /** Ends the wait of a pod on permit; false when it does not wait. */
  readonly rejectWaiting: (uid: string, refusal: Refusal) => boolean;
  readonly signal: AbortSignal;
}

/** The pod may go on, or has to wait until `decision` says so; a refusal ends the attempt. */
export type Permission =
  | { readonly is: "allowed" }
  | { readonly is: "refused"; readonly refusal: Refusal }
  | {
      readonly is: "waiting";
      readonly timeoutMs: number;
      /** Undefined allows it. */
      readonly decision: Promise<Refusal | undefined>;
      /** It waits for others of its group, in words: to bind any of them before would be wrong. */
      readonly forTheRest?: string;
    };

export interface PostFilterResult {
  /** Why it does not help, for the message; or what was done. */
  readonly message?: string;
  /** Where the pod will fit as soon as `perform` has taken effect; "" takes a promise back. */
  readonly nominatedNodeName?: string;
  /** The pod is not tried again before these are on their way out. */
  readonly victims?: readonly PodInfo[];
  /** All that it chose from, when the misfit says that others have a say. */
  readonly offers?: readonly Offer[];
  /** The same with the best of what they left; undefined when there is none. */
  readonly take?: (offers: readonly Offer[]) => PostFilterResult | undefined;
  readonly perform?: (ports: Ports) => Promise<void>;
}

/** Room on a node, and who would have to leave it. */
export interface Offer {
  readonly node: NodeView;
  readonly victims: readonly PodInfo[];
  /** Victims whose budgets do not allow it. */
  readonly violations: number;
}

/** What a postFilter has to go by. */
export interface Misfit {
  readonly verdicts: Verdicts;
  /** Why the node, as the snapshot has it at this moment, will not do: see `Snapshot.suppose`. */
  readonly test: (node: NodeView) => Refusal | undefined;
  /** What `test` says of a node holds until that node changes. */
  readonly isLocal: boolean;
  /** Others have a say in who leaves: they want to see all offers. */
  readonly isNegotiated?: boolean;
  readonly random: Random;
}

/** An event that may make a pod schedulable which this plugin refused. */
export interface Interest {
  readonly on: readonly EventName[];
  /** Whether it may help this pod. Without it: yes. Pods of one shape get one answer. */
  readonly hint?: (pod: PodInfo, event: ClusterEvent) => boolean;
}

export interface Reading {
  readonly kind: AnyKind;
  /** Changes of the status, which are many, are none of its business. */
  readonly ignoresStatus?: true;
}

/** Scores that count upwards (`high`) or downwards (`low`) from whatever the highest one is. */
export type Preference = "high" | "low";

export interface Plugin<F = unknown, S = unknown> {
  readonly name: string;
  /** `anything` unless said. */
  readonly dependsOn?: Dependence;
  /** For `node`: remembered scores hold while this stays the same. */
  readonly epoch?: (cluster: Snapshot) => number;
  /** Kinds that it looks up in `cluster.objects`; what happens to them is an event. */
  readonly reads?: readonly Reading[];
  /** Without any, refused pods wait for the next flush of the queue. */
  readonly events?: readonly Interest[];

  /** Keeps the pod out of the queue; no attempt is made. */
  readonly preEnqueue?: (pod: PodInfo, cluster: Snapshot) => Refusal | undefined;
  /** Which pod comes first; exactly one plugin of a scheduler has it. */
  readonly queueSort?: (a: Queued, b: Queued) => number;
  /** Prepares the filter; a refusal is one by all nodes. For `node`: once per shape. */
  readonly preFilter?: (pod: PodInfo, cluster: Snapshot) => F | Only<F> | Refusal | typeof skip;
  /** Undefined: the node will do. The state is what preFilter returned. */
  readonly filter?: (pod: PodInfo, node: NodeView, state: F) => Refusal | undefined;
  /** For those who ask why the node is refused: in numbers and names, a line each. */
  readonly explain?: (pod: PodInfo, node: NodeView, state: F) => readonly string[];
  /** When no node will do: could it be made to? */
  readonly postFilter?: (
    pod: PodInfo,
    cluster: Snapshot,
    misfit: Misfit,
  ) => PostFilterResult | undefined;
  /** Prepares the score. For `node`: once per shape, and without nodes. */
  readonly preScore?: (
    pod: PodInfo,
    cluster: Snapshot,
    feasible: readonly NodeView[],
  ) => S | typeof skip;
  /** How well the node suits the pod: from 0 to 100, or any number that is normalized. */
  readonly score?: (pod: PodInfo, node: NodeView, state: S) => number;
  /** Brings the scores, in place, between 0 and 100; they are in the order of the nodes. */
  readonly normalize?:
    | Preference
    | ((scores: Float64Array, nodes: readonly NodeView[], state: S) => void);
  /** Notes what the pod is going to use. `unreserve` undoes it, and may be called without it. */
  readonly reserve?: (placement: Placement) => Refusal | undefined;
  readonly unreserve?: (placement: Placement) => void;
  /** The pod counts on its node already. */
  readonly permit?: (placement: Placement, cluster: Snapshot) => Permission;
  /** What must be there before the pod is bound. Throws when it fails. */
  readonly preBind?: (placement: Placement, ports: Ports) => Promise<void>;
  /** Tells the API server. False leaves it to the next plugin. Throws when it fails. */
  readonly bind?: (placement: Placement, ports: Ports) => Promise<boolean>;
  readonly postBind?: (placement: Placement) => void;
}

/** Handed to plugins of third parties, who then need nothing else of k8ts at run time. */
export const pluginKit = { refuse, hopeless, skip, Only } as const;

export type PluginKit = typeof pluginKit;

/** What the module of a third party exports as `plugin`. `args`: from the configuration. */
export type PluginMaker = (args: unknown, kit: PluginKit) => Plugin;

/** As far as can be seen from outside. */
export const isPlugin = (value: unknown): value is Plugin =>
  typeof value === "object" &&
  value !== null &&
  typeof (value as Partial<Plugin>).name === "string" &&
  (value as Partial<Plugin>).name !== "";

export const definePlugin = <F = undefined, S = F>(plugin: Plugin<F, S>): Plugin =>
  Object.freeze(plugin) as unknown as Plugin;
