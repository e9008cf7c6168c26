/** What the kubelet has. upstream: pkg/kubelet/metrics/metrics.go */
import { type Metrics, type Sample, tallied } from "#base/metrics.ts";
import { ephemeralContainersOf } from "../pod/pod-containers.ts";
import type { PodState } from "../pod/state.ts";
import type { Pods } from "../pods.ts";
import { volumesByPlugin } from "./storage.ts";

type States = readonly PodState[];

interface Gauge {
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
  readonly read: (states: States) => Iterable<Sample>;
}

const count = (name: string, help: string, read: (states: States) => number): Gauge => ({
  name,
  help,
  read: (states) => [[[], read(states)]],
});

/** How many states there are for which it holds. */
const ofThose = (holds: (state: PodState) => boolean) => (states: States) =>
  states.filter(holds).length;

const gauges: readonly Gauge[] = [
  count(
    "kubelet_running_pods",
    "Number of pods that have a running pod sandbox",
    ofThose(({ runtime }) => runtime?.sandboxes.some(({ isReady }) => isReady) ?? false),
  ),
  {
    name: "kubelet_running_containers",
    help: "Number of containers currently running",
    labels: ["container_state"],
    read: containersByState,
  },
  count(
    "kubelet_managed_ephemeral_containers",
    "Current number of ephemeral containers in pods managed by this kubelet.",
    (states) => states.flatMap(({ pod }) => (pod ? ephemeralContainersOf(pod) : [])).length,
  ),
  {
    name: "kubelet_desired_pods",
    help: "The number of pods the kubelet is being instructed to run. static is true if the pod is not from the apiserver.",
    labels: ["static"],
    read: (states) => [[["false"], ofThose(({ isForgotten }) => !isForgotten)(states)]],
  },
  {
    name: "kubelet_pod_pending_resizes",
    help: "Number of pending resizes for pods.",
    labels: ["reason"],
    read: pendingResizes,
  },
  count(
    "kubelet_pod_in_progress_resizes",
    "Number of in-progress resizes for pods.",
    ofThose(({ resize }) => resize?.progress !== undefined),
  ),
  {
    name: "volume_manager_total_volumes",
    help: "Number of volumes in Volume Manager",
    labels: ["plugin_name", "state"],
    read: volumesByPlugin,
  },
];

/** Read when asked for: `/metrics` is rarely looked at. */
export function countPods(metrics: Metrics, pods: Pods, nodeName: string): void {
  const statesNow = (): States => Array.from(pods.workers, ({ state }) => state);
  for (const { read, ...options } of gauges) metrics.observed(options, () => read(statesNow()));
  const node = {
    name: "kubelet_node_name",
    help: "The node's name. The count is always 1.",
    labels: ["node"],
  };
  metrics.observed(node, () => [[[nodeName], 1]]);
}

function containersByState(states: States): readonly Sample[] {
  const all = states.flatMap(({ runtime }) => runtime?.containers ?? []);
  return tallied(all.map(({ state }) => [state]));
}

function pendingResizes(states: States): readonly Sample[] {
  const pending = states.flatMap(({ resize }) => resize?.pending ?? []);
  return tallied(pending.map(({ reason }) => [reason.toLowerCase()]));
}
