import { ageColumn, nameColumn, orUnset } from "#api/columns.ts";
import { accessModesText, classText, phaseText } from "./storage-columns.ts";
import {
  validateClaim,
  validateClaimStatus,
  validateClaimUpdate,
} from "./persistentvolumeclaim-validation.ts";
import { prepareClaim } from "./persistentvolumeclaim-defaults.ts";
import { claimWarnings } from "./persistentvolume-warnings.ts";
import { roundUpToMilli } from "./resource-amounts.ts";
import type { FieldError } from "#schema/field-error.ts";
import { defineKind, type ObjectOf } from "#api/kind.ts";
import { TypedLocalObjectReference, TypedObjectReference } from "./references.ts";
import { LabelSelector } from "#api/meta/label-selector.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const ModifyVolumeStatus = s.struct("core/v1.ModifyVolumeStatus", {
  targetVolumeAttributesClassName: s.string(1, { doc: "The class to come." }),
  status: s.oneOf(2, ["InProgress", "Infeasible", "Pending"], {
    doc: "Pending, InProgress or Infeasible.",
    checkedByOwner: true,
    required: true,
  }),
});

export interface ModifyVolumeStatus extends ValueOf<typeof ModifyVolumeStatus> {}

export const PersistentVolumeClaimCondition = s.struct("core/v1.PersistentVolumeClaimCondition", {
  type: s.string(1, { doc: "What it is about.", required: true }),
  status: s.string(2, { doc: "True, False or Unknown.", required: true }),
  lastProbeTime: s.time(3, { doc: "When it was looked at last." }),
  lastTransitionTime: s.time(4, { doc: "When the status changed last." }),
  reason: s.string(5, { doc: "Why, in one word for machines." }),
  message: s.string(6, { doc: "Why, for people." }),
});

export interface PersistentVolumeClaimCondition extends ValueOf<
  typeof PersistentVolumeClaimCondition
> {}

export const VolumeResourceRequirements = s.struct(
  "core/v1.VolumeResourceRequirements",
  {
    limits: s.map(1, "quantity", { doc: "The most it may hold." }),
    requests: s.map(2, "quantity", { doc: "The least it must hold." }),
  },
  {
    defaults(draft): void {
      roundUpToMilli(draft.limits);
      roundUpToMilli(draft.requests);
    },
  },
);

export interface VolumeResourceRequirements extends ValueOf<typeof VolumeResourceRequirements> {}

