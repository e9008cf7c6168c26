/** Volumes and claims by how they stand. upstream: pkg/controller/volume/persistentvolume/metrics/metrics.go */
import { PersistentVolumeClaim } from "#api/core/persistentvolumeclaim.ts";
import { PersistentVolume } from "#api/core/persistentvolume.ts";
import { classNameOf } from "#api/storage/volume-binding.ts";
import { type Sample, tallied } from "#base/metrics.ts";
import type { Measure, Meter } from "../runtime/measures.ts";
import type { Lookups } from "../runtime/view.ts";

// exact: kube-controller-manager, names and labels
const gauge = (name: string, help: string, labels: readonly string[]): Measure => ({
  is: "gauge",
  name: `pv_collector_${name}`,
  help,
  labels,
});

const classLabel = ["storage_class"];
const claimLabels = ["namespace", "storage_class", "volume_attributes_class"];
const boundVolumes = gauge("bound_pv_count", "Volumes that are bound", classLabel);
const unboundVolumes = gauge("unbound_pv_count", "Volumes that are not bound", classLabel);
const boundClaims = gauge("bound_pvc_count", "Claims that are bound", claimLabels);
const unboundClaims = gauge("unbound_pvc_count", "Claims that are not bound", claimLabels);

const volumes = (view: Lookups, isBound: boolean): Iterable<Sample> =>
  tallied(
    view
      .list(PersistentVolume)
      .filter(({ status }) => (status.phase === "Bound") === isBound)
      .map(({ spec }) => [spec.storageClassName ?? ""]),
  );

const claims = (view: Lookups, isBound: boolean): Iterable<Sample> =>
  tallied(
    view
      .list(PersistentVolumeClaim)
      .filter(({ status }) => (status.phase === "Bound") === isBound)
      .map((claim) => [
        claim.metadata.namespace ?? "",
        classNameOf(claim) ?? "",
        claim.spec.volumeAttributesClassName ?? "",
      ]),
  );

export const volumeMeter: Meter = {
  measures: [boundVolumes, unboundVolumes, boundClaims, unboundClaims],
  gauges: new Map([
    [boundVolumes, (view) => volumes(view, true)],
    [unboundVolumes, (view) => volumes(view, false)],
    [boundClaims, (view) => claims(view, true)],
    [unboundClaims, (view) => claims(view, false)],
  ]),
};
