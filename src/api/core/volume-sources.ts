import { ObjectFieldSelector, ResourceFieldSelector } from "./environment.ts";
import { PersistentVolumeClaimSpec } from "./persistentvolumeclaim.ts";
import { LocalObjectReference } from "./references.ts";
import { LabelSelector } from "#api/meta/label-selector.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, type ValueOf } from "#schema/struct.ts";

export const AWSElasticBlockStoreVolumeSource = s.struct(
  "core/v1.AWSElasticBlockStoreVolumeSource",
  {
    volumeID: s.string(1, { required: true }),
    fsType: s.string(2),
    partition: s.int32(3),
    readOnly: s.boolean(4),
  },
);

export interface AWSElasticBlockStoreVolumeSource extends ValueOf<
  typeof AWSElasticBlockStoreVolumeSource
> {}

export const AzureDiskVolumeSource = s.struct("core/v1.AzureDiskVolumeSource", {
  diskName: s.string(1, { required: true }),
  diskURI: s.string(2, { required: true }),
  cachingMode: s.oneOf(3, ["None", "ReadOnly", "ReadWrite"], {
    optional: true,
    default: "ReadWrite",
  }),
  fsType: s.string(4, { optional: true, default: "ext4" }),
  readOnly: s.boolean(5, { optional: true, default: false }),
  kind: s.oneOf(6, ["Dedicated", "Managed", "Shared"], { optional: true, default: "Shared" }),
});

export interface AzureDiskVolumeSource extends ValueOf<typeof AzureDiskVolumeSource> {}

export const AzureFileVolumeSource = s.struct("core/v1.AzureFileVolumeSource", {
  secretName: s.string(1, { required: true }),
  shareName: s.string(2, { required: true }),
  readOnly: s.boolean(3),
});

export interface AzureFileVolumeSource extends ValueOf<typeof AzureFileVolumeSource> {}

export const CSIVolumeSource = s.struct("core/v1.CSIVolumeSource", {
  driver: s.string(1, { required: true }),
  readOnly: s.boolean(2, { optional: true }),
  fsType: s.string(3, { optional: true }),
  volumeAttributes: s.map(4, "string"),
  nodePublishSecretRef: s.object(5, LocalObjectReference, { optional: true }),
});

export interface CSIVolumeSource extends ValueOf<typeof CSIVolumeSource> {}

export const CephFSVolumeSource = s.struct("core/v1.CephFSVolumeSource", {
  monitors: s.list(1, "string", { required: true, listType: "atomic" }),
  path: s.string(2),
  user: s.string(3),
  secretFile: s.string(4),
  secretRef: s.object(5, LocalObjectReference, { optional: true }),
  readOnly: s.boolean(6),
});

export interface CephFSVolumeSource extends ValueOf<typeof CephFSVolumeSource> {}

export const CinderVolumeSource = s.struct("core/v1.CinderVolumeSource", {
  volumeID: s.string(1, { required: true }),
  fsType: s.string(2),
  readOnly: s.boolean(3),
  secretRef: s.object(4, LocalObjectReference, { optional: true }),
});

export interface CinderVolumeSource extends ValueOf<typeof CinderVolumeSource> {}

export const ClusterTrustBundleProjection = s.struct("core/v1.ClusterTrustBundleProjection", {
  name: s.string(1, { optional: true }),
  signerName: s.string(2, { optional: true }),
  labelSelector: s.object(3, LabelSelector, { optional: true }),
  optional: s.boolean(5, { optional: true }),
  path: s.string(4, { required: true }),
});

export interface ClusterTrustBundleProjection extends ValueOf<
  typeof ClusterTrustBundleProjection
> {}

export const KeyToPath = s.struct("core/v1.KeyToPath", {
  key: s.string(1, { required: true }),
  path: s.string(2, { required: true }),
  mode: s.int32(3, { optional: true }),
});

export interface KeyToPath extends ValueOf<typeof KeyToPath> {}

