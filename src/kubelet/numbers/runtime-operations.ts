/** What the runtime is asked, how long it takes and how often it fails. upstream: pkg/kubelet/kuberuntime/instrumented_services.go */
import type { Clock } from "#base/clock.ts";
import { exponentialBuckets, type Metrics } from "#base/metrics.ts";
import type { ContainerRuntime } from "../runtime.ts";

/** exact: kubelet. Calls without a name there are not counted. */
const names: { readonly [K in keyof ContainerRuntime]?: string } = {
  version: "version",
  status: "status",
  updatePodCidr: "update_runtime_config",
  runSandbox: "run_podsandbox",
  stopSandbox: "stop_podsandbox",
  removeSandbox: "remove_podsandbox",
  listSandboxes: "list_podsandbox",
  sandboxStatus: "podsandbox_status",
  createContainer: "create_container",
  startContainer: "start_container",
  stopContainer: "stop_container",
  removeContainer: "remove_container",
  updateContainer: "update_container",
  listContainers: "list_containers",
  containerStatus: "container_status",
  reopenLog: "reopen_container_log",
  execSync: "exec_sync",
  exec: "exec",
  attach: "attach",
  portForward: "port_forward",
  listContainerStats: "list_container_stats",
  listImages: "list_images",
  imageStatus: "image_status",
  pullImage: "pull_image",
  removeImage: "remove_image",
  imageFileSystems: "image_fs_info",
};

interface CountOptions {
  readonly metrics: Metrics;
  readonly clock: Clock;
}

type Call = (...args: readonly unknown[]) => Promise<unknown>;

/** The same runtime, whose calls are counted. */
export function countedRuntime(
  runtime: ContainerRuntime,
  { metrics, clock }: CountOptions,
): ContainerRuntime {
  const labels = ["operation_type"];
  const total = metrics.counter(
    "kubelet_runtime_operations_total",
    "Cumulative number of runtime operations by operation type.",
    labels,
  );
  const failed = metrics.counter(
    "kubelet_runtime_operations_errors_total",
    "Cumulative number of runtime operation errors by operation type.",
    labels,
  );
  const took = metrics.histogram(
    "kubelet_runtime_operations_duration_seconds",
    "Duration in seconds of runtime operations. Broken down by operation type.",
    labels,
    exponentialBuckets(0.005, 2.5, 14),
  );
  const counted = (call: Call, name: string): Call => {
    return async (...args) => {
      const startMs = clock.monotonic();
      total.with(name).inc();
      try {
        return await call(...args);
      } catch (error) {
        failed.with(name).inc();
        throw error;
      } finally {
        took.with(name).observe((clock.monotonic() - startMs) / 1_000);
      }
    };
  };
  const calls = Object.entries(names).map(([key, name]) => [
    key,
    counted(runtime[key as keyof ContainerRuntime] as Call, name),
  ]);
  return { ...runtime, ...(Object.fromEntries(calls) as Partial<ContainerRuntime>) };
}
