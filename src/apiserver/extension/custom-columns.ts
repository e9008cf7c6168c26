/**
 * The columns that a definition wants to see printed.
 * upstream: apiextensions-apiserver/pkg/registry/customresource/tableconvertor/tableconvertor.go
 */
import { humanDuration, nameColumn } from "#api/columns.ts";
import type { CustomResourceColumnDefinition } from "#api/apiextensions/customresourcedefinition.ts";
import type { ApiObject, Cell, Column } from "#api/kind.ts";
import { compactJson } from "#base/go-json.ts";
import { JsonPathError } from "#base/jsonpath.ts";
import { valueAt } from "./simple-path.ts";

type Definition = CustomResourceColumnDefinition;

/** What is shown where nothing is asked for. */
const age: Definition = {
  name: "Age",
  type: "date",
  jsonPath: ".metadata.creationTimestamp",
  description: "When the object was created.",
};

export const customColumns = (definitions: readonly Definition[]): readonly Column<ApiObject>[] => [
  nameColumn,
  ...(definitions.length === 0 ? [age] : definitions).map(columnOf),
];

function columnOf(definition: Definition): Column<ApiObject> {
  const { name, type, format, priority = 0, jsonPath } = definition;
  const find = valueAt(jsonPath);
  return {
    name,
    type: type as Column<ApiObject>["type"],
    ...(format ? { format } : {}),
    ...(priority > 0 ? { wide: true } : {}),
    // exact: apiextensions-apiserver
    doc:
      definition.description ||
      `Custom resource definition column (in JSONPath format): ${jsonPath}`,
    cell: (object, nowMs) => cellOf(type, found(find, object), nowMs),
  };
}

/** A path that does not fit the object has nothing to show. */
function found(find: (object: unknown) => unknown, object: unknown): unknown {
  try {
    return find(object);
  } catch (cause) {
    if (!(cause instanceof JsonPathError)) throw cause;
    return undefined;
  }
}

function cellOf(type: string, value: unknown, nowMs: number): Cell {
  if (value === undefined || (value === null && type !== "string")) return null;
  if (type === "string") return textOf(value);
  if (type === "date") return typeof value === "string" ? ageOf(value, nowMs) : null;
  if (type === "boolean") return typeof value === "boolean" ? value : null;
  if (typeof value !== "number") return null;
  return type === "integer" ? Math.trunc(value) : value;
}

const textOf = (value: unknown): string =>
  typeof value === "object" && value !== null
    ? compactJson(value)
    : String((value as string | number | boolean | null) ?? "");

function ageOf(time: string, nowMs: number): string {
  const at = Date.parse(time);
  return Number.isNaN(at) ? "<invalid>" : humanDuration(nowMs - at);
}
