/** What the runtime says of one pod: the facts that every decision starts from. */
import type { LifecycleHandler } from "#api/core/probe.ts";
import type { ContainerIdentity, ContainerRunState, SandboxStatus } from "../runtime.ts";

export interface PodRuntime {
  /** Newest first. */
  readonly sandboxes: readonly SandboxStatus[];
  /** Newest first. */
  readonly containers: readonly ObservedContainer[];
}

export interface ObservedContainer {
  readonly id: string;
  readonly name: string;
  readonly sandboxId: string;
  readonly restartCount: number;
  /** Of the definition that it was made from. */
  readonly hash: string;
  readonly state: ContainerRunState;
  readonly createdAtMs: number;
  readonly startedAtMs: number;
  readonly finishedAtMs: number;
  readonly exitCode: number;
  readonly reason: string;
  /** The runtime's, followed by the container's own last words. */
  readonly message: string;
  readonly image: string;
  readonly imageRef: string;
  readonly logPath: string;
  readonly user?: ContainerIdentity;
  /** Kept with the container for the case that its pod is gone when it has to stop. */
  readonly preStop?: LifecycleHandler;
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