export const ConfigMapProjection = s.struct("core/v1.ConfigMapProjection", {
  localObjectReference: s.inline(1, LocalObjectReference, { protoName: "localObjectReference" }),
  items: s.list(2, KeyToPath, { listType: "atomic" }),
  optional: s.boolean(4, { optional: true }),
});

export interface ConfigMapProjection extends ValueOf<typeof ConfigMapProjection> {}

export const ConfigMapVolumeSource = s.struct("core/v1.ConfigMapVolumeSource", {
  localObjectReference: s.inline(1, LocalObjectReference, { protoName: "localObjectReference" }),
  items: s.list(2, KeyToPath, { listType: "atomic" }),
  defaultMode: s.int32(3, { optional: true }),
  optional: s.boolean(4, { optional: true }),
});

export interface ConfigMapVolumeSource extends ValueOf<typeof ConfigMapVolumeSource> {}

export const DownwardAPIVolumeFile = s.struct("core/v1.DownwardAPIVolumeFile", {
  path: s.string(1, { required: true }),
  fieldRef: s.object(2, ObjectFieldSelector, { optional: true }),
  resourceFieldRef: s.object(3, ResourceFieldSelector, { optional: true }),
  mode: s.int32(4, { optional: true }),
});

export interface DownwardAPIVolumeFile extends ValueOf<typeof DownwardAPIVolumeFile> {}

export const DownwardAPIProjection = s.struct("core/v1.DownwardAPIProjection", {
  items: s.list(1, DownwardAPIVolumeFile, { listType: "atomic" }),
});

export interface DownwardAPIProjection extends ValueOf<typeof DownwardAPIProjection> {}

export const DownwardAPIVolumeSource = s.struct("core/v1.DownwardAPIVolumeSource", {
  items: s.list(1, DownwardAPIVolumeFile, { listType: "atomic" }),
  defaultMode: s.int32(2, { optional: true }),
});

export interface DownwardAPIVolumeSource extends ValueOf<typeof DownwardAPIVolumeSource> {}

export const EmptyDirVolumeSource = s.struct("core/v1.EmptyDirVolumeSource", {
  medium: s.string(1),
  sizeLimit: s.quantity(2, { optional: true }),
});

export interface EmptyDirVolumeSource extends ValueOf<typeof EmptyDirVolumeSource> {}

export const PersistentVolumeClaimTemplate = s.struct("core/v1.PersistentVolumeClaimTemplate", {
  metadata: s.object(1, ObjectMeta),
  spec: s.object(2, PersistentVolumeClaimSpec, { required: true }),
});

export interface PersistentVolumeClaimTemplate extends ValueOf<
  typeof PersistentVolumeClaimTemplate
> {}

export const EphemeralVolumeSource = s.struct("core/v1.EphemeralVolumeSource", {
  volumeClaimTemplate: s.object(1, PersistentVolumeClaimTemplate, { optional: true }),
});

export interface EphemeralVolumeSource extends ValueOf<typeof EphemeralVolumeSource> {}

export const FCVolumeSource = s.struct("core/v1.FCVolumeSource", {
  targetWWNs: s.list(1, "string", { listType: "atomic" }),
  lun: s.int32(2, { optional: true }),
  fsType: s.string(3),
  readOnly: s.boolean(4),
  wwids: s.list(5, "string", { listType: "atomic" }),
});

export interface FCVolumeSource extends ValueOf<typeof FCVolumeSource> {}

export const FlexVolumeSource = s.struct("core/v1.FlexVolumeSource", {
  driver: s.string(1, { required: true }),
  fsType: s.string(2),
  secretRef: s.object(3, LocalObjectReference, { optional: true }),
  readOnly: s.boolean(4),
  options: s.map(5, "string"),
});

export interface FlexVolumeSource extends ValueOf<typeof FlexVolumeSource> {}

export const FlockerVolumeSource = s.struct("core/v1.FlockerVolumeSource", {
  datasetName: s.string(1),
  datasetUUID: s.string(2),
});

export interface FlockerVolumeSource extends ValueOf<typeof FlockerVolumeSource> {}

