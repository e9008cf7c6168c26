/** What is done for volumes. upstream: pkg/volume/util/metrics.go, pkg/kubelet/volumemanager/metrics */
import type { Volume, VolumeSource } from "#api/core/volume-sources.ts";
import type { Clock } from "#base/clock.ts";
import { type Metrics, type Sample, tallied } from "#base/metrics.ts";
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
export const volumesByPlugin = (states: Iterable<PodState>): readonly Sample[] =>
  tallied(Array.from(states, worldsOf).flat());

/** A pair of plugin and world for each volume of the pod. */
function worldsOf({ pod, life, volumes }: PodState): readonly (readonly string[])[] {
  if (!pod || life.at === "ended" || life.at === "gone") return [];
  const worlds = volumes.at === "mounted" ? ["desired", "actual"] : ["desired"];
  return (pod.spec.volumes ?? []).flatMap((volume) =>
    worlds.map((world) => [pluginOf(volume), `${world}_state_of_world`]),
  );
}
