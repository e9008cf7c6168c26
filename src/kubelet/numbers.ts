/** What the kubelet counts about its own work. upstream: pkg/kubelet/metrics/metrics.go */
import type { Metrics, Sample } from "#base/metrics.ts";
import type { Pods } from "./pods.ts";

/** Read when asked for: `/metrics` is rarely looked at. */
export function countPods(metrics: Metrics, pods: Pods, nodeName: string): void {
  const running = { name: "kubelet_running_pods", help: "Pods that have a running sandbox" };
  metrics.observed(running, () => [[[], runningPods(pods)]]);
  const containers = {
    name: "kubelet_running_containers",
    help: "Containers by state",
    labels: ["container_state"],
  };
  metrics.observed(containers, () => containersByState(pods));
  const node = {
    name: "kubelet_node_name",
    help: "The node's name. The value is always 1.",
    labels: ["node"],
  };
  metrics.observed(node, () => [[[nodeName], 1]]);
}

const runningPods = ({ workers }: Pods): number =>
  [...workers].filter(({ state }) => state.runtime?.sandboxes.some(({ isReady }) => isReady))
    .length;

function* containersByState({ workers }: Pods): Iterable<Sample> {
  const all = [...workers].flatMap(({ state }) => state.runtime?.containers ?? []);
  for (const [state, of] of Map.groupBy(all, (container) => container.state))
    yield [[state], of.length];
}

/** How long everything takes that is done for pods: pulling, starting, probing, stopping. */
export const taskDurations = (metrics: Metrics) =>
  metrics.histogram(
    "kubelet_task_duration_seconds",
    "Duration of tasks for pods, by task and result",
    ["task", "result"],
  );
