/**
 * Keeps containers' logs small: a log that has grown is put aside and the runtime begins a new
 * one; of those put aside a few are kept.
 * upstream: pkg/kubelet/logs/container_log_manager.go
 * differs: logs put aside are not compressed.
 */
import { type Clock, seconds } from "#base/clock.ts";
import type { Disk } from "#base/disk.ts";
import type { Log } from "#base/log.ts";
import { repeat } from "../periodic.ts";
import type { Pods } from "../pods.ts";
import type { ContainerRuntime } from "../runtime.ts";

interface RotationOptions {
  readonly runtime: Pick<ContainerRuntime, "reopenLog">;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly log: Log;
  readonly pods: Pick<Pods, "workers">;
}

const periodMs = seconds(10);
const bytesMax = 10 * 1_024 * 1_024;
/** With the one being written. */
const filesMax = 5;

export class LogRotation {
  readonly #options: RotationOptions;

  constructor(options: RotationOptions) {
    this.#options = options;
  }

  run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    const chore = { name: "log rotation", periodMs, clock, log, perform: () => this.rotateAll() };
    return repeat(chore, signal);
  }

  async rotateAll(): Promise<void> {
    for (const { state } of this.#options.pods.workers)
      for (const container of state.runtime?.containers ?? [])
        if (container.state === "running" && container.logPath)
          await this.#try(container.id, container.logPath);
  }

  /** A container may just be ending: the logs of others grow all the same. */
  async #try(id: string, path: string): Promise<void> {
    try {
      await this.#rotate(id, path);
    } catch (error) {
      this.#options.log.warn("log cannot be put aside", { path, cause: String(error) });
    }
  }

  async #rotate(id: string, path: string): Promise<void> {
    const { disk, runtime, clock } = this.#options;
    const bytes = (await disk.facts(path))?.bytes ?? 0;
    if (bytes < bytesMax) return;
    const folder = path.slice(0, path.lastIndexOf("/"));
    const name = path.slice(folder.length + 1);
    const old = ((await disk.list(folder)) ?? []).filter((other) => other.startsWith(`${name}.`));
    for (const surplus of surplusOf(old)) await disk.remove(`${folder}/${surplus}`);
    const aside = `${path}.${stamp(clock.now())}`;
    await disk.rename(path, aside);
    try {
      await runtime.reopenLog(id);
    } catch (error) {
      // The container goes on writing to the file that it has: it keeps its name.
      await disk.rename(aside, path);
      throw error;
    }
  }
}

/** Names sort by time; there has to be room for the next one and for the one being written. */
export const surplusOf = (old: readonly string[]): readonly string[] => {
  const sorted = old.toSorted();
  return sorted.slice(0, Math.max(sorted.length - (filesMax - 2), 0));
};

/** 20300101-120000 */
export const stamp = (ms: number): string =>
  new Date(ms).toISOString().slice(0, 19).replace(/[-:]/g, "").replace("T", "-");
