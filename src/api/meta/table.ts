import { ListMeta } from "./list-meta.ts";
import { ObjectMeta } from "./object-meta.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const PartialObjectMetadata = s.struct("meta/v1.PartialObjectMetadata", {
  ...typeMeta,
  metadata: s.object(1, ObjectMeta),
});

export interface PartialObjectMetadata extends ValueOf<typeof PartialObjectMetadata> {}

export const TableColumnDefinition = s.struct(
  "meta/v1.TableColumnDefinition",
  {
    name: s.string(0, { required: true }),
    type: s.string(0, { required: true }),
    format: s.string(0, { required: true }),
    description: s.string(0, { required: true }),
    priority: s.int32(0, { required: true }),
  },
  { noProto: true },
);

export interface TableColumnDefinition extends ValueOf<typeof TableColumnDefinition> {}

export const TableRowCondition = s.struct(
  "meta/v1.TableRowCondition",
  {
    type: s.string(0, { required: true }),
    status: s.string(0, { required: true }),
    reason: s.string(0),
    message: s.string(0),
  },
  { noProto: true },
);

export interface TableRowCondition extends ValueOf<typeof TableRowCondition> {}

export const TableRow = s.struct(
  "meta/v1.TableRow",
  {
    cells: s.list(0, "json", { required: true, listType: "atomic" }),
    conditions: s.list(0, TableRowCondition, { listType: "atomic" }),
    object: s.raw(0),
  },
  { noProto: true },
);

export interface TableRow extends ValueOf<typeof TableRow> {}

export const Table = s.struct(
  "meta/v1.Table",
  {
    ...typeMeta,
    metadata: s.object(0, ListMeta),
    columnDefinitions: s.list(0, TableColumnDefinition, { required: true, listType: "atomic" }),
    rows: s.list(0, TableRow, { required: true, listType: "atomic" }),
  },
  { noProto: true },
);

export interface Table extends ValueOf<typeof Table> {}
