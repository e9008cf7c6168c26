/** What is done for volumes. upstream: pkg/volume/util/metrics.go, pkg/kubelet/volumemanager/metrics */
import type { Volume, VolumeSource } from "#api/core/volume-sources.ts";
import type { Clock } from "#base/clock.ts";
import type { Metrics, Sample } from "#base/metrics.ts";
import type { PodState } from "../pod/state.ts";

/** exact: pkg/volume/util */
const buckets = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 25, 50, 120, 300, 600] as const;

/** As upstream's plugins are called: `kubernetes.io/configmap`. */
const plugins: { readonly [K in keyof VolumeSource]?: string } = {
  configMap: "configmap",
  csi: "csi",
  downwardAPI: "downward-api",
  emptyDir: "empty-dir",
  ephemeral: "csi",
  hostPath: "host-path",
  image: "image",
  persistentVolumeClaim: "csi",
  projected: "projected",
  secret: "secret",
};

export function pluginOf(volume: Volume): string {
  const kind = Object.keys(plugins).find((name) => volume[name as keyof VolumeSource]);
  return `kubernetes.io/${plugins[kind as keyof VolumeSource] ?? "unknown"}`;
}

interface StorageOptions {
  readonly metrics: Metrics;
  readonly clock: Clock;
}

/** Mounts a volume, and counts how that went. */
export async function measureMount<T>(
  { metrics, clock }: StorageOptions,
  volume: Volume,
  mount: () => Promise<T>,
): Promise<T> {
  const startMs = clock.monotonic();
  let status = "fail-unknown";
  try {
    const mounted = await mount();
    status = "success";
    return mounted;
  } finally {
    metrics
      .histogram(
        "storage_operation_duration_seconds",
        "Storage operation duration",
        ["volume_plugin", "operation_name", "status", "migrated"],
        buckets,
      )
      .with(pluginOf(volume), "volume_mount", status, "false")
      .observe((clock.monotonic() - startMs) / 1_000);
  }
}

/** What is wanted, and what is there. */
export function* volumesByPlugin(states: Iterable<PodState>): Iterable<Sample> {
  const counts = new Map<string, number>();
  for (const { pod, life, volumes } of states) {
    if (!pod || life.at === "ended" || life.at === "gone") continue;
    for (const volume of pod.spec.volumes ?? []) {
      const plugin = pluginOf(volume);
      const worlds = volumes.at === "mounted" ? ["desired", "actual"] : ["desired"];
      for (const world of worlds) {
        const key = `${plugin} ${world}_state_of_world`;
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
    }
  }
  for (const [key, count] of counts) yield [key.split(" "), count];
}
