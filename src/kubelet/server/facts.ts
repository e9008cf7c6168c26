/** What the kubelet's server has to know; a simulated kubelet knows no more. */
import type { ContainerRuntime } from "../runtime.ts";
import type { Disk } from "#base/disk.ts";
import type { FeatureGates } from "#api/feature-gates.ts";
import type { Metrics } from "#base/metrics.ts";
import type { Random } from "#base/random.ts";
import type { ReadableDisk } from "../logs/readable-disk.ts";
import type { Cgroups, KubeletPorts, MachineFacts } from "../ports.ts";
import type { Workshop } from "../tasks/job.ts";
import type { PodWorker } from "../tasks/pod-worker.ts";

type Streaming = "exec" | "attach" | "portForward";

export interface ServerWorkshop extends Pick<
  Workshop,
  "client" | "clock" | "log" | "http" | "folders" | "metrics" | "cgroupRoot"
> {
  readonly runtime: Pick<ContainerRuntime, Streaming | "listContainerStats"> &
    Partial<Pick<ContainerRuntime, "imageFileSystems">>;
  readonly cgroups: Pick<Cgroups, "usage" | "details" | "traffic">;
  readonly deviceOf?: KubeletPorts["deviceOf"];
  readonly processIds?: KubeletPorts["processIds"];
  /** What probes found; nothing is served of them without. */
  readonly probeMetrics?: Metrics;
  readonly disk: ReadableDisk & Pick<Disk, "space">;
}

export type ServedPod = Pick<PodWorker, "state" | "observed"> & Partial<Pick<PodWorker, "volumes">>;

export interface ServedPods {
  readonly workers: Iterable<ServedPod>;
  readonly findByName: (namespace: string, name: string) => ServedPod | undefined;
}

export interface ServerFacts {
  readonly workshop: ServerWorkshop;
  readonly pods: ServedPods;
  readonly nodeName: string;
  readonly machine: () => MachineFacts | undefined;
  readonly program: ProgramFacts;
}

/** What `/statusz` and `/flagz` tell. */
export interface ProgramFacts {
  /** As in `v1.36.0`. */
  readonly version: string;
  /** With which it was started, by name; no secrets. */
  readonly flags?: Readonly<Record<string, string>> | undefined;
  /** As they stand by default when absent. */
  readonly gates?: FeatureGates | undefined;
  readonly random: Random;
}
