/**
 * Evicts pods that use devices with NoExecute taints which their claims do not tolerate, or no longer.
 * differs: only taints that drivers publish in their slices count: DeviceTaintRules are off unless
 * asked for in 1.36, and not in its v1 API.
 * upstream: pkg/controller/devicetainteviction/device_taint_eviction.go
 */
import { isPodTerminal, isPodTerminating } from "#api/core/pod-conditions.ts";
import { Pod } from "#api/core/pod.ts";
import type { DeviceToleration } from "#api/resource/device.ts";
import { toleratesDeviceTaint } from "#api/resource/device-taints.ts";
import { type DeviceRequestAllocationResult, ResourceClaim } from "#api/resource/resourceclaim.ts";
import { type DeviceTaint, ResourceSlice } from "#api/resource/resourceslice.ts";
import { seconds } from "#base/clock.ts";
import type { Index } from "#client/cache.ts";
import { type Disruption, removeDisrupted } from "./disruption/disruption-condition.ts";
import { isPodReference } from "./resourceclaim/consumers.ts";
import { defineController, eventsRule, type View, watching } from "./runtime/controller.ts";
import { type Effect, note, wakeIn } from "./runtime/effects.ts";
import { type Measure, measure } from "./runtime/measures.ts";

// exact: kube-controller-manager, names and texts
const deletions: Measure = {
  is: "counter",
  name: "device_taint_eviction_controller_pod_deletions_total",
  help: "Pods that were deleted because of taints of their devices",
  labels: [],
};
const latency: Measure = {
  is: "histogram",
  name: "device_taint_eviction_controller_pod_deletion_duration_seconds",
  help: "Time from when a taint had to take effect until the pod was deleted",
  labels: [],
  buckets: [0.005, 0.025, 0.1, 0.5, 1, 2.5, 10, 30, 60, 120, 180, 240],
};

const looks = ["get", "list", "watch"] as const;

export const deviceTaintEvictionController = defineController({
  name: "device-taint-eviction-controller",
  identity: "device-taint-eviction-controller",
  for: Pod,
  leavesAlone: ({ spec }) => !spec.resourceClaims?.length,
  watches: [watching(ResourceClaim, usersOf), watching(ResourceSlice, usersOfTaintedPool)],
  meter: { measures: [deletions, latency] },
  rules: [
    { verbs: [...looks, "delete"], apiGroups: [""], resources: ["pods"] },
    { verbs: ["patch"], apiGroups: [""], resources: ["pods/status"] },
    { verbs: looks, apiGroups: ["resource.k8s.io"], resources: ["resourceclaims"] },
    { verbs: looks, apiGroups: ["resource.k8s.io"], resources: ["resourceslices"] },
    eventsRule,
  ],

  reconcile(pod, view) {
    if (!pod.spec.nodeName || isPodTerminating(pod) || isPodTerminal(pod)) return [];
    const claims = view.by(ResourceClaim, byUser, pod.metadata.uid ?? "");
    const evictAt = Math.min(...claims.map((claim) => evictionTime(claim, view)));
    if (evictAt === Infinity) return [];
    return evictAt > view.now ? [wakeIn(evictAt - view.now)] : evict(pod, evictAt, view);
  },
});

/** Claims by the pods for which they are reserved. */
const byUser: Index<ResourceClaim> = ({ status }) =>
  (status.reservedFor ?? []).filter(isPodReference).map(({ uid }) => uid);

const poolOf = ({ driver, pool }: Pick<DeviceRequestAllocationResult, "driver" | "pool">): string =>
  `${driver}/${pool}`;

const byPool: Index<ResourceSlice> = ({ spec: { driver, pool } }) => [
  poolOf({ driver, pool: pool.name }),
];

const resultsOf = ({ status }: ResourceClaim): readonly DeviceRequestAllocationResult[] =>
  status.allocation?.devices.results ?? [];

const byDevicesOfPool: Index<ResourceClaim> = (claim) => new Set(resultsOf(claim).map(poolOf));

function* usersOf({ metadata, status }: ResourceClaim): Generator<string> {
  for (const user of (status.reservedFor ?? []).filter(isPodReference))
    yield `${metadata.namespace}/${user.name}`;
}

/** A slice may also hide, or no longer hide, what another one says of the pool. */
function* usersOfTaintedPool(
  slice: ResourceSlice,
  old: ResourceSlice | undefined,
  view: View,
): Generator<string> {
  for (const pool of byPool(slice)) {
    const slices = [slice, ...(old ? [old] : []), ...view.by(ResourceSlice, byPool, pool)];
    if (!slices.some(isTainted)) continue;
    for (const claim of view.by(ResourceClaim, byDevicesOfPool, pool)) yield* usersOf(claim);
  }
}

const isNoExecute = ({ effect }: DeviceTaint): boolean => effect === "NoExecute";

const isTainted = ({ spec }: ResourceSlice): boolean =>
  spec.devices?.some(({ taints }) => taints?.some(isNoExecute)) ?? false;

/** The taint that is tolerated shortest decides; Infinity when all are tolerated for ever. */
function evictionTime(claim: ResourceClaim, view: View): number {
  const times = resultsOf(claim).flatMap(({ tolerations = [], ...device }) =>
    taintsOf(device, view).map((taint) => {
      const added = taint.timeAdded ? Date.parse(taint.timeAdded) : view.since(noticed);
      return added + toleratedMs(taint, tolerations);
    }),
  );
  return Math.min(...times);
}

const noticed = "its devices have NoExecute taints";

/** As the newest generation of the pool has it. */
function taintsOf(
  result: Pick<DeviceRequestAllocationResult, "driver" | "pool" | "device">,
  view: View,
): readonly DeviceTaint[] {
  const slices = view.by(ResourceSlice, byPool, poolOf(result));
  const newest = Math.max(...slices.map(({ spec }) => spec.pool.generation));
  return slices
    .filter(({ spec }) => spec.pool.generation === newest)
    .flatMap(({ spec }) => spec.devices ?? [])
    .filter(({ name }) => name === result.device)
    .flatMap(({ taints = [] }) => taints.filter(isNoExecute));
}

/**
 * differs: a toleration without an effect also holds for NoExecute, as its description says; upstream
 * takes it for NoSchedule only.
 */
function toleratedMs(taint: DeviceTaint, tolerations: readonly DeviceToleration[]): number {
  const matching = tolerations.filter((toleration) => toleratesDeviceTaint(toleration, taint));
  if (matching.length === 0) return 0;
  if (matching.some(({ tolerationSeconds }) => tolerationSeconds === undefined)) return Infinity;
  return seconds(
    Math.min(...matching.map(({ tolerationSeconds = 0 }) => Math.max(tolerationSeconds, 0))),
  );
}

// exact: kube-controller-manager
const evict = (pod: Pod, dueMs: number, view: View): readonly Effect[] => [
  note(pod, "DeviceTaintManagerEviction", "Marking for deletion"),
  ...removeDisrupted(pod, disruption, view),
  measure(deletions),
  measure(latency, [], (view.now - dueMs) / 1_000),
];

const disruption: Disruption = {
  reason: "DeletionByDeviceTaintManager",
  message: "Device Taint manager: deleting due to NoExecute taint",
};
