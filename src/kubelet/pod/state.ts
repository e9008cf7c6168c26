/** Everything the kubelet knows of one pod between two observations. Immutable. */
import type { Pod } from "#api/core/pod.ts";
import type { Allocation } from "./allocation.ts";
import type { ProbeType, ResizeVerdict } from "./effects.ts";
import type { PodRuntime } from "./observed.ts";
import type { ImageFailure } from "./pulling.ts";

export interface PodState {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  /** As the API has it, or had it last; absent when only its containers are left. */
  readonly pod: Pod | undefined;
  /** The API no longer has it. */
  readonly isForgotten: boolean;
  readonly node: NodeFacts;
  readonly startedAtMs: number;
  readonly life: Life;
  /** Why the pod failed as a whole, whatever its containers say. */
  readonly verdict?: Verdict;
  /** Why it had to go, when that was none of its own doing. */
  readonly disruption?: Verdict;
  /** Absent until it was first looked at. */
  readonly runtime: PodRuntime | undefined;
  readonly volumes: Volumes;
  readonly sandbox: SandboxWork;
  /** By container name. */
  readonly tracks: Readonly<Record<string, Track>>;
  /** Volumes that are images, by name. */
  readonly images: Readonly<Record<string, ImageTrack>>;
  /** Containers on their way out, by id. */
  readonly stopping: Readonly<Record<string, Stopping>>;
  /** Containers and sandboxes that are of no use any more, by id. */
  readonly removing: Readonly<Record<string, Removing>>;
  readonly report: Report;
  /** Absent while the pod has what it asks for. */
  readonly resize: Resize | undefined;
}

/** What a pod's status says of its node. */
export interface NodeFacts {
  /** The primary one first. */
  readonly hostIps: readonly string[];
}

export interface Verdict {
  readonly reason: string;
  readonly message: string;
}

/** An attempt that failed, to be repeated. */
export interface Retry {
  readonly failures: number;
  readonly atMs: number;
}

export type Life =
  /** Its containers are kept as the spec wants them. */
  | { readonly at: "running" }
  /** Its containers are being stopped, by `deadlineMs` at the latest. */
  | { readonly at: "ending"; readonly deadlineMs: number }
  /** Nothing runs; what it held on to is given back. */
  | { readonly at: "releasing"; readonly isBusy: boolean; readonly retry?: Retry }
  /** Over; its remains stay for logs and status until the API forgets it. */
  | { readonly at: "ended"; readonly deletion?: "asked" | "done"; readonly retry?: Retry }
  | { readonly at: "removing"; readonly isBusy: boolean; readonly retry?: Retry }
  | { readonly at: "gone" };

export type Volumes =
  | { readonly at: "missing"; readonly retry?: Retry; readonly waitsSinceMs?: number }
  | {
      readonly at: "mounting";
      readonly retry?: Retry;
      /** Something that they need or show has changed since. */
      readonly isStale?: boolean;
      /** Since when others have to do something first, or were last said to. */
      readonly waitsSinceMs?: number;
    }
  | {
      readonly at: "mounted";
      readonly isRefreshing: boolean;
      /** Something that they show has changed since. */
      readonly isStale: boolean;
      /** When something that they show has to be renewed. */
      readonly refreshAtMs: number;
      readonly retry?: Retry;
    };

export interface SandboxWork {
  readonly isStarting: boolean;
  readonly retry?: Retry;
  /** Sandboxes that are being stopped. */
  readonly stopping: ReadonlySet<string>;
  /** Stopped for good: their network is given back. */
  readonly stopped: ReadonlySet<string>;
}

/** What is known of one container beyond what the runtime says. */
export interface Track {
  /** How far the making of its next instance has come. */
  readonly starting?: Starting;
  /** Why it does not run. */
  readonly waiting?: Verdict;
  /** Grows with every crash. */
  readonly crash?: CrashBackoff;
  readonly pull?: PullBackoff;
  /** It could not be created; not before then again. */
  readonly retry?: Retry;
  readonly probes?: Probes;
  /** The instance that was stopped only to be followed by another, however it ends. */
  readonly replaced?: string;
}

/** How far a volume has come that is an image. */
export interface ImageTrack {
  readonly at: "wanted" | "inspecting" | "pulling" | "placing" | "placed";
  readonly pull?: PullBackoff;
  readonly retry?: Retry;
  /** Why it is not there. */
  readonly failure?: ImageFailure;
}

export type Starting =
  | { readonly at: "inspecting" | "pulling" | "creating" }
  | { readonly at: "starting" | "hooking"; readonly id: string };

