import { hostPathTypes } from "./volume-source-rules.ts";
import { validateVolume } from "./volume-validation.ts";
import { validateClaimTemplate } from "./persistentvolumeclaim-validation.ts";
import { defaultPullPolicy } from "./image-name.ts";
import type { FieldError } from "#schema/field-error.ts";
import { ObjectFieldSelector, ResourceFieldSelector } from "./environment.ts";
import { PersistentVolumeClaimSpec } from "./persistentvolumeclaim.ts";
import { LocalObjectReference } from "./references.ts";
import { LabelSelector } from "#api/meta/label-selector.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, type ValueOf } from "#schema/struct.ts";
import {
  AWSElasticBlockStoreVolumeSource,
  AzureDiskVolumeSource,
  AzureFileVolumeSource,
  CephFSVolumeSource,
  CinderVolumeSource,
  FCVolumeSource,
  FlexVolumeSource,
  FlockerVolumeSource,
  GCEPersistentDiskVolumeSource,
  GitRepoVolumeSource,
  GlusterfsVolumeSource,
  ISCSIVolumeSource,
  PhotonPersistentDiskVolumeSource,
  PortworxVolumeSource,
  QuobyteVolumeSource,
  RBDVolumeSource,
  ScaleIOVolumeSource,
  StorageOSVolumeSource,
  VsphereVirtualDiskVolumeSource,
} from "./storage-systems.ts";

export const CSIVolumeSource = s.struct(
  "core/v1.CSIVolumeSource",
  {
    driver: s.string(1, { doc: "Name of the driver.", required: true }),
    readOnly: s.boolean(2, { doc: "Mount it so that nobody can write.", optional: true }),
    fsType: s.string(3, { doc: "File system, as in `ext4`.", optional: true }),
    volumeAttributes: s.map(4, "string", { doc: "What the driver wants to know." }),
    nodePublishSecretRef: s.object(5, LocalObjectReference, {
      doc: "Credentials for mounting it.",
      optional: true,
    }),
  },
  { doc: "A volume that a CSI driver makes for the pod." },
);

export interface CSIVolumeSource extends ValueOf<typeof CSIVolumeSource> {}

export const ClusterTrustBundleProjection = s.struct("core/v1.ClusterTrustBundleProjection", {
  name: s.string(1, { doc: "One bundle by name.", optional: true }),
  signerName: s.string(2, { doc: "All bundles of a signer.", optional: true }),
  labelSelector: s.object(3, LabelSelector, {
    doc: "Those of the signer with these labels.",
    optional: true,
  }),
  optional: s.boolean(5, { doc: "They may be missing.", optional: true }),
  path: s.string(4, { doc: "The file, relative to the volume.", required: true }),
});

export interface ClusterTrustBundleProjection extends ValueOf<
  typeof ClusterTrustBundleProjection
> {}

export const KeyToPath = s.struct("core/v1.KeyToPath", {
  key: s.string(1, { doc: "Which entry.", required: true }),
  path: s.string(2, { doc: "The file, relative to the volume.", required: true }),
  mode: s.int32(3, { doc: "Mode of the file; the volume's unless said.", optional: true }),
});

export interface KeyToPath extends ValueOf<typeof KeyToPath> {}

export const ConfigMapProjection = s.struct("core/v1.ConfigMapProjection", {
  localObjectReference: s.inline(1, LocalObjectReference, { protoName: "localObjectReference" }),
  items: s.list(2, KeyToPath, {
    doc: "Which entries, and where; all of them unless said.",
    listType: "atomic",
  }),
  optional: s.boolean(4, { doc: "The map may be missing.", optional: true }),
});

export interface ConfigMapProjection extends ValueOf<typeof ConfigMapProjection> {}

export const ConfigMapVolumeSource = s.struct(
  "core/v1.ConfigMapVolumeSource",
  {
    localObjectReference: s.inline(1, LocalObjectReference, { protoName: "localObjectReference" }),
    items: s.list(2, KeyToPath, {
      doc: "Which entries, and where; all of them unless said.",
      listType: "atomic",
    }),
    defaultMode: s.int32(3, { doc: "Mode of the files.", optional: true }),
    optional: s.boolean(4, { doc: "The map may be missing.", optional: true }),
  },
  {
    doc: "The entries of a ConfigMap as files.",
    defaults(draft): void {
      draft.defaultMode ??= 0o644;
    },
  },
);

export interface ConfigMapVolumeSource extends ValueOf<typeof ConfigMapVolumeSource> {}

