/** What the tasks for pods tell by how they ended. upstream: pkg/kubelet/metrics/metrics.go */
import { exponentialBuckets, type Metrics } from "#base/metrics.ts";
import type { OutcomeOf, TaskName, TaskOf } from "../pod/effects.ts";
import { type ContainerSort, findContainer } from "../pod/pod-containers.ts";
import type { PodState } from "../pod/state.ts";

/** A task that has ended. */
export interface Ended<K extends TaskName = TaskName> {
  readonly task: TaskOf<K>;
  readonly outcome: OutcomeOf<K>;
  readonly seconds: number;
  /** When the task began. */
  readonly state: PodState;
}

export function noteTask(metrics: Metrics, ended: Ended): void {
  const { task, outcome, seconds } = ended;
  metrics
    .histogram("kubelet_task_duration_seconds", "Duration of tasks for pods, by task and result", [
      "task",
      "result",
    ])
    .with(task.do, outcome.ok ? "success" : "failure")
    .observe(seconds);
  (notes[task.do] as Note<TaskName> | undefined)?.(metrics, ended);
}

type Note<K extends TaskName> = (metrics: Metrics, ended: Ended<K>) => void;

const notes: { readonly [K in TaskName]?: Note<K> } = {
  runSandbox: noteSandbox,
  createContainer: (metrics, { task, outcome, state }) => {
    if (!outcome.ok)
      noteStart(metrics, state, { container: task.container, error: outcome.reason });
  },
  startContainer: (metrics, { task, outcome, state }) =>
    noteStart(metrics, state, {
      container: task.container,
      ...(outcome.ok ? {} : { error: "RunContainerError" }),
    }),
  pullImage: (metrics, { task, outcome, state }) => {
    if (!outcome.ok && "container" in task)
      noteStart(metrics, state, { container: task.container, error: "ErrImagePull" });
  },
  placeImage: noteImageVolume,
  resize: (metrics, { outcome, seconds }) =>
    metrics
      .histogram(
        "kubelet_pod_resize_duration_milliseconds",
        "Duration in milliseconds to actuate a pod resize",
        ["success"],
        exponentialBuckets(10, 2, 12),
      )
      .with(String(outcome.ok))
      .observe(seconds * 1_000),
};

function noteSandbox(metrics: Metrics, { outcome, seconds, state }: Ended<"runSandbox">): void {
  const handler = state.pod?.spec.runtimeClassName ?? "";
  metrics.counter("kubelet_started_pods_total", "Cumulative number of pods started").with().inc();
  const labels = ["runtime_handler"];
  metrics
    .histogram(
      "kubelet_run_podsandbox_duration_seconds",
      "Duration in seconds of the run_podsandbox operations. Broken down by RuntimeClass.Handler.",
      labels,
    )
    .with(handler)
    .observe(seconds);
  if (outcome.ok) return;
  const help = "Cumulative number of errors when starting pods";
  metrics.counter("kubelet_started_pods_errors_total", help).with().inc();
  metrics
    .counter(
      "kubelet_run_podsandbox_errors_total",
      "Cumulative number of the run_podsandbox operation errors by RuntimeClass.Handler.",
      labels,
    )
    .with(handler)
    .inc();
}

/** exact: kubelet. A sidecar is an init container. */
const typeOf: Readonly<Record<ContainerSort, string>> = {
  init: "init_container",
  sidecar: "init_container",
  main: "container",
  ephemeral: "ephemeral_container",
};

interface Start {
  readonly container: string;
  readonly error?: string;
}

/** An attempt to start a container has come to its end, good or bad. */
function noteStart(metrics: Metrics, { pod }: PodState, { container, error }: Start): void {
  const sort = pod && findContainer(pod, container)?.sort;
  if (!sort) return;
  metrics
    .counter("kubelet_started_containers_total", "Cumulative number of containers started", [
      "container_type",
    ])
    .with(typeOf[sort])
    .inc();
  if (error === undefined) return;
  metrics
    .counter(
      "kubelet_started_containers_errors_total",
      "Cumulative number of errors when starting containers",
      ["container_type", "code"],
    )
    .with(typeOf[sort], error)
    .inc();
}

function noteImageVolume(metrics: Metrics, { outcome }: Ended<"placeImage">): void {
  const help = "Number of requested image volumes.";
  metrics.counter("kubelet_image_volume_requested_total", help).with().inc();
  const [name, what] = outcome.ok ? ["succeed", "successful"] : ["errors", "failed"];
  metrics
    .counter(`kubelet_image_volume_mounted_${name}_total`, `Number of ${what} image volume mounts.`)
    .with()
    .inc();
}
