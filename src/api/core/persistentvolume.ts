import { ageColumn, nameColumn, orUnset } from "#api/columns.ts";
import { accessModesText, classText, phaseText } from "./storage-columns.ts";
import { validateVolume, validateVolumeUpdate } from "./persistentvolume-validation.ts";
import { persistentVolumeWarnings } from "./persistentvolume-warnings.ts";
import { roundUpToMilli } from "./resource-amounts.ts";
import type { FieldError } from "#schema/field-error.ts";
import { defineKind, type ObjectOf } from "#api/kind.ts";
import { NodeSelector } from "./node-selector.ts";
import { ObjectReference, SecretReference } from "./references.ts";
import { HostPathVolumeSource, LocalVolumeSource, NFSVolumeSource } from "./volume-sources.ts";
import {
  AWSElasticBlockStoreVolumeSource,
  AzureDiskVolumeSource,
  FCVolumeSource,
  FlockerVolumeSource,
  GCEPersistentDiskVolumeSource,
  PhotonPersistentDiskVolumeSource,
  PortworxVolumeSource,
  QuobyteVolumeSource,
  VsphereVirtualDiskVolumeSource,
} from "./storage-systems.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const AzureFilePersistentVolumeSource = s.struct("core/v1.AzureFilePersistentVolumeSource", {
  secretName: s.string(1, { required: true }),
  shareName: s.string(2, { required: true }),
  readOnly: s.boolean(3),
  secretNamespace: s.string(4, { always: true, nullable: true }),
});

export interface AzureFilePersistentVolumeSource extends ValueOf<
  typeof AzureFilePersistentVolumeSource
> {}

export const CSIPersistentVolumeSource = s.struct("core/v1.CSIPersistentVolumeSource", {
  driver: s.string(1, { doc: "Name of the driver.", required: true }),
  volumeHandle: s.string(2, { doc: "How the driver calls the volume.", required: true }),
  readOnly: s.boolean(3, { doc: "Mount it so that nobody can write." }),
  fsType: s.string(4, { doc: "File system, as in `ext4`." }),
  volumeAttributes: s.map(5, "string", { doc: "What the driver wants to know." }),
  controllerPublishSecretRef: s.object(6, SecretReference, { optional: true }),
  nodeStageSecretRef: s.object(7, SecretReference, { optional: true }),
  nodePublishSecretRef: s.object(8, SecretReference, { optional: true }),
  controllerExpandSecretRef: s.object(9, SecretReference, { optional: true }),
  nodeExpandSecretRef: s.object(10, SecretReference, { optional: true }),
});

export interface CSIPersistentVolumeSource extends ValueOf<typeof CSIPersistentVolumeSource> {}

export const CephFSPersistentVolumeSource = s.struct("core/v1.CephFSPersistentVolumeSource", {
  monitors: s.list(1, "string", { required: true, listType: "atomic" }),
  path: s.string(2),
  user: s.string(3),
  secretFile: s.string(4),
  secretRef: s.object(5, SecretReference, { optional: true }),
  readOnly: s.boolean(6),
});

export interface CephFSPersistentVolumeSource extends ValueOf<
  typeof CephFSPersistentVolumeSource
> {}

export const CinderPersistentVolumeSource = s.struct("core/v1.CinderPersistentVolumeSource", {
  volumeID: s.string(1, { required: true }),
  fsType: s.string(2),
  readOnly: s.boolean(3),
  secretRef: s.object(4, SecretReference, { optional: true }),
});

export interface CinderPersistentVolumeSource extends ValueOf<
  typeof CinderPersistentVolumeSource
> {}

export const FlexPersistentVolumeSource = s.struct("core/v1.FlexPersistentVolumeSource", {
  driver: s.string(1, { required: true }),
  fsType: s.string(2),
  secretRef: s.object(3, SecretReference, { optional: true }),
  readOnly: s.boolean(4),
  options: s.map(5, "string"),
});

export interface FlexPersistentVolumeSource extends ValueOf<typeof FlexPersistentVolumeSource> {}

export const GlusterfsPersistentVolumeSource = s.struct("core/v1.GlusterfsPersistentVolumeSource", {
  endpoints: s.string(1, { required: true }),
  path: s.string(2, { required: true }),
  readOnly: s.boolean(3),
  endpointsNamespace: s.string(4, { optional: true }),
});

export interface GlusterfsPersistentVolumeSource extends ValueOf<
  typeof GlusterfsPersistentVolumeSource
> {}

export const ISCSIPersistentVolumeSource = s.struct("core/v1.ISCSIPersistentVolumeSource", {
  targetPortal: s.string(1, { required: true }),
  iqn: s.string(2, { required: true }),
  lun: s.int32(3, { required: true }),
  iscsiInterface: s.string(4, { default: "default" }),
  fsType: s.string(5),
  readOnly: s.boolean(6),
  portals: s.list(7, "string", { listType: "atomic" }),
  chapAuthDiscovery: s.boolean(8),
  chapAuthSession: s.boolean(11),
  secretRef: s.object(10, SecretReference, { optional: true }),
  initiatorName: s.string(12, { optional: true }),
});

