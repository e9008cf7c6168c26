/** What the runtime says of one pod: the facts that every decision starts from. */
import type { ResourceRequirements } from "#api/core/container.ts";
import type { LifecycleHandler } from "#api/core/probe.ts";
import type { ContainerStatus, SandboxStatus } from "../runtime.ts";

export interface PodRuntime {
  /** Newest first. */
  readonly sandboxes: readonly SandboxStatus[];
  /** Newest first. */
  readonly containers: readonly ObservedContainer[];
}

type Told = Omit<ContainerStatus, "attempt" | "labels" | "annotations" | "mounts">;

/** As the runtime tells, and what was noted on the container when it was made. */
export interface ObservedContainer extends Told {
  readonly sandboxId: string;
  readonly restartCount: number;
  /** Of the definition that it was made from. */
  readonly hash: string;
  /** The runtime's, followed by the container's own last words. */
  readonly message: string;
  /** Kept with the container for the case that its pod is gone when it has to stop. */
  readonly preStop?: LifecycleHandler;
  /** What it has: what it was made with, or was given since. */
  readonly resources?: ResourceRequirements;
}

export const nothingRuns: PodRuntime = { sandboxes: [], containers: [] };

/** The newest instance of a container. */
export const findLatest = (runtime: PodRuntime, name: string): ObservedContainer | undefined =>
  runtime.containers.find((container) => container.name === name);

export const findById = (runtime: PodRuntime, id: string): ObservedContainer | undefined =>
  runtime.containers.find((container) => container.id === id);

/** A container in an unknown state may well be running. */
export const mayRun = ({ state }: ObservedContainer): boolean =>
  state === "running" || state === "unknown";

export const runningContainers = (runtime: PodRuntime): readonly ObservedContainer[] =>
  runtime.containers.filter(mayRun);