export const DownwardAPIVolumeFile = s.struct("core/v1.DownwardAPIVolumeFile", {
  path: s.string(1, { doc: "The file, relative to the volume.", required: true }),
  fieldRef: s.object(2, ObjectFieldSelector, { doc: "A field of the pod.", optional: true }),
  resourceFieldRef: s.object(3, ResourceFieldSelector, {
    doc: "What a container asks for.",
    optional: true,
  }),
  mode: s.int32(4, { doc: "Mode of the file; the volume's unless said.", optional: true }),
});

export interface DownwardAPIVolumeFile extends ValueOf<typeof DownwardAPIVolumeFile> {}

export const DownwardAPIProjection = s.struct("core/v1.DownwardAPIProjection", {
  items: s.list(1, DownwardAPIVolumeFile, { doc: "The files.", listType: "atomic" }),
});

export interface DownwardAPIProjection extends ValueOf<typeof DownwardAPIProjection> {}

export const DownwardAPIVolumeSource = s.struct(
  "core/v1.DownwardAPIVolumeSource",
  {
    items: s.list(1, DownwardAPIVolumeFile, { doc: "The files.", listType: "atomic" }),
    defaultMode: s.int32(2, { doc: "Mode of the files.", optional: true }),
  },
  {
    doc: "Fields of the pod as files.",
    defaults(draft): void {
      draft.defaultMode ??= 0o644;
    },
  },
);

export interface DownwardAPIVolumeSource extends ValueOf<typeof DownwardAPIVolumeSource> {}

export const EmptyDirVolumeSource = s.struct(
  "core/v1.EmptyDirVolumeSource",
  {
    medium: s.string(1, { doc: "Memory for a file system in memory; empty for the node's disk." }),
    sizeLimit: s.quantity(2, {
      doc: "How much it may hold before the pod is evicted.",
      optional: true,
    }),
  },
  { doc: "An empty folder that lives as long as the pod stays on its node." },
);

export interface EmptyDirVolumeSource extends ValueOf<typeof EmptyDirVolumeSource> {}

export const PersistentVolumeClaimTemplate = s.struct(
  "core/v1.PersistentVolumeClaimTemplate",
  {
    metadata: s.object(1, ObjectMeta, { doc: "Labels and annotations of the claim." }),
    spec: s.object(2, PersistentVolumeClaimSpec, { doc: "The claim.", required: true }),
  },
  { validate: (value, at): Iterable<FieldError> => validateClaimTemplate(value, at) },
);

export interface PersistentVolumeClaimTemplate extends ValueOf<
  typeof PersistentVolumeClaimTemplate
> {}

export const EphemeralVolumeSource = s.struct(
  "core/v1.EphemeralVolumeSource",
  {
    volumeClaimTemplate: s.object(1, PersistentVolumeClaimTemplate, {
      doc: "The claim that is made for the pod, and goes with it.",
      optional: true,
    }),
  },
  { doc: "A claim that is made for the pod and goes with it." },
);

export interface EphemeralVolumeSource extends ValueOf<typeof EphemeralVolumeSource> {}

export const HostPathVolumeSource = s.struct(
  "core/v1.HostPathVolumeSource",
  {
    path: s.string(1, { doc: "Path on the node.", required: true }),
    type: s.oneOf(2, hostPathTypes, {
      doc: "What must be there, or is made; nothing is checked when empty.",
      optional: true,
      checkedByOwner: true,
    }),
  },
  {
    doc: "A file or folder of the node itself.",
    defaults(draft): void {
      draft.type ??= "";
    },
  },
);

export interface HostPathVolumeSource extends ValueOf<typeof HostPathVolumeSource> {}

export const ImageVolumeSource = s.struct(
  "core/v1.ImageVolumeSource",
  {
    reference: s.string(1, { doc: "Name of the image." }),
    pullPolicy: s.oneOf(2, ["Always", "IfNotPresent", "Never"], { doc: "When it is pulled." }),
  },
  {
    doc: "The files of an image.",
    defaults(draft): void {
      draft.pullPolicy ||= defaultPullPolicy(draft.reference ?? "");
    },
  },
);

export interface ImageVolumeSource extends ValueOf<typeof ImageVolumeSource> {}

export const LocalVolumeSource = s.struct("core/v1.LocalVolumeSource", {
  path: s.string(1, { doc: "Path of a folder or device on the node.", required: true }),
  fsType: s.string(2, { doc: "File system to make when there is none.", optional: true }),
});

export interface LocalVolumeSource extends ValueOf<typeof LocalVolumeSource> {}