export interface ISCSIPersistentVolumeSource extends ValueOf<typeof ISCSIPersistentVolumeSource> {}

export const RBDPersistentVolumeSource = s.struct("core/v1.RBDPersistentVolumeSource", {
  monitors: s.list(1, "string", { required: true, listType: "atomic" }),
  image: s.string(2, { required: true }),
  fsType: s.string(3),
  pool: s.string(4, { default: "rbd" }),
  user: s.string(5, { default: "admin" }),
  keyring: s.string(6, { default: "/etc/ceph/keyring" }),
  secretRef: s.object(7, SecretReference, { optional: true }),
  readOnly: s.boolean(8),
});

export interface RBDPersistentVolumeSource extends ValueOf<typeof RBDPersistentVolumeSource> {}

export const ScaleIOPersistentVolumeSource = s.struct("core/v1.ScaleIOPersistentVolumeSource", {
  gateway: s.string(1, { required: true }),
  system: s.string(2, { required: true }),
  secretRef: s.object(3, SecretReference, { required: true, nullable: true }),
  sslEnabled: s.boolean(4),
  protectionDomain: s.string(5),
  storagePool: s.string(6),
  storageMode: s.string(7, { default: "ThinProvisioned" }),
  volumeName: s.string(8),
  fsType: s.string(9, { default: "xfs" }),
  readOnly: s.boolean(10),
});

export interface ScaleIOPersistentVolumeSource extends ValueOf<
  typeof ScaleIOPersistentVolumeSource
> {}

export const StorageOSPersistentVolumeSource = s.struct("core/v1.StorageOSPersistentVolumeSource", {
  volumeName: s.string(1),
  volumeNamespace: s.string(2),
  fsType: s.string(3),
  readOnly: s.boolean(4),
  secretRef: s.object(5, ObjectReference, { optional: true }),
});

export interface StorageOSPersistentVolumeSource extends ValueOf<
  typeof StorageOSPersistentVolumeSource
> {}

export const PersistentVolumeSource = s.struct("core/v1.PersistentVolumeSource", {
  gcePersistentDisk: s.object(1, GCEPersistentDiskVolumeSource, {
    optional: true,
    deprecated: true,
  }),
  awsElasticBlockStore: s.object(2, AWSElasticBlockStoreVolumeSource, {
    optional: true,
    deprecated: true,
  }),
  hostPath: s.object(3, HostPathVolumeSource, { optional: true }),
  glusterfs: s.object(4, GlusterfsPersistentVolumeSource, { optional: true, deprecated: true }),
  nfs: s.object(5, NFSVolumeSource, { optional: true }),
  rbd: s.object(6, RBDPersistentVolumeSource, { optional: true, deprecated: true }),
  iscsi: s.object(7, ISCSIPersistentVolumeSource, { optional: true }),
  cinder: s.object(8, CinderPersistentVolumeSource, { optional: true, deprecated: true }),
  cephfs: s.object(9, CephFSPersistentVolumeSource, { optional: true, deprecated: true }),
  fc: s.object(10, FCVolumeSource, { optional: true }),
  flocker: s.object(11, FlockerVolumeSource, { optional: true, deprecated: true }),
  flexVolume: s.object(12, FlexPersistentVolumeSource, { optional: true, deprecated: true }),
  azureFile: s.object(13, AzureFilePersistentVolumeSource, { optional: true, deprecated: true }),
  vsphereVolume: s.object(14, VsphereVirtualDiskVolumeSource, { optional: true, deprecated: true }),
  quobyte: s.object(15, QuobyteVolumeSource, { optional: true, deprecated: true }),
  azureDisk: s.object(16, AzureDiskVolumeSource, { optional: true, deprecated: true }),
  photonPersistentDisk: s.object(17, PhotonPersistentDiskVolumeSource, {
    optional: true,
    deprecated: true,
  }),
  portworxVolume: s.object(18, PortworxVolumeSource, { optional: true, deprecated: true }),
  scaleIO: s.object(19, ScaleIOPersistentVolumeSource, { optional: true, deprecated: true }),
  local: s.object(20, LocalVolumeSource, { optional: true }),
  storageos: s.object(21, StorageOSPersistentVolumeSource, { optional: true, deprecated: true }),
  csi: s.object(22, CSIPersistentVolumeSource, { optional: true }),
});

export interface PersistentVolumeSource extends ValueOf<typeof PersistentVolumeSource> {}

export const VolumeNodeAffinity = s.struct("core/v1.VolumeNodeAffinity", {
  required: s.object(1, NodeSelector, { doc: "Nodes that can reach the volume.", optional: true }),
});

export interface VolumeNodeAffinity extends ValueOf<typeof VolumeNodeAffinity> {}

