/**
 * What a pod's state machine wants done, and what it hears: plain data both ways. The worker
 * performs effects and reports each of them back as an observation; a test compares them.
 */
import type { Pod } from "#api/core/pod.ts";
import type { PodStatus } from "#api/core/pod-status.ts";
import type { LifecycleHandler } from "#api/core/probe.ts";
import type { PodRuntime } from "./observed.ts";

export type ProbeType = "startup" | "readiness" | "liveness";

/** What an image is for. */
export type ImageUse = { readonly container: string } | { readonly volume: string };

/** Effects that take time; each is reported back once, with its outcome. */
export type Task =
  /** Puts all volumes in place. Safe to repeat. */
  | { readonly do: "mountVolumes" }
  /** Brings volumes up to date with the objects they show. */
  | { readonly do: "refreshVolumes" }
  | { readonly do: "runSandbox"; readonly attempt: number }
  | { readonly do: "stopSandbox"; readonly id: string }
  | { readonly do: "removeSandbox"; readonly id: string }
  | ({ readonly do: "inspectImage" } & ImageUse)
  | ({ readonly do: "pullImage" } & ImageUse)
  /** Lays an image out as a volume. Safe to repeat. */
  | { readonly do: "placeImage"; readonly volume: string; readonly imageRef: string }
  | {
      readonly do: "createContainer";
      readonly container: string;
      readonly attempt: number;
      readonly imageRef: string;
      readonly sandboxId: string;
    }
  | { readonly do: "startContainer"; readonly container: string; readonly id: string }
  | { readonly do: "postStart"; readonly container: string; readonly id: string }
  | {
      readonly do: "preStop";
      readonly container: string;
      readonly id: string;
      readonly handler: LifecycleHandler;
      readonly graceSeconds: number;
    }
  | {
      readonly do: "stopContainer";
      readonly container: string;
      readonly id: string;
      readonly graceSeconds: number;
    }
  /** With its log. */
  | { readonly do: "removeContainer"; readonly id: string }
  | {
      readonly do: "probe";
      readonly container: string;
      readonly id: string;
      readonly probe: ProbeType;
    }
  /** Asks the node whether it can give the pod what its spec says by now. */
  | { readonly do: "allocate"; readonly pod: Pod }
  /** Gives the pod's group, and containers that run, what the pod was given. Safe to repeat. */
  | {
      readonly do: "resize";
      readonly given: number;
      readonly containers: readonly { readonly name: string; readonly id: string }[];
    }
  /** Takes the volumes and the control group away; files of the pod stay. */
  | { readonly do: "release" }
  /** Removes every trace: containers, sandboxes, logs, folders. */
  | { readonly do: "remove" }
  | { readonly do: "writeStatus"; readonly pod: Pod; readonly status: PodStatus }
  /** The pod has stopped: the API may let go of it. */
  | { readonly do: "deletePod"; readonly pod: Pod };

export type Effect =
  | Task
  | {
      readonly do: "event";
      readonly type: "Normal" | "Warning";
      readonly reason: string;
      readonly message: string;
      /** The container that it is about. */
      readonly fieldPath?: string;
    }
  /** Observe the time again then; replaces the time asked for before. */
  | { readonly do: "wakeAt"; readonly atMs: number };

export interface Failure {
  readonly ok: false;
  readonly message: string;
}

type Nothing = object;

interface Mounted {
  /** When something that they show has to be renewed; Infinity for never. */
  readonly refreshAtMs: number;
}

/** What each task reports when it went well. */
export interface Results {
  mountVolumes: Mounted;
  refreshVolumes: Mounted;
  runSandbox: Nothing;
  stopSandbox: Nothing;
  removeSandbox: Nothing;
  /** Without a reference the image is not here. Held: it is this pod's volume already. */
  inspectImage: { readonly imageRef?: string; readonly isHeld?: boolean };
  pullImage: { readonly imageRef: string; readonly bytes: number; readonly tookMs: number };
  placeImage: Nothing;
  createContainer: { readonly id: string };
  startContainer: Nothing;
  postStart: Nothing;
  preStop: Nothing;
  stopContainer: Nothing;
  removeContainer: Nothing;
  probe: { readonly isHealthy: boolean; readonly output: string };
  /** With a verdict it is not given. */
  allocate: { readonly verdict?: ResizeVerdict };
  resize: Nothing;
  release: Nothing;
  remove: Nothing;
  writeStatus: { readonly pod: Pod };
  deletePod: Nothing;
}

/** What tasks report beyond a message when they failed. */
interface Failures {
  mountVolumes: { readonly volumes: readonly VolumeFailure[] };
  createContainer: {
    readonly reason: "CreateContainerConfigError" | "CreateContainerError";
  };
  /** The pod's devices could not be prepared: the sandbox was not even begun. */
  runSandbox: { readonly reason?: "FailedPrepareDynamicResources" };
  writeStatus: { readonly isGone: boolean };
}

/** Why a node does not give what is asked for: not now, or never. */
export interface ResizeVerdict {
  readonly reason: "Deferred" | "Infeasible";
  readonly message: string;
}

export interface VolumeFailure {
  /** As events call it. */
  readonly volume: string;
  /** As the pod calls it, when that is something else. */
  readonly inPod?: string;
  readonly message: string;
  /** What failed; SetUp unless said. */
  readonly step?: "MountDevice" | "SetUp";
  /** Nothing is wrong: others have to do something first, and there will be news of it. */
  readonly waits?: boolean;
}

export type TaskName = Task["do"];
export type TaskOf<K extends TaskName> = Extract<Task, { do: K }>;

export type OutcomeOf<K extends TaskName> =
  | ({ readonly ok: true } & Results[K])
  | (Failure & (K extends keyof Failures ? Failures[K] : Nothing));

export interface Did<K extends TaskName> {
  readonly is: "did";
  readonly do: K;
  readonly task: TaskOf<K>;
  readonly outcome: OutcomeOf<K>;
  /** As it is after the task, when the task touched the runtime. */
  readonly runtime?: PodRuntime;
  readonly atMs: number;
}

/** Why there may be more room. exact: kubelet, in a metric */
export type RoomReason = "pod_resized" | "pods_removed";

export type Observation =
  | { readonly is: "pod"; readonly pod: Pod; readonly atMs: number }
  /** The API no longer has the pod. */
  | { readonly is: "forgotten"; readonly atMs: number }
  | { readonly is: "runtime"; readonly runtime: PodRuntime; readonly atMs: number }
  /** A ConfigMap or Secret that the pod refers to has changed. */
  | { readonly is: "objects"; readonly atMs: number }
  /** Another pod has left the node, or needs less of it. */
  | { readonly is: "room"; readonly why: RoomReason; readonly atMs: number }
  /** The node decided to end the pod. */
  | {
      readonly is: "evicted";
      readonly reason: string;
      readonly message: string;
      readonly graceSeconds: number;
      /** It is none of the pod's own doing, and said to be so in a condition. */
      readonly isDisruption: boolean;
      readonly atMs: number;
    }
  /** The node needs room: what is left of a pod that has ended can go. */
  | { readonly is: "reclaim"; readonly atMs: number }
  | { readonly is: "time"; readonly atMs: number }
  | { [K in TaskName]: Did<K> }[TaskName];
