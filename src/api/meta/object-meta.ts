import { s, type ValueOf } from "#schema/struct.ts";

export const ManagedFieldsEntry = s.struct("meta/v1.ManagedFieldsEntry", {
  manager: s.string(1),
  operation: s.string(2),
  apiVersion: s.string(3),
  time: s.time(4, { optional: true }),
  fieldsType: s.string(6),
  fieldsV1: s.fieldSet(7, { optional: true }),
  subresource: s.string(8),
});

export interface ManagedFieldsEntry extends ValueOf<typeof ManagedFieldsEntry> {}

export const OwnerReference = s.struct(
  "meta/v1.OwnerReference",
  {
    apiVersion: s.string(5, { required: true }),
    kind: s.string(1, { required: true }),
    name: s.string(3, { required: true }),
    uid: s.string(4, { required: true }),
    controller: s.boolean(6, { optional: true }),
    blockOwnerDeletion: s.boolean(7, { optional: true }),
  },
  { atomic: true },
);

export interface OwnerReference extends ValueOf<typeof OwnerReference> {}

export const ObjectMeta = s.struct("meta/v1.ObjectMeta", {
  name: s.string(1),
  generateName: s.string(2),
  namespace: s.string(3),
  selfLink: s.string(4, { deprecated: true }),
  uid: s.string(5),
  resourceVersion: s.string(6),
  generation: s.int64(7),
  creationTimestamp: s.time(8, { omitZero: true }),
  deletionTimestamp: s.time(9, { optional: true }),
  deletionGracePeriodSeconds: s.int64(10, { optional: true }),
  labels: s.map(11, "string"),
  annotations: s.map(12, "string"),
  ownerReferences: s.list(13, OwnerReference, {
    listType: "map",
    keys: ["uid"],
    patch: "merge",
    patchKey: "uid",
  }),
  finalizers: s.list(14, "string", { listType: "set", patch: "merge" }),
  managedFields: s.list(17, ManagedFieldsEntry, { listType: "atomic" }),
});

export interface ObjectMeta extends ValueOf<typeof ObjectMeta> {}