export const NFSVolumeSource = s.struct("core/v1.NFSVolumeSource", {
  server: s.string(1, { doc: "Name or address of the server.", required: true }),
  path: s.string(2, { doc: "Path on the server.", required: true }),
  readOnly: s.boolean(3, { doc: "Mount it so that nobody can write." }),
});

export interface NFSVolumeSource extends ValueOf<typeof NFSVolumeSource> {}

export const PersistentVolumeClaimVolumeSource = s.struct(
  "core/v1.PersistentVolumeClaimVolumeSource",
  {
    claimName: s.string(1, { doc: "Name of the claim.", required: true }),
    readOnly: s.boolean(2, { doc: "Mount it so that nobody can write." }),
  },
  { doc: "The volume that a claim in the same namespace is bound to." },
);

export interface PersistentVolumeClaimVolumeSource extends ValueOf<
  typeof PersistentVolumeClaimVolumeSource
> {}

export const PodCertificateProjection = s.struct("core/v1.PodCertificateProjection", {
  signerName: s.string(1, { required: true, omitEmpty: true }),
  keyType: s.string(2, { required: true, omitEmpty: true }),
  maxExpirationSeconds: s.int32(3, { optional: true }),
  credentialBundlePath: s.string(4),
  keyPath: s.string(5),
  certificateChainPath: s.string(6),
  userAnnotations: s.map(7, "string"),
});

export interface PodCertificateProjection extends ValueOf<typeof PodCertificateProjection> {}

export const SecretProjection = s.struct("core/v1.SecretProjection", {
  localObjectReference: s.inline(1, LocalObjectReference, { protoName: "localObjectReference" }),
  items: s.list(2, KeyToPath, {
    doc: "Which entries, and where; all of them unless said.",
    listType: "atomic",
  }),
  optional: s.boolean(4, { doc: "The secret may be missing.", optional: true }),
});

export interface SecretProjection extends ValueOf<typeof SecretProjection> {}

export const ServiceAccountTokenProjection = s.struct(
  "core/v1.ServiceAccountTokenProjection",
  {
    audience: s.string(1, { doc: "Who the token is for; the API server unless said." }),
    expirationSeconds: s.int64(2, {
      doc: "How long it is good for; renewed before that.",
      optional: true,
    }),
    path: s.string(3, { doc: "The file, relative to the volume.", required: true }),
  },
  {
    doc: "A token of the pod's service account, renewed before it expires.",
    defaults(draft): void {
      draft.expirationSeconds ??= 3600;
    },
  },
);

export interface ServiceAccountTokenProjection extends ValueOf<
  typeof ServiceAccountTokenProjection
> {}

export const VolumeProjection = s.struct("core/v1.VolumeProjection", {
  secret: s.object(1, SecretProjection, { doc: "A Secret.", optional: true }),
  downwardAPI: s.object(2, DownwardAPIProjection, { doc: "Fields of the pod.", optional: true }),
  configMap: s.object(3, ConfigMapProjection, { doc: "A ConfigMap.", optional: true }),
  serviceAccountToken: s.object(4, ServiceAccountTokenProjection, {
    doc: "A token.",
    optional: true,
  }),
  clusterTrustBundle: s.object(5, ClusterTrustBundleProjection, {
    doc: "Certificates to trust.",
    optional: true,
    gate: "ClusterTrustBundleProjection",
  }),
  podCertificate: s.object(6, PodCertificateProjection, {
    doc: "A key and a certificate for it.",
    optional: true,
    gate: "PodCertificateProjection",
  }),
});

export interface VolumeProjection extends ValueOf<typeof VolumeProjection> {}

export const ProjectedVolumeSource = s.struct(
  "core/v1.ProjectedVolumeSource",
  {
    sources: s.list(1, VolumeProjection, {
      doc: "What goes into the folder.",
      always: true,
      listType: "atomic",
    }),
    defaultMode: s.int32(2, { doc: "Mode of the files.", optional: true }),
  },
  {
    doc: "Several sources in one folder.",
    defaults(draft): void {
      draft.defaultMode ??= 0o644;
    },
  },
);

export interface ProjectedVolumeSource extends ValueOf<typeof ProjectedVolumeSource> {}

export const SecretVolumeSource = s.struct(
  "core/v1.SecretVolumeSource",
  {
    secretName: s.string(1, { doc: "Name of the secret." }),
    items: s.list(2, KeyToPath, {
      doc: "Which entries, and where; all of them unless said.",
      listType: "atomic",
    }),
    defaultMode: s.int32(3, { doc: "Mode of the files.", optional: true }),
    optional: s.boolean(4, { doc: "The secret may be missing.", optional: true }),
  },
  {
    doc: "The entries of a Secret as files.",
    defaults(draft): void {
      draft.defaultMode ??= 0o644;
    },
  },
);

