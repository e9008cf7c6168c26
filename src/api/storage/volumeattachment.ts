import { ageColumn, nameColumn } from "#api/columns.ts";
import { PersistentVolumeSpec } from "#api/core/persistentvolume.ts";
import { validateVolume } from "#api/core/persistentvolume-validation.ts";
import { validateCsiDriverName } from "#api/core/volume-source-rules.ts";
import { immutable, notLonger } from "#api/field-rules.ts";
import { defineKind, type ObjectOf } from "#api/kind.ts";
import { describing, ObjectMeta } from "#api/meta/object-meta.ts";
import { byteLength, dnsSubdomain, inclusiveRange, invalidEach } from "#api/names.ts";
import {
  child,
  type FieldError,
  forbidden,
  invalid,
  required,
  tooLong,
} from "#schema/field-error.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

const metadataBytesMax = 256 * 1024;
const errorBytesMax = 1024;
const onlyOne = "must specify exactly one of inlineVolumeSpec and persistentVolumeName";

export const VolumeAttachmentSource = s.struct("storage/v1.VolumeAttachmentSource", {
  persistentVolumeName: s.string(1, { optional: true }),
  inlineVolumeSpec: s.object(2, PersistentVolumeSpec, { optional: true }),
});

export interface VolumeAttachmentSource extends ValueOf<typeof VolumeAttachmentSource> {}

export const VolumeAttachmentSpec = s.struct("storage/v1.VolumeAttachmentSpec", {
  attacher: s.string(1, { required: true, doc: "The driver that attaches it." }),
  source: s.object(2, VolumeAttachmentSource, { required: true }),
  nodeName: s.string(3, { required: true, doc: "The node it is attached to." }),
});

export interface VolumeAttachmentSpec extends ValueOf<typeof VolumeAttachmentSpec> {}

export const VolumeError = s.struct(
  "storage/v1.VolumeError",
  {
    time: s.time(1),
    message: s.string(2),
    errorCode: s.int32(3, { optional: true, gate: "MutableCSINodeAllocatableCount" }),
  },
  {
    *validate({ message, errorCode = 0 }, at) {
      yield* notLonger(child(at, "message"), message, errorBytesMax);
      if (errorCode < 0) {
        yield invalid(child(at, "errorCode"), errorCode, inclusiveRange(0, 2 ** 31 - 1));
      }
    },
  },
);

export interface VolumeError extends ValueOf<typeof VolumeError> {}

export const VolumeAttachmentStatus = s.struct("storage/v1.VolumeAttachmentStatus", {
  attached: s.boolean(1, { required: true }),
  attachmentMetadata: s.map(2, "string", { doc: "What the driver tells those who mount it." }),
  attachError: s.object(3, VolumeError, { optional: true }),
  detachError: s.object(4, VolumeError, { optional: true }),
});

export interface VolumeAttachmentStatus extends ValueOf<typeof VolumeAttachmentStatus> {}

/** upstream: pkg/apis/storage/validation/validation.go#ValidateVolumeAttachment */
export const VolumeAttachment = defineKind({
  group: "storage.k8s.io",
  version: "v1",
  kind: "VolumeAttachment",
  plural: "volumeattachments",
  scope: "Cluster",
  doc: "Asks for a volume to be attached to a node, and tells whether it is.",
  storage: { prefix: "/registry/volumeattachments", hash: "tJx/ezt6UDU=" },
  deleteReturnsObject: true,
  needsResourceVersion: true,
  schema: s.struct("storage/v1.VolumeAttachment", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, VolumeAttachmentSpec, { required: true }),
    status: s.object(3, VolumeAttachmentStatus),
  }),

  validate: ({ spec, status }) => validAttachment(spec, status),

  *validateUpdate({ spec }, old) {
    yield* immutable("spec", spec, old.spec);
  },

  status: { keeps: describing, validate: ({ status }) => validStatus(status) },

  columns: [
    nameColumn,
    { name: "Attacher", type: "string", format: "name", cell: ({ spec }) => spec.attacher },
    { name: "PV", type: "string", cell: ({ spec }) => spec.source.persistentVolumeName ?? "" },
    { name: "Node", type: "string", cell: ({ spec }) => spec.nodeName },
    { name: "Attached", type: "boolean", cell: ({ status }) => status.attached },
    ageColumn,
  ],
});

export interface VolumeAttachment extends ObjectOf<typeof VolumeAttachment> {}

function* validAttachment(
  { attacher, source, nodeName }: VolumeAttachmentSpec,
  status: VolumeAttachmentStatus,
): Iterable<FieldError> {
  yield* validateCsiDriverName(attacher, "spec.attacher");
  yield* validSource(source);
  yield* invalidEach("spec.nodeName", nodeName, dnsSubdomain(nodeName));
  yield* validStatus(status);
}

function* validSource(source: VolumeAttachmentSource): Iterable<FieldError> {
  const { inlineVolumeSpec: inline, persistentVolumeName: name } = source;
  const path = "spec.source";
  if (!inline && name === undefined) yield required(path, onlyOne);
  if (inline && name !== undefined) yield forbidden(path, onlyOne);
  if (inline && name === undefined) yield* validInline(inline, child(path, "inlineVolumeSpec"));
  if (name === undefined) return;
  const namePath = child(path, "persistentVolumeName");
  if (name === "") yield required(namePath, "must specify non empty persistentVolumeName");
  yield* invalidEach(namePath, name, dnsSubdomain(name));
}

/** As that of a persistent volume, but for what only a volume that is claimed has. */
function* validInline(spec: PersistentVolumeSpec, at: string): Iterable<FieldError> {
  const why = "may not be specified in the context of inline volumes";
  if (spec.claimRef) yield forbidden(child(at, "claimRef"), why);
  if (Object.keys(spec.capacity ?? {}).length > 0) yield forbidden(child(at, "capacity"), why);
  if (!spec.csi)
    yield required(child(at, "csi"), "has to be specified in the context of inline volumes");
  const volume = { metadata: {}, spec: { ...spec, capacity: { storage: "1" } } };
  for (const error of validateVolume(volume)) {
    yield { ...error, path: error.path.replace(/^spec/, at) };
  }
}

function* validStatus({ attachmentMetadata = {} }: VolumeAttachmentStatus): Iterable<FieldError> {
  let size = 0;
  for (const [key, value] of Object.entries(attachmentMetadata)) {
    size += byteLength(key) + byteLength(value);
  }
  if (size > metadataBytesMax) yield tooLong("status.attachmentMetadata", metadataBytesMax);
}