export const GCEPersistentDiskVolumeSource = s.struct("core/v1.GCEPersistentDiskVolumeSource", {
  pdName: s.string(1, { required: true }),
  fsType: s.string(2),
  partition: s.int32(3),
  readOnly: s.boolean(4),
});

export interface GCEPersistentDiskVolumeSource extends ValueOf<
  typeof GCEPersistentDiskVolumeSource
> {}

export const GitRepoVolumeSource = s.struct("core/v1.GitRepoVolumeSource", {
  repository: s.string(1, { required: true }),
  revision: s.string(2),
  directory: s.string(3),
});

export interface GitRepoVolumeSource extends ValueOf<typeof GitRepoVolumeSource> {}

export const GlusterfsVolumeSource = s.struct("core/v1.GlusterfsVolumeSource", {
  endpoints: s.string(1, { required: true }),
  path: s.string(2, { required: true }),
  readOnly: s.boolean(3),
});

export interface GlusterfsVolumeSource extends ValueOf<typeof GlusterfsVolumeSource> {}

export const HostPathVolumeSource = s.struct("core/v1.HostPathVolumeSource", {
  path: s.string(1, { required: true }),
  type: s.oneOf(
    2,
    [
      "",
      "BlockDevice",
      "CharDevice",
      "Directory",
      "DirectoryOrCreate",
      "File",
      "FileOrCreate",
      "Socket",
    ],
    { optional: true },
  ),
});

export interface HostPathVolumeSource extends ValueOf<typeof HostPathVolumeSource> {}

export const ISCSIVolumeSource = s.struct("core/v1.ISCSIVolumeSource", {
  targetPortal: s.string(1, { required: true }),
  iqn: s.string(2, { required: true }),
  lun: s.int32(3, { required: true }),
  iscsiInterface: s.string(4, { default: "default" }),
  fsType: s.string(5),
  readOnly: s.boolean(6),
  portals: s.list(7, "string", { listType: "atomic" }),
  chapAuthDiscovery: s.boolean(8),
  chapAuthSession: s.boolean(11),
  secretRef: s.object(10, LocalObjectReference, { optional: true }),
  initiatorName: s.string(12, { optional: true }),
});

export interface ISCSIVolumeSource extends ValueOf<typeof ISCSIVolumeSource> {}

export const ImageVolumeSource = s.struct("core/v1.ImageVolumeSource", {
  reference: s.string(1),
  pullPolicy: s.oneOf(2, ["Always", "IfNotPresent", "Never"]),
});

export interface ImageVolumeSource extends ValueOf<typeof ImageVolumeSource> {}

export const LocalVolumeSource = s.struct("core/v1.LocalVolumeSource", {
  path: s.string(1, { required: true }),
  fsType: s.string(2, { optional: true }),
});

export interface LocalVolumeSource extends ValueOf<typeof LocalVolumeSource> {}

export const NFSVolumeSource = s.struct("core/v1.NFSVolumeSource", {
  server: s.string(1, { required: true }),
  path: s.string(2, { required: true }),
  readOnly: s.boolean(3),
});

export interface NFSVolumeSource extends ValueOf<typeof NFSVolumeSource> {}

export const PersistentVolumeClaimVolumeSource = s.struct(
  "core/v1.PersistentVolumeClaimVolumeSource",
  {
    claimName: s.string(1, { required: true }),
    readOnly: s.boolean(2),
  },
);

export interface PersistentVolumeClaimVolumeSource extends ValueOf<
  typeof PersistentVolumeClaimVolumeSource
> {}

export const PhotonPersistentDiskVolumeSource = s.struct(
  "core/v1.PhotonPersistentDiskVolumeSource",
  {
    pdID: s.string(1, { required: true }),
    fsType: s.string(2),
  },
);

export interface PhotonPersistentDiskVolumeSource extends ValueOf<
  typeof PhotonPersistentDiskVolumeSource
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

export const PortworxVolumeSource = s.struct("core/v1.PortworxVolumeSource", {
  volumeID: s.string(1, { required: true }),
  fsType: s.string(2),
  readOnly: s.boolean(3),
});

