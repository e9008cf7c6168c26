import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const ApplyOptions = s.struct("meta/v1.ApplyOptions", {
  ...typeMeta,
  dryRun: s.list(1, "string", { listType: "atomic" }),
  force: s.boolean(2, { required: true }),
  fieldManager: s.string(3, { required: true }),
});

export interface ApplyOptions extends ValueOf<typeof ApplyOptions> {}

export const CreateOptions = s.struct("meta/v1.CreateOptions", {
  ...typeMeta,
  dryRun: s.list(1, "string", { listType: "atomic" }),
  fieldManager: s.string(3),
  fieldValidation: s.string(4),
});

export interface CreateOptions extends ValueOf<typeof CreateOptions> {}

export const Preconditions = s.struct("meta/v1.Preconditions", {
  uid: s.string(1, { optional: true }),
  resourceVersion: s.string(2, { optional: true }),
});

export interface Preconditions extends ValueOf<typeof Preconditions> {}

export const DeleteOptions = s.struct("meta/v1.DeleteOptions", {
  ...typeMeta,
  gracePeriodSeconds: s.int64(1, { optional: true }),
  preconditions: s.object(2, Preconditions, { optional: true }),
  orphanDependents: s.boolean(3, { optional: true, deprecated: true }),
  propagationPolicy: s.string(4, { optional: true }),
  dryRun: s.list(5, "string", { listType: "atomic" }),
  ignoreStoreReadErrorWithClusterBreakingPotential: s.boolean(6, { optional: true }),
});

export interface DeleteOptions extends ValueOf<typeof DeleteOptions> {}

export const GetOptions = s.struct("meta/v1.GetOptions", {
  ...typeMeta,
  resourceVersion: s.string(1),
});

export interface GetOptions extends ValueOf<typeof GetOptions> {}

export const ListOptions = s.struct("meta/v1.ListOptions", {
  ...typeMeta,
  labelSelector: s.string(1),
  fieldSelector: s.string(2),
  watch: s.boolean(3),
  allowWatchBookmarks: s.boolean(9),
  resourceVersion: s.string(4),
  resourceVersionMatch: s.string(10),
  timeoutSeconds: s.int64(5, { optional: true }),
  limit: s.int64(7),
  continue: s.string(8),
  sendInitialEvents: s.boolean(11, { optional: true }),
  shardSelector: s.string(15, { gate: "ShardedListAndWatch" }),
});

export interface ListOptions extends ValueOf<typeof ListOptions> {}

export const PatchOptions = s.struct("meta/v1.PatchOptions", {
  ...typeMeta,
  dryRun: s.list(1, "string", { listType: "atomic" }),
  force: s.boolean(2, { optional: true }),
  fieldManager: s.string(3),
  fieldValidation: s.string(4),
});

export interface PatchOptions extends ValueOf<typeof PatchOptions> {}

export const TableOptions = s.struct("meta/v1.TableOptions", {
  ...typeMeta,
  includeObject: s.string(1),
});

export interface TableOptions extends ValueOf<typeof TableOptions> {}

export const UpdateOptions = s.struct("meta/v1.UpdateOptions", {
  ...typeMeta,
  dryRun: s.list(1, "string", { listType: "atomic" }),
  fieldManager: s.string(2),
  fieldValidation: s.string(3),
});

export interface UpdateOptions extends ValueOf<typeof UpdateOptions> {}
