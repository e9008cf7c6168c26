/** What performers of tasks work with. */
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
import type { ObjectCache } from "../objects.ts";
import type { Folders } from "../paths.ts";
import type { OutcomeOf, TaskName, TaskOf } from "../pod/effects.ts";
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
  readonly csi: CsiVolumes;
  readonly devices: PodDevices;
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

/** The pod of a job that cannot do without. */
export function podOf({ state }: Job) {
  const { pod } = state;
  if (!pod) throw new Error(`pod ${state.namespace}/${state.name} is not known any more`);
  return pod;
}
