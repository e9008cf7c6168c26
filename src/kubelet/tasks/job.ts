/** What performers of tasks work with. */
import type { Pod } from "#api/core/pod.ts";
import type { Service } from "#api/core/service.ts";
import { messageOf } from "#base/failure.ts";
import type { Metrics } from "#base/metrics.ts";
import type { EventRecorder } from "#client/events.ts";
import type { Informer } from "#client/informer.ts";
import type { DnsFacts } from "../container/dns.ts";
import type { MountedVolumes } from "../container/mounts.ts";
import type { Machine } from "../container/resources.ts";
import type { CsiVolumes } from "../csi/csi-volumes.ts";
import type { PodDevices } from "../devices/pod-devices.ts";
import type { Allocations } from "../allocations.ts";
import type { ObjectCache } from "../objects.ts";
import type { Folders } from "../paths.ts";
import { withAllocation } from "../pod/allocation.ts";
import type { OutcomeOf, ResizeVerdict, RoomReason, TaskName, TaskOf } from "../pod/effects.ts";
import type { PodState } from "../pod/state.ts";
import type { KubeletPorts } from "../ports.ts";
import { RuntimeError } from "../runtime.ts";
import type { TokenCache } from "../tokens.ts";

/** Shared by all pods of the node. */
export interface Workshop extends KubeletPorts {
  readonly folders: Folders;
  readonly objects: ObjectCache;
  readonly tokens: TokenCache;
  readonly services: Informer<Service>;
  readonly recorder: EventRecorder;
  readonly node: NodeView;
  readonly metrics: Metrics;
  /** Of probes: they are served apart. */
  readonly probeMetrics: Metrics;
  readonly csi: CsiVolumes;
  readonly devices: PodDevices;
  readonly allocations: Allocations;
  readonly room: Room;
  /** The group of all pods: `/kubepods`. */
  readonly cgroupRoot: string;
}

/** The node as its pods see it, at this moment. */
export interface NodeView {
  readonly hostIps: () => readonly string[];
  readonly allocatable: () => { readonly [name: string]: string };
  readonly machine: () => Machine;
  readonly dns: () => Promise<DnsFacts>;
}

/** What the node has left for its pods. */
export interface Room {
  /** Why it cannot give the pod what it asks for by now; undefined when it can. */
  readonly refusalOf: (pod: Pod) => ResizeVerdict | undefined;
  /** A pod was given something else than before. */
  readonly changed: (why: RoomReason) => void;
}

/** One task's view of its pod. */
export interface Job {
  readonly workshop: Workshop;
  /** As it was when the task was decided upon. */
  readonly state: PodState;
  readonly volumes: VolumeShelf;
  readonly signal: AbortSignal;
}

/** Where the pod's volumes lie, since they were mounted last. */
export interface VolumeShelf {
  mounted: MountedVolumes;
}

export type Performer<K extends TaskName> = (job: Job, task: TaskOf<K>) => Promise<OutcomeOf<K>>;

export const done = { ok: true } as const;

/** What the runtime said, without gRPC's words in front: container states show it so. */
export const detailOf = (error: unknown): string =>
  error instanceof RuntimeError ? error.detail : messageOf(error);

/** The pod of a job that cannot do without, as if it asked for what it was given. */
export function podOf({ state }: Job): Pod {
  const { pod, resize } = state;
  if (!pod) throw new Error(`pod ${state.namespace}/${state.name} is not known any more`);
  return withAllocation(pod, resize?.allocation);
}
