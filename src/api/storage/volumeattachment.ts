import { defineKind, type ObjectOf } from "#api/kind.ts";
import { PersistentVolumeSpec } from "#api/core/persistentvolume.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const VolumeAttachmentSource = s.struct("storage/v1.VolumeAttachmentSource", {
  persistentVolumeName: s.string(1, { optional: true }),
  inlineVolumeSpec: s.object(2, PersistentVolumeSpec, { optional: true }),
});

export interface VolumeAttachmentSource extends ValueOf<typeof VolumeAttachmentSource> {}

export const VolumeAttachmentSpec = s.struct("storage/v1.VolumeAttachmentSpec", {
  attacher: s.string(1, { required: true }),
  source: s.object(2, VolumeAttachmentSource, { required: true }),
  nodeName: s.string(3, { required: true }),
});

export interface VolumeAttachmentSpec extends ValueOf<typeof VolumeAttachmentSpec> {}

export const VolumeError = s.struct("storage/v1.VolumeError", {
  time: s.time(1),
  message: s.string(2),
  errorCode: s.int32(3, { optional: true, gate: "MutableCSINodeAllocatableCount" }),
});

export interface VolumeError extends ValueOf<typeof VolumeError> {}

export const VolumeAttachmentStatus = s.struct("storage/v1.VolumeAttachmentStatus", {
  attached: s.boolean(1, { required: true }),
  attachmentMetadata: s.map(2, "string"),
  attachError: s.object(3, VolumeError, { optional: true }),
  detachError: s.object(4, VolumeError, { optional: true }),
});

export interface VolumeAttachmentStatus extends ValueOf<typeof VolumeAttachmentStatus> {}

export const VolumeAttachment = defineKind({
  group: "storage.k8s.io",
  version: "v1",
  kind: "VolumeAttachment",
  plural: "volumeattachments",
  scope: "Cluster",
  storage: { prefix: "/registry/volumeattachments", hash: "tJx/ezt6UDU=" },
  deleteReturnsObject: true,
  schema: s.struct("storage/v1.VolumeAttachment", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, VolumeAttachmentSpec, { required: true }),
    status: s.object(3, VolumeAttachmentStatus),
  }),
  status: {},
});

export interface VolumeAttachment extends ObjectOf<typeof VolumeAttachment> {}
