/** How full the volumes of claims are. upstream: pkg/kubelet/metrics/collectors/volume_stats.go */
import type { Disk, DiskSpace } from "#base/disk.ts";
import type { ServedPod } from "./facts.ts";
import { type Family, textOf } from "./exposition.ts";

interface Sized {
  readonly labels: { readonly namespace: string; readonly persistentvolumeclaim: string };
  readonly room: DiskSpace;
}

/** A volume that cannot be looked at is left out: it may just be going. */
export async function volumeMetrics(
  pods: Iterable<ServedPod>,
  disk: Pick<Disk, "space">,
): Promise<string> {
  const places = new Map([...pods].flatMap((pod) => [...placesOf(pod)]));
  const sized = await Promise.allSettled(
    Array.from(places.values(), async ({ path, labels }): Promise<Sized> => {
      return { labels, room: await disk.space(path) };
    }),
  );
  const found = sized.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  return textOf(readings.map((reading) => familyOf(reading, found)));
}

type Reading = readonly [
  name: string,
  help: string,
  valueOf: (room: DiskSpace) => number | undefined,
];

const readings: readonly Reading[] = [
  ["capacity_bytes", "Capacity in bytes of the volume", (room) => room.totalBytes],
  ["available_bytes", "Number of available bytes in the volume", (room) => room.freeBytes],
  ["used_bytes", "Number of used bytes in the volume", (room) => room.totalBytes - room.freeBytes],
  ["inodes", "Maximum number of inodes in the volume", ({ inodes }) => inodes?.total],
  ["inodes_free", "Number of free inodes in the volume", ({ inodes }) => inodes?.free],
  [
    "inodes_used",
    "Number of used inodes in the volume",
    ({ inodes }) => inodes && inodes.total - inodes.free,
  ],
];

/** By claim: several pods may have it. */
function* placesOf({ state, volumes }: ServedPod) {
  const { namespace, pod } = state;
  for (const { name, persistentVolumeClaim: claim, ephemeral } of pod?.spec.volumes ?? []) {
    const claimName = claim?.claimName ?? (ephemeral && `${state.name}-${name}`);
    const volume = volumes?.get(name);
    if (claimName === undefined || !volume || volume.isDevice) continue;
    const labels = { namespace, persistentvolumeclaim: claimName };
    yield [`${namespace}/${claimName}`, { path: volume.path, labels }] as const;
  }
}

function familyOf([name, help, valueOf]: Reading, found: readonly Sized[]): Family {
  const samples = found.flatMap(({ labels, room }) => {
    const value = valueOf(room);
    return value === undefined ? [] : [[labels, value] as const];
  });
  return { name: `kubelet_volume_stats_${name}`, type: "gauge", help, samples };
}