export interface PortworxVolumeSource extends ValueOf<typeof PortworxVolumeSource> {}

export const SecretProjection = s.struct("core/v1.SecretProjection", {
  localObjectReference: s.inline(1, LocalObjectReference, { protoName: "localObjectReference" }),
  items: s.list(2, KeyToPath, { listType: "atomic" }),
  optional: s.boolean(4, { optional: true }),
});

export interface SecretProjection extends ValueOf<typeof SecretProjection> {}

export const ServiceAccountTokenProjection = s.struct("core/v1.ServiceAccountTokenProjection", {
  audience: s.string(1),
  expirationSeconds: s.int64(2, { optional: true }),
  path: s.string(3, { required: true }),
});

export interface ServiceAccountTokenProjection extends ValueOf<
  typeof ServiceAccountTokenProjection
> {}

export const VolumeProjection = s.struct("core/v1.VolumeProjection", {
  secret: s.object(1, SecretProjection, { optional: true }),
  downwardAPI: s.object(2, DownwardAPIProjection, { optional: true }),
  configMap: s.object(3, ConfigMapProjection, { optional: true }),
  serviceAccountToken: s.object(4, ServiceAccountTokenProjection, { optional: true }),
  clusterTrustBundle: s.object(5, ClusterTrustBundleProjection, {
    optional: true,
    gate: "ClusterTrustBundleProjection",
  }),
  podCertificate: s.object(6, PodCertificateProjection, {
    optional: true,
    gate: "PodCertificateProjection",
  }),
});

export interface VolumeProjection extends ValueOf<typeof VolumeProjection> {}

export const ProjectedVolumeSource = s.struct("core/v1.ProjectedVolumeSource", {
  sources: s.list(1, VolumeProjection, { always: true, listType: "atomic" }),
  defaultMode: s.int32(2, { optional: true }),
});

export interface ProjectedVolumeSource extends ValueOf<typeof ProjectedVolumeSource> {}

export const QuobyteVolumeSource = s.struct("core/v1.QuobyteVolumeSource", {
  registry: s.string(1, { required: true }),
  volume: s.string(2, { required: true }),
  readOnly: s.boolean(3),
  user: s.string(4),
  group: s.string(5),
  tenant: s.string(6),
});

export interface QuobyteVolumeSource extends ValueOf<typeof QuobyteVolumeSource> {}

export const RBDVolumeSource = s.struct("core/v1.RBDVolumeSource", {
  monitors: s.list(1, "string", { required: true, listType: "atomic" }),
  image: s.string(2, { required: true }),
  fsType: s.string(3),
  pool: s.string(4, { default: "rbd" }),
  user: s.string(5, { default: "admin" }),
  keyring: s.string(6, { default: "/etc/ceph/keyring" }),
  secretRef: s.object(7, LocalObjectReference, { optional: true }),
  readOnly: s.boolean(8),
});

export interface RBDVolumeSource extends ValueOf<typeof RBDVolumeSource> {}

export const ScaleIOVolumeSource = s.struct("core/v1.ScaleIOVolumeSource", {
  gateway: s.string(1, { required: true }),
  system: s.string(2, { required: true }),
  secretRef: s.object(3, LocalObjectReference, { required: true, nullable: true }),
  sslEnabled: s.boolean(4),
  protectionDomain: s.string(5),
  storagePool: s.string(6),
  storageMode: s.string(7, { default: "ThinProvisioned" }),
  volumeName: s.string(8),
  fsType: s.string(9, { default: "xfs" }),
  readOnly: s.boolean(10),
});

export interface ScaleIOVolumeSource extends ValueOf<typeof ScaleIOVolumeSource> {}

export const SecretVolumeSource = s.struct("core/v1.SecretVolumeSource", {
  secretName: s.string(1),
  items: s.list(2, KeyToPath, { listType: "atomic" }),
  defaultMode: s.int32(3, { optional: true }),
  optional: s.boolean(4, { optional: true }),
});

export interface SecretVolumeSource extends ValueOf<typeof SecretVolumeSource> {}

