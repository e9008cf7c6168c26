import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const ApplyOptions = s.struct("meta/v1.ApplyOptions", {
  ...typeMeta,
  dryRun: s.list(1, "string", { doc: "All: do everything but the writing.", listType: "atomic" }),
  force: s.boolean(2, { doc: "Take fields over from other managers.", required: true }),
  fieldManager: s.string(3, { doc: "Who owns the fields that are written.", required: true }),
});

export interface ApplyOptions extends ValueOf<typeof ApplyOptions> {}

export const CreateOptions = s.struct("meta/v1.CreateOptions", {
  ...typeMeta,
  dryRun: s.list(1, "string", { doc: "All: do everything but the writing.", listType: "atomic" }),
  fieldManager: s.string(3, { doc: "Who owns the fields that are written." }),
  fieldValidation: s.string(4, {
    doc: "What becomes of unknown and double fields: Ignore, Warn or Strict.",
  }),
});

export interface CreateOptions extends ValueOf<typeof CreateOptions> {}

export const Preconditions = s.struct("meta/v1.Preconditions", {
  uid: s.string(1, { doc: "The object must have this UID.", optional: true }),
  resourceVersion: s.string(2, { doc: "The object must be at this version.", optional: true }),
});

export interface Preconditions extends ValueOf<typeof Preconditions> {}

export const DeleteOptions = s.struct("meta/v1.DeleteOptions", {
  ...typeMeta,
  gracePeriodSeconds: s.int64(1, {
    doc: "How long the object may take to end; 0 at once.",
    optional: true,
  }),
  preconditions: s.object(2, Preconditions, {
    doc: "What must hold, or nothing is deleted.",
    optional: true,
  }),
  orphanDependents: s.boolean(3, {
    doc: "Use propagationPolicy.",
    optional: true,
    deprecated: true,
  }),
  propagationPolicy: s.string(4, {
    doc: "What becomes of its dependents: Orphan, Background or Foreground.",
    optional: true,
  }),
  dryRun: s.list(5, "string", { doc: "All: do everything but the writing.", listType: "atomic" }),
  ignoreStoreReadErrorWithClusterBreakingPotential: s.boolean(6, {
    doc: "Delete also what cannot be read.",
    optional: true,
  }),
});

export interface DeleteOptions extends ValueOf<typeof DeleteOptions> {}

export const GetOptions = s.struct("meta/v1.GetOptions", {
  ...typeMeta,
  resourceVersion: s.string(1, { doc: "How recent the answer must be." }),
});

export interface GetOptions extends ValueOf<typeof GetOptions> {}

export const ListOptions = s.struct("meta/v1.ListOptions", {
  ...typeMeta,
  labelSelector: s.string(1, { doc: "Only objects with these labels." }),
  fieldSelector: s.string(2, { doc: "Only objects with these fields." }),
  watch: s.boolean(3, { doc: "Stream changes instead of listing." }),
  allowWatchBookmarks: s.boolean(9, { doc: "The stream may tell how far it is." }),
  resourceVersion: s.string(4, {
    doc: "How recent the answer must be, or where the stream starts.",
  }),
  resourceVersionMatch: s.string(10, {
    doc: "How to read resourceVersion: NotOlderThan or Exact.",
  }),
  timeoutSeconds: s.int64(5, { doc: "When the stream ends.", optional: true }),
  limit: s.int64(7, { doc: "How many objects at most in one answer." }),
  continue: s.string(8, { doc: "Where the last answer ended." }),
  sendInitialEvents: s.boolean(11, {
    doc: "Start the stream with what is there already.",
    optional: true,
  }),
  shardSelector: s.string(15, { gate: "ShardedListAndWatch" }),
});

export interface ListOptions extends ValueOf<typeof ListOptions> {}

export const PatchOptions = s.struct("meta/v1.PatchOptions", {
  ...typeMeta,
  dryRun: s.list(1, "string", { doc: "All: do everything but the writing.", listType: "atomic" }),
  force: s.boolean(2, {
    doc: "Take fields over from other managers; only when applying.",
    optional: true,
  }),
  fieldManager: s.string(3, { doc: "Who owns the fields that are written." }),
  fieldValidation: s.string(4, {
    doc: "What becomes of unknown and double fields: Ignore, Warn or Strict.",
  }),
});

export interface PatchOptions extends ValueOf<typeof PatchOptions> {}

export const TableOptions = s.struct("meta/v1.TableOptions", {
  ...typeMeta,
  includeObject: s.string(1, {
    doc: "What of each object comes with its row: None, Metadata or Object.",
  }),
});

export interface TableOptions extends ValueOf<typeof TableOptions> {}

export const UpdateOptions = s.struct("meta/v1.UpdateOptions", {
  ...typeMeta,
  dryRun: s.list(1, "string", { doc: "All: do everything but the writing.", listType: "atomic" }),
  fieldManager: s.string(2, { doc: "Who owns the fields that are written." }),
  fieldValidation: s.string(3, {
    doc: "What becomes of unknown and double fields: Ignore, Warn or Strict.",
  }),
});

export interface UpdateOptions extends ValueOf<typeof UpdateOptions> {}