export const PersistentVolumeSpec = s.struct(
  "core/v1.PersistentVolumeSpec",
  {
    capacity: s.map(1, "quantity", { doc: "How much it holds." }),
    persistentVolumeSource: s.inline(2, PersistentVolumeSource, {
      protoName: "persistentVolumeSource",
    }),
    accessModes: s.list(
      3,
      { oneOf: ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"] },
      { doc: "How it may be mounted.", listType: "atomic", checkedByOwner: true },
    ),
    claimRef: s.object(4, ObjectReference, {
      doc: "The claim it is bound to.",
      optional: true,
      mapType: "granular",
    }),
    persistentVolumeReclaimPolicy: s.oneOf(5, ["Delete", "Recycle", "Retain"], {
      doc: "What becomes of it when its claim goes: Retain, Delete or Recycle.",
      checkedByOwner: true,
    }),
    storageClassName: s.string(6, { doc: "Its class; claims of the same class can get it." }),
    mountOptions: s.list(7, "string", { doc: "Options for mounting it.", listType: "atomic" }),
    volumeMode: s.oneOf(8, ["Block", "Filesystem"], {
      doc: "Filesystem or Block.",
      checkedByOwner: true,
      optional: true,
    }),
    nodeAffinity: s.object(9, VolumeNodeAffinity, {
      doc: "Nodes that can reach it.",
      checkedByOwner: true,
      optional: true,
    }),
    volumeAttributesClassName: s.string(10, {
      doc: "The class of its changeable attributes.",
      optional: true,
      gate: "VolumeAttributesClass",
    }),
  },
  {
    defaults(draft): void {
      draft.persistentVolumeReclaimPolicy ||= "Retain";
      draft.volumeMode ??= "Filesystem";
      roundUpToMilli(draft.capacity);
    },
  },
);

export interface PersistentVolumeSpec extends ValueOf<typeof PersistentVolumeSpec> {}

export const PersistentVolumeStatus = s.struct(
  "core/v1.PersistentVolumeStatus",
  {
    phase: s.oneOf(1, ["Available", "Bound", "Failed", "Pending", "Released"], {
      doc: "Pending, Available, Bound, Released or Failed.",
      checkedByOwner: true,
    }),
    message: s.string(2, { doc: "Why, for people." }),
    reason: s.string(3, { doc: "Why, in a word." }),
    lastPhaseTransitionTime: s.time(4, { doc: "Since when.", optional: true }),
  },
  {
    defaults(draft): void {
      draft.phase ||= "Pending";
    },
  },
);

export interface PersistentVolumeStatus extends ValueOf<typeof PersistentVolumeStatus> {}

export const PersistentVolume = defineKind({
  group: "",
  version: "v1",
  kind: "PersistentVolume",
  doc: "A piece of storage that outlives pods, for a claim to be bound to.",
  plural: "persistentvolumes",
  shortNames: ["pv"],
  scope: "Cluster",
  storage: { prefix: "/registry/persistentvolumes", hash: "HN/zwEC+JgM=" },
  deleteReturnsObject: true,
  schema: s.struct("core/v1.PersistentVolume", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, PersistentVolumeSpec),
    status: s.object(3, PersistentVolumeStatus),
  }),
  columns: [
    nameColumn,
    {
      name: "Capacity",
      type: "string",
      doc: "How much it holds.",
      cell: ({ spec }) => spec.capacity?.["storage"] ?? "0",
    },
    {
      name: "Access Modes",
      type: "string",
      doc: "How it may be mounted.",
      cell: ({ spec }) => accessModesText(spec.accessModes),
    },
    {
      name: "Reclaim Policy",
      type: "string",
      doc: "What becomes of it after its claim.",
      cell: ({ spec }) => spec.persistentVolumeReclaimPolicy ?? "",
    },
    {
      name: "Status",
      type: "string",
      doc: "Whether it is free, bound or released.",
      cell: (volume) => phaseText(volume),
    },
    {
      name: "Claim",
      type: "string",
      doc: "The claim it is bound to.",
      cell: ({ spec }) =>
        spec.claimRef ? `${spec.claimRef.namespace ?? ""}/${spec.claimRef.name ?? ""}` : "",
    },
    {
      name: "StorageClass",
      type: "string",
      doc: "Its class.",
      cell: ({ metadata, spec }) => classText(metadata, spec.storageClassName),
    },
    {
      name: "VolumeAttributesClass",
      type: "string",
      doc: "The class of its attributes.",
      cell: ({ spec }) => orUnset(spec.volumeAttributesClassName),
    },
    {
      name: "Reason",
      type: "string",
      doc: "Why it is in this state.",
      cell: ({ status }) => status.reason ?? "",
    },
    ageColumn,
    {
      name: "VolumeMode",
      type: "string",
      wide: true,
      doc: "Whether it has a file system.",
      cell: ({ spec }) => orUnset(spec.volumeMode),
    },
  ],
  prepareForCreate(draft): void {
    // differs: upstream notes the time of this as well; there is no clock here.
    draft.status = { phase: "Pending" };
  },
  validate: (volume): Iterable<FieldError> => validateVolume(volume),
  validateUpdate: (volume, old): Iterable<FieldError> => validateVolumeUpdate(volume, old),
  warnings: (volume): Iterable<string> => persistentVolumeWarnings(volume),
  status: {},
});

export interface PersistentVolume extends ObjectOf<typeof PersistentVolume> {}