export const StorageOSVolumeSource = s.struct("core/v1.StorageOSVolumeSource", {
  volumeName: s.string(1),
  volumeNamespace: s.string(2),
  fsType: s.string(3),
  readOnly: s.boolean(4),
  secretRef: s.object(5, LocalObjectReference, { optional: true }),
});

export interface StorageOSVolumeSource extends ValueOf<typeof StorageOSVolumeSource> {}

export const VsphereVirtualDiskVolumeSource = s.struct("core/v1.VsphereVirtualDiskVolumeSource", {
  volumePath: s.string(1, { required: true }),
  fsType: s.string(2),
  storagePolicyName: s.string(3),
  storagePolicyID: s.string(4),
});

export interface VsphereVirtualDiskVolumeSource extends ValueOf<
  typeof VsphereVirtualDiskVolumeSource
> {}

export const VolumeSource = s.struct("core/v1.VolumeSource", {
  hostPath: s.object(1, HostPathVolumeSource, { optional: true }),
  emptyDir: s.object(2, EmptyDirVolumeSource, { optional: true }),
  gcePersistentDisk: s.object(3, GCEPersistentDiskVolumeSource, {
    optional: true,
    deprecated: true,
  }),
  awsElasticBlockStore: s.object(4, AWSElasticBlockStoreVolumeSource, {
    optional: true,
    deprecated: true,
  }),
  gitRepo: s.object(5, GitRepoVolumeSource, { optional: true, deprecated: true }),
  secret: s.object(6, SecretVolumeSource, { optional: true }),
  nfs: s.object(7, NFSVolumeSource, { optional: true }),
  iscsi: s.object(8, ISCSIVolumeSource, { optional: true }),
  glusterfs: s.object(9, GlusterfsVolumeSource, { optional: true, deprecated: true }),
  persistentVolumeClaim: s.object(10, PersistentVolumeClaimVolumeSource, { optional: true }),
  rbd: s.object(11, RBDVolumeSource, { optional: true, deprecated: true }),
  flexVolume: s.object(12, FlexVolumeSource, { optional: true, deprecated: true }),
  cinder: s.object(13, CinderVolumeSource, { optional: true, deprecated: true }),
  cephfs: s.object(14, CephFSVolumeSource, { optional: true, deprecated: true }),
  flocker: s.object(15, FlockerVolumeSource, { optional: true, deprecated: true }),
  downwardAPI: s.object(16, DownwardAPIVolumeSource, { optional: true }),
  fc: s.object(17, FCVolumeSource, { optional: true }),
  azureFile: s.object(18, AzureFileVolumeSource, { optional: true, deprecated: true }),
  configMap: s.object(19, ConfigMapVolumeSource, { optional: true }),
  vsphereVolume: s.object(20, VsphereVirtualDiskVolumeSource, { optional: true, deprecated: true }),
  quobyte: s.object(21, QuobyteVolumeSource, { optional: true, deprecated: true }),
  azureDisk: s.object(22, AzureDiskVolumeSource, { optional: true, deprecated: true }),
  photonPersistentDisk: s.object(23, PhotonPersistentDiskVolumeSource, {
    optional: true,
    deprecated: true,
  }),
  projected: s.object(26, ProjectedVolumeSource, { optional: true }),
  portworxVolume: s.object(24, PortworxVolumeSource, { optional: true, deprecated: true }),
  scaleIO: s.object(25, ScaleIOVolumeSource, { optional: true, deprecated: true }),
  storageos: s.object(27, StorageOSVolumeSource, { optional: true, deprecated: true }),
  csi: s.object(28, CSIVolumeSource, { optional: true }),
  ephemeral: s.object(29, EphemeralVolumeSource, { optional: true }),
  image: s.object(30, ImageVolumeSource, { optional: true }),
});

export interface VolumeSource extends ValueOf<typeof VolumeSource> {}

export const Volume = s.struct("core/v1.Volume", {
  name: s.string(1, { required: true }),
  volumeSource: s.inline(2, VolumeSource, { protoName: "volumeSource" }),
});

export interface Volume extends ValueOf<typeof Volume> {}
