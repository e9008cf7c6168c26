import { defineKind, type ObjectOf } from "#api/kind.ts";
import { TypedLocalObjectReference, TypedObjectReference } from "./references.ts";
import { LabelSelector } from "#api/meta/label-selector.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const ModifyVolumeStatus = s.struct("core/v1.ModifyVolumeStatus", {
  targetVolumeAttributesClassName: s.string(1),
  status: s.oneOf(2, ["InProgress", "Infeasible", "Pending"], { required: true }),
});

export interface ModifyVolumeStatus extends ValueOf<typeof ModifyVolumeStatus> {}

export const PersistentVolumeClaimCondition = s.struct("core/v1.PersistentVolumeClaimCondition", {
  type: s.string(1, { required: true }),
  status: s.string(2, { required: true }),
  lastProbeTime: s.time(3),
  lastTransitionTime: s.time(4),
  reason: s.string(5),
  message: s.string(6),
});

export interface PersistentVolumeClaimCondition extends ValueOf<
  typeof PersistentVolumeClaimCondition
> {}

export const VolumeResourceRequirements = s.struct("core/v1.VolumeResourceRequirements", {
  limits: s.map(1, "quantity"),
  requests: s.map(2, "quantity"),
});

export interface VolumeResourceRequirements extends ValueOf<typeof VolumeResourceRequirements> {}

export const PersistentVolumeClaimSpec = s.struct("core/v1.PersistentVolumeClaimSpec", {
  accessModes: s.list(
    1,
    { oneOf: ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"] },
    { listType: "atomic" },
  ),
  selector: s.object(4, LabelSelector, { optional: true }),
  resources: s.object(2, VolumeResourceRequirements),
  volumeName: s.string(3),
  storageClassName: s.string(5, { optional: true }),
  volumeMode: s.oneOf(6, ["Block", "Filesystem"], { optional: true }),
  dataSource: s.object(7, TypedLocalObjectReference, { optional: true }),
  dataSourceRef: s.object(8, TypedObjectReference, { optional: true }),
  volumeAttributesClassName: s.string(9, { optional: true, gate: "VolumeAttributesClass" }),
});

export interface PersistentVolumeClaimSpec extends ValueOf<typeof PersistentVolumeClaimSpec> {}

export const PersistentVolumeClaimStatus = s.struct("core/v1.PersistentVolumeClaimStatus", {
  phase: s.oneOf(1, ["Bound", "Lost", "Pending"]),
  accessModes: s.list(
    2,
    { oneOf: ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"] },
    { listType: "atomic" },
  ),
  capacity: s.map(3, "quantity"),
  conditions: s.list(4, PersistentVolumeClaimCondition, {
    listType: "map",
    keys: ["type"],
    patch: "merge",
    patchKey: "type",
  }),
  allocatedResources: s.map(5, "quantity"),
  allocatedResourceStatuses: s.map(
    7,
    {
      oneOf: [
        "ControllerResizeInProgress",
        "ControllerResizeInfeasible",
        "NodeResizeInProgress",
        "NodeResizeInfeasible",
        "NodeResizePending",
      ],
    },
    { mapType: "granular" },
  ),
  currentVolumeAttributesClassName: s.string(8, { optional: true, gate: "VolumeAttributesClass" }),
  modifyVolumeStatus: s.object(9, ModifyVolumeStatus, {
    optional: true,
    gate: "VolumeAttributesClass",
  }),
});

export interface PersistentVolumeClaimStatus extends ValueOf<typeof PersistentVolumeClaimStatus> {}

export const PersistentVolumeClaim = defineKind({
  group: "",
  version: "v1",
  kind: "PersistentVolumeClaim",
  plural: "persistentvolumeclaims",
  shortNames: ["pvc"],
  scope: "Namespaced",
  storage: { prefix: "/registry/persistentvolumeclaims", hash: "QWTyNDq0dC4=" },
  deleteReturnsObject: true,
  schema: s.struct("core/v1.PersistentVolumeClaim", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, PersistentVolumeClaimSpec),
    status: s.object(3, PersistentVolumeClaimStatus),
  }),
  status: {},
});

export interface PersistentVolumeClaim extends ObjectOf<typeof PersistentVolumeClaim> {}
