import { s, type ValueOf } from "#schema/struct.ts";

export const ManagedFieldsEntry = s.struct(
  "meta/v1.ManagedFieldsEntry",
  {
    manager: s.string(1, { doc: "Who set the fields." }),
    operation: s.string(2, { doc: "How: Apply or Update." }),
    apiVersion: s.string(3, { doc: "The version in which the fields are named." }),
    time: s.time(4, { doc: "When the fields, or who owns them, changed last.", optional: true }),
    fieldsType: s.string(6, { doc: "The form of fieldsV1." }),
    fieldsV1: s.fieldSet(7, { doc: "The fields, as a tree of names.", optional: true }),
    subresource: s.string(8, { doc: "Through which subresource, if any." }),
  },
  { doc: "Fields that one manager set in one way." },
);

export interface ManagedFieldsEntry extends ValueOf<typeof ManagedFieldsEntry> {}

export const OwnerReference = s.struct(
  "meta/v1.OwnerReference",
  {
    apiVersion: s.string(5, { doc: "API version of the owner.", required: true }),
    kind: s.string(1, { doc: "Kind of the owner.", required: true }),
    name: s.string(3, { doc: "Name of the owner.", required: true }),
    uid: s.string(4, { doc: "UID of the owner.", required: true }),
    controller: s.boolean(6, {
      doc: "Whether this owner is the one that manages the object.",
      optional: true,
    }),
    blockOwnerDeletion: s.boolean(7, {
      doc: "Whether the owner, deleted in the foreground, waits for this object.",
      optional: true,
    }),
  },
  { doc: "An object in the same namespace, or in none, on which this one depends.", atomic: true },
);

export interface OwnerReference extends ValueOf<typeof OwnerReference> {}

export const ObjectMeta = s.struct(
  "meta/v1.ObjectMeta",
  {
    name: s.string(1, {
      doc: "Unique among the objects of its kind in its namespace; cannot change.",
    }),
    generateName: s.string(2, {
      doc: "Start of a name that the server completes when `name` is empty.",
    }),
    namespace: s.string(3, { doc: "The namespace it lives in; cannot change." }),
    selfLink: s.string(4, { doc: "Unused.", deprecated: true }),
    uid: s.string(5, { doc: "Unique in time and space; given by the server." }),
    resourceVersion: s.string(6, {
      doc: "Changes with every write. Sent back, it makes an update fail if someone else was faster.",
    }),
    generation: s.int64(7, { doc: "Counts the changes to what is wanted." }),
    creationTimestamp: s.time(8, { doc: "When the server made it.", omitZero: true }),
    deletionTimestamp: s.time(9, {
      doc: "When it was asked to go; it stays until its finalizers are empty and its grace period is over.",
      optional: true,
    }),
    deletionGracePeriodSeconds: s.int64(10, {
      doc: "How long it may take to end gracefully.",
      optional: true,
    }),
    labels: s.map(11, "string", { doc: "Short texts to select it by." }),
    annotations: s.map(12, "string", { doc: "Texts for people and tools, not to select by." }),
    ownerReferences: s.list(13, OwnerReference, {
      doc: "The objects it depends on: when all of them are gone, it goes too.",
      listType: "map",
      keys: ["uid"],
      patch: "merge",
      patchKey: "uid",
    }),
    finalizers: s.list(14, "string", {
      doc: "Who still has to clean up before the object can go.",
      listType: "set",
      patch: "merge",
    }),
    managedFields: s.list(17, ManagedFieldsEntry, {
      doc: "Who set which fields; kept by the server.",
      listType: "atomic",
      settled: true,
    }),
  },
  {
    doc: "What all objects have in common: name, labels, annotations, owners and what the server notes.",
  },
);

export interface ObjectMeta extends ValueOf<typeof ObjectMeta> {}

/** upstream: apimachinery/pkg/apis/meta/v1/meta.go#ResetObjectMetaForStatus */
export const describing = ["labels", "annotations", "finalizers", "ownerReferences"] as const;
