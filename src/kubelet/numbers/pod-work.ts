/**
 * How long a pod's worker is busy at a stretch, from what set it to work until all is done that
 * follows: what upstream calls a sync. Probes and the writing of the status go on beside it.
 * upstream: pkg/kubelet/pod_workers.go
 */
import type { Clock } from "#base/clock.ts";
import type { Metrics } from "#base/metrics.ts";
import type { Observation, TaskName } from "../pod/effects.ts";

const beside: ReadonlySet<TaskName> = new Set<TaskName>(["probe", "writeStatus", "deletePod"]);

interface WorkOptions {
  readonly metrics: Metrics;
  readonly clock: Clock;
}

export class PodWork {
  readonly #options: WorkOptions;
  #tasks = 0;
  #sinceMs = 0;
  #type = "create";
  #isFirst = true;

  constructor(options: WorkOptions) {
    this.#options = options;
  }

  begin(task: TaskName, cause: Observation["is"]): void {
    if (beside.has(task) || this.#tasks++ > 0) return;
    this.#sinceMs = this.#options.clock.monotonic();
    this.#type = this.#isFirst ? "create" : cause === "pod" ? "update" : "sync";
    this.#isFirst = false;
  }

  /** After what follows from it has begun. */
  end(task: TaskName): void {
    if (beside.has(task) || --this.#tasks > 0) return;
    const { metrics, clock } = this.#options;
    metrics
      .histogram(
        "kubelet_pod_worker_duration_seconds",
        "Duration in seconds to sync a single pod. Broken down by operation type: create, update, or sync",
        ["operation_type"],
      )
      .with(this.#type)
      .observe((clock.monotonic() - this.#sinceMs) / 1_000);
  }
}

/** exact: kubelet */
const startBuckets = [
  0.5, 1, 2, 3, 4, 5, 6, 8, 10, 20, 30, 45, 60, 120, 180, 240, 300, 360, 480, 600, 900, 1_200,
  1_800, 2_700, 3_600,
] as const;

/** From when the kubelet first saw the pod until the API knows that it runs. */
export const podStarts = (metrics: Metrics) =>
  metrics
    .histogram(
      "kubelet_pod_start_duration_seconds",
      "Duration in seconds from kubelet seeing a pod for the first time to the pod starting to run",
      [],
      startBuckets,
    )
    .with();
