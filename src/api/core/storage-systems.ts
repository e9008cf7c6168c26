/** Storage systems that volumes can be on: in pods, and mostly in persistent volumes too. */
import { s, type ValueOf } from "#schema/struct.ts";
import { LocalObjectReference } from "./references.ts";

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

export const PortworxVolumeSource = s.struct("core/v1.PortworxVolumeSource", {
  volumeID: s.string(1, { required: true }),
  fsType: s.string(2),
  readOnly: s.boolean(3),
});

export interface PortworxVolumeSource extends ValueOf<typeof PortworxVolumeSource> {}

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