export const PersistentVolumeClaimSpec = s.struct(
  "core/v1.PersistentVolumeClaimSpec",
  {
    accessModes: s.list(
      1,
      { oneOf: ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"] },
      { doc: "How it is to be mounted.", listType: "atomic", checkedByOwner: true },
    ),
    selector: s.object(4, LabelSelector, {
      doc: "Labels of volumes that will do.",
      optional: true,
    }),
    resources: s.object(2, VolumeResourceRequirements, { doc: "How much it must hold." }),
    volumeName: s.string(3, { doc: "The volume it is bound to." }),
    storageClassName: s.string(5, {
      doc: "The class it asks for; the default one when unset.",
      optional: true,
    }),
    volumeMode: s.oneOf(6, ["Block", "Filesystem"], {
      doc: "Filesystem or Block.",
      checkedByOwner: true,
      optional: true,
    }),
    dataSource: s.object(7, TypedLocalObjectReference, {
      doc: "What to fill it from.",
      optional: true,
    }),
    dataSourceRef: s.object(8, TypedObjectReference, {
      doc: "What to fill it from, of any kind and namespace.",
      optional: true,
    }),
    volumeAttributesClassName: s.string(9, {
      doc: "The class of attributes it asks for; can be changed.",
      optional: true,
      gate: "VolumeAttributesClass",
    }),
  },
  {
    defaults(draft): void {
      draft.volumeMode ??= "Filesystem";
    },
  },
);

export interface PersistentVolumeClaimSpec extends ValueOf<typeof PersistentVolumeClaimSpec> {}

export const PersistentVolumeClaimStatus = s.struct(
  "core/v1.PersistentVolumeClaimStatus",
  {
    phase: s.oneOf(1, ["Bound", "Lost", "Pending"], {
      doc: "Pending, Bound or Lost.",
      checkedByOwner: true,
    }),
    accessModes: s.list(
      2,
      { oneOf: ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"] },
      { doc: "How the volume may be mounted.", listType: "atomic", checkedByOwner: true },
    ),
    capacity: s.map(3, "quantity", { doc: "How much the volume holds." }),
    conditions: s.list(4, PersistentVolumeClaimCondition, {
      doc: "What is going on with it.",
      listType: "map",
      keys: ["type"],
      patch: "merge",
      patchKey: "type",
    }),
    allocatedResources: s.map(5, "quantity", { doc: "Sizes that are being worked on." }),
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
      { doc: "How far resizing is.", mapType: "granular", checkedByOwner: true },
    ),
    currentVolumeAttributesClassName: s.string(8, {
      doc: "The class of attributes it has.",
      optional: true,
      gate: "VolumeAttributesClass",
    }),
    modifyVolumeStatus: s.object(9, ModifyVolumeStatus, {
      doc: "How far a change of that class is.",
      optional: true,
      gate: "VolumeAttributesClass",
    }),
  },
  {
    defaults(draft): void {
      draft.phase ||= "Pending";
      roundUpToMilli(draft.capacity);
      roundUpToMilli(draft.allocatedResources);
    },
  },
);

export interface PersistentVolumeClaimStatus extends ValueOf<typeof PersistentVolumeClaimStatus> {}

export const PersistentVolumeClaim = defineKind({
  group: "",
  version: "v1",
  kind: "PersistentVolumeClaim",
  doc: "A request for storage; pods mount the volume that it is bound to.",
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
  columns: [
    nameColumn,
    {
      name: "Status",
      type: "string",
      doc: "Whether it is bound.",
      cell: (claim) => phaseText(claim),
    },
    {
      name: "Volume",
      type: "string",
      doc: "The volume it is bound to.",
      cell: ({ spec }) => spec.volumeName ?? "",
    },
    {
      name: "Capacity",
      type: "string",
      doc: "How much the volume holds.",
      cell: ({ spec, status }) => (spec.volumeName ? (status.capacity?.["storage"] ?? "0") : ""),
    },
    {
      name: "Access Modes",
      type: "string",
      doc: "How the volume may be mounted.",
      cell: ({ spec, status }) => (spec.volumeName ? accessModesText(status.accessModes) : ""),
    },
    {
      name: "StorageClass",
      type: "string",
      doc: "The class it asks for.",
      cell: ({ metadata, spec }) => classText(metadata, spec.storageClassName),
    },
    {
      name: "VolumeAttributesClass",
      type: "string",
      doc: "The class of attributes it asks for.",
      cell: ({ spec }) => orUnset(spec.volumeAttributesClassName),
    },
    ageColumn,
    {
      name: "VolumeMode",
      type: "string",
      wide: true,
      doc: "Whether it wants a file system.",
      cell: ({ spec }) => orUnset(spec.volumeMode),
    },
  ],
  prepareForCreate(draft): void {
    draft.status = { phase: "Pending" };
    prepareClaim(draft.spec);
  },
  prepareForUpdate: (draft, old): void => prepareClaim(draft.spec, old.spec),
  validate: (claim): Iterable<FieldError> => validateClaim(claim),
  validateUpdate: (claim, old): Iterable<FieldError> => validateClaimUpdate(claim, old),
  warnings: (claim): Iterable<string> => claimWarnings(claim),
  status: { validate: (claim): Iterable<FieldError> => validateClaimStatus(claim) },
});

export interface PersistentVolumeClaim extends ObjectOf<typeof PersistentVolumeClaim> {}
