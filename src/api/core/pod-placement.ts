/**
 * The answer to "why is this pod (not) there?": `GET /api/v1/namespaces/NS/pods/NAME/why`. Made by the
 * scheduler out of its own plugins, shown by `k8ts why`. differs: upstream has nothing of the kind.
 */

export interface PodPlacement {
  readonly kind: "PodPlacement";
  readonly apiVersion: "k8ts.io/v1";
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly schedulerName: string;
  /**
   * - `Scheduled`: it has a node; `nodes` tell how they compare, as things are now.
   * - `Schedulable`: some node would do; it is its turn, or has just been.
   * - `Waiting`: some node would do, but not for enough pods of its group at once: see `group`.
   * - `Unschedulable`: none will do.
   * - `Gated`: it is kept out of the queue, see `waitsFor`.
   * - `Unknown`: another scheduler's business, or finished.
   */
  readonly state: "Scheduled" | "Schedulable" | "Waiting" | "Unschedulable" | "Gated" | "Unknown";
  readonly nodeName?: string;
  /** The node that is being made free for it. */
  readonly nominatedNodeName?: string;
  readonly waitsFor?: readonly string[];
  /** Of a pod without a node that is to get it together with others. */
  readonly group?: GroupPlacement;
  /** What the scheduler said last. */
  readonly message?: string;
  readonly attempts?: number;
  readonly nodeCount: number;
  /** By what was found first on each node; the numbers add up to `nodeCount`. */
  readonly counts: readonly VerdictCount[];
  readonly nodes: readonly NodeVerdict[];
  /** The smallest first. Each was tried: with it, a node will do. */
  readonly suggestions: readonly Suggestion[];
}

/** Where the pods of a PodGroup are with its policy `gang`, as things are now. */
export interface GroupPlacement {
  readonly name: string;
  /** So many get nodes at once; absent: there is no such group. */
  readonly minCount?: number;
  /** Those that are there, and not finished. */
  readonly pods: number;
  readonly scheduled: number;
  /** When they were tried together last, without success. */
  readonly lastTrial?: {
    readonly roomFor: number;
    readonly tried: number;
    /** One that found no room, and why. */
    readonly without?: { readonly pod: string; readonly why: string } | undefined;
  };
}

export interface VerdictCount {
  /** Absent for nodes that will do. */
  readonly plugin?: string;
  readonly reason: string;
  readonly nodes: number;
}

export interface NodeVerdict {
  readonly name: string;
  readonly fits: boolean;
  /** All that is wrong with it, not only what was found first. */
  readonly refusals: readonly NodeRefusal[];
  /** Of nodes that will do, when the pod has a node: by plugin, with its weight. */
  readonly scores?: Readonly<Record<string, number>>;
  readonly score?: number;
}

export interface NodeRefusal {
  readonly plugin: string;
  readonly reasons: readonly string[];
  /** In numbers and names: `asks for 500m cpu, 300m of 4 are free`. */
  readonly details: readonly string[];
}

export interface Suggestion {
  /** What to do, one or several steps: `lower the cpu request to 300m`. */
  readonly changes: readonly string[];
  /** Nodes that will do then; the first few of them. */
  readonly nodes: readonly string[];
  readonly nodeCount: number;
}