export interface CrashBackoff {
  readonly delayMs: number;
  readonly setAtMs: number;
  /** The instance whose end it was announced for. */
  readonly announcedId?: string;
}

export interface PullBackoff {
  readonly delayMs: number;
  readonly untilMs: number;
  /** From then on it is called a back-off. */
  readonly noticeAtMs: number;
  readonly error: string;
}

export interface Stopping {
  readonly container: string;
  readonly deadlineMs: number;
  readonly hook: "pending" | "running" | "done";
  /** The deadline that the runtime was last told, while it works on it. */
  readonly sentDeadlineMs?: number;
  readonly retry?: Retry;
}

export interface Removing {
  readonly isBusy: boolean;
  readonly retry?: Retry;
}

/** The probes of one instance of a container. */
export interface Probes {
  readonly id: string;
  readonly states: Readonly<Partial<Record<ProbeType, ProbeState>>>;
}

export interface ProbeState {
  readonly result: "unknown" | "success" | "failure";
  /** Equal answers in a row. */
  readonly run: number;
  readonly lastWasHealthy?: boolean;
  readonly dueAtMs: number;
  readonly isBusy: boolean;
  /** Not probed again until there is a new instance. */
  readonly isOnHold: boolean;
  /** Attempts so far in the eager time after the start. */
  readonly attempts: number;
}

export interface Pending extends ResizeVerdict {
  /** Of the pod, when it asked. */
  readonly generation: number;
  readonly sinceMs: number;
}

/** The pod asks, or has asked, for other resources than those it began with. */
export interface Resize {
  /** What the node gave. */
  readonly allocation: Allocation;
  /** The generation of the pod that was given it. */
  readonly given: number;
  /** The same of what the pod's control group was set to. */
  readonly set: number | undefined;
  /** When to ask the node for what the pod wants. */
  readonly askAtMs?: number;
  readonly isAsking: boolean;
  /** The node's answer, when it was not a yes. */
  readonly pending?: Pending;
  /** Not everybody has yet what was given. */
  readonly progress?: { readonly generation: number; readonly error?: string };
  readonly isBusy: boolean;
  readonly retry?: Retry;
}

export interface Report {
  readonly isWriting: boolean;
  readonly retry?: Retry;
}

interface NewPod {
  readonly pod: Pod;
  readonly node: NodeFacts;
  readonly atMs: number;
  /** The node does not take it. */
  readonly refusal?: Verdict;
  /** It was begun by an earlier kubelet. */
  readonly resize?: Resize | undefined;
}

export function newPodState({ pod, node, atMs, refusal, resize }: NewPod): PodState {
  const { uid = "", namespace = "", name = "" } = pod.metadata;
  const started = pod.status.startTime ? Date.parse(pod.status.startTime) : atMs;
  return {
    ...emptyState,
    uid,
    namespace,
    name,
    pod,
    node,
    startedAtMs: started,
    resize,
    ...(refusal ? { life: { at: "ended" }, verdict: refusal } : {}),
  };
}

interface Orphan {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly runtime: PodRuntime;
  readonly deadlineMs: number;
}

/** Containers whose pod the API does not know: only their end is left. */
export const orphanState = ({ deadlineMs, ...orphan }: Orphan): PodState => ({
  ...emptyState,
  ...orphan,
  isForgotten: true,
  life: { at: "ending", deadlineMs },
});

const emptyState: Omit<PodState, "uid" | "namespace" | "name"> = {
  pod: undefined,
  isForgotten: false,
  node: { hostIps: [] },
  startedAtMs: 0,
  life: { at: "running" },
  runtime: undefined,
  volumes: { at: "missing" },
  sandbox: { isStarting: false, stopping: new Set(), stopped: new Set() },
  tracks: {},
  images: {},
  stopping: {},
  removing: {},
  report: { isWriting: false },
  resize: undefined,
};

export const trackOf = (state: PodState, name: string): Track => state.tracks[name] ?? {};

/** The state with one container's track changed. */
export const withTrack = (
  state: PodState,
  name: string,
  change: (track: Track) => Track,
): PodState => ({
  ...state,
  tracks: { ...state.tracks, [name]: change(trackOf(state, name)) },
});

/** The object without some of its members. */
export function without<T extends object, K extends keyof T>(
  object: T,
  ...names: readonly K[]
): Omit<T, K> {
  const rest = { ...object };
  for (const name of names) delete rest[name];
  return rest;
}

export const withMember = <T>(set: ReadonlySet<T>, member: T): ReadonlySet<T> =>
  new Set(set).add(member);

export function withoutMember<T>(set: ReadonlySet<T>, member: T): ReadonlySet<T> {
  const rest = new Set(set);
  rest.delete(member);
  return rest;
}