export interface SecretVolumeSource extends ValueOf<typeof SecretVolumeSource> {}

export const VolumeSource = s.struct("core/v1.VolumeSource", {
  hostPath: s.object(1, HostPathVolumeSource, {
    doc: "A file or folder of the node.",
    optional: true,
  }),
  emptyDir: s.object(2, EmptyDirVolumeSource, {
    doc: "An empty folder, as long-lived as the pod.",
    optional: true,
  }),
  gcePersistentDisk: s.object(3, GCEPersistentDiskVolumeSource, {
    optional: true,
    deprecated: true,
  }),
  awsElasticBlockStore: s.object(4, AWSElasticBlockStoreVolumeSource, {
    optional: true,
    deprecated: true,
  }),
  gitRepo: s.object(5, GitRepoVolumeSource, { optional: true, deprecated: true }),
  secret: s.object(6, SecretVolumeSource, { doc: "A Secret as files.", optional: true }),
  nfs: s.object(7, NFSVolumeSource, { doc: "A share of an NFS server.", optional: true }),
  iscsi: s.object(8, ISCSIVolumeSource, { optional: true }),
  glusterfs: s.object(9, GlusterfsVolumeSource, { optional: true, deprecated: true }),
  persistentVolumeClaim: s.object(10, PersistentVolumeClaimVolumeSource, {
    doc: "The volume of a claim.",
    optional: true,
  }),
  rbd: s.object(11, RBDVolumeSource, { optional: true, deprecated: true }),
  flexVolume: s.object(12, FlexVolumeSource, { optional: true, deprecated: true }),
  cinder: s.object(13, CinderVolumeSource, { optional: true, deprecated: true }),
  cephfs: s.object(14, CephFSVolumeSource, { optional: true, deprecated: true }),
  flocker: s.object(15, FlockerVolumeSource, { optional: true, deprecated: true }),
  downwardAPI: s.object(16, DownwardAPIVolumeSource, {
    doc: "Fields of the pod as files.",
    optional: true,
  }),
  fc: s.object(17, FCVolumeSource, { optional: true }),
  azureFile: s.object(18, AzureFileVolumeSource, { optional: true, deprecated: true }),
  configMap: s.object(19, ConfigMapVolumeSource, { doc: "A ConfigMap as files.", optional: true }),
  vsphereVolume: s.object(20, VsphereVirtualDiskVolumeSource, { optional: true, deprecated: true }),
  quobyte: s.object(21, QuobyteVolumeSource, { optional: true, deprecated: true }),
  azureDisk: s.object(22, AzureDiskVolumeSource, { optional: true, deprecated: true }),
  photonPersistentDisk: s.object(23, PhotonPersistentDiskVolumeSource, {
    optional: true,
    deprecated: true,
  }),
  projected: s.object(26, ProjectedVolumeSource, {
    doc: "Several sources in one folder.",
    optional: true,
  }),
  portworxVolume: s.object(24, PortworxVolumeSource, { optional: true, deprecated: true }),
  scaleIO: s.object(25, ScaleIOVolumeSource, { optional: true, deprecated: true }),
  storageos: s.object(27, StorageOSVolumeSource, { optional: true, deprecated: true }),
  csi: s.object(28, CSIVolumeSource, {
    doc: "A volume of a CSI driver, made for this pod.",
    optional: true,
  }),
  ephemeral: s.object(29, EphemeralVolumeSource, {
    doc: "A claim made for this pod.",
    optional: true,
  }),
  image: s.object(30, ImageVolumeSource, { doc: "The files of an image.", optional: true }),
});

export interface VolumeSource extends ValueOf<typeof VolumeSource> {}

const volumeSources = Object.keys(VolumeSource.fields) as (keyof VolumeSource)[];

export const Volume = s.struct(
  "core/v1.Volume",
  {
    name: s.string(1, {
      doc: "Name that the volume mounts of containers refer to.",
      required: true,
    }),
    volumeSource: s.inline(2, VolumeSource, { protoName: "volumeSource" }),
  },
  {
    doc: "Storage that containers of the pod can mount, by its name. Without a source it is an emptyDir.",
    defaults(draft): void {
      if (!volumeSources.some((name) => draft[name] !== undefined)) draft.emptyDir = {};
    },
    validate: (value, at): Iterable<FieldError> => validateVolume(value, at),
  },
);

export interface Volume extends ValueOf<typeof Volume> {}
