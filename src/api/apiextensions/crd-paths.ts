/** Columns and the scale subresource find their values by simple JSON paths. */
import { child, type FieldError, invalid, required } from "#schema/field-error.ts";
import type {
  CustomResourceColumnDefinition,
  CustomResourceSubresourceScale,
} from "./customresourcedefinition.ts";

const types = ["boolean", "date", "integer", "number", "string"];
const formats = ["byte", "date", "date-time", "double", "float", "int32", "int64", "password"];

export function* validColumn(
  { name, type, format, jsonPath }: CustomResourceColumnDefinition,
  at: string,
): Iterable<FieldError> {
  const someType = `must be one of ${types.join(",")}`;
  if (name === "") yield required(child(at, "name"));
  if (type === "") yield required(child(at, "type"), someType);
  else if (!types.includes(type)) yield invalid(child(at, "type"), type, someType);
  if (format && !formats.includes(format)) {
    yield invalid(child(at, "format"), format, `must be one of ${formats.join(",")}`);
  }
  const path = child(at, "JSONPath");
  if (jsonPath === "") yield required(path);
  else if (!jsonPath.startsWith(".")) yield invalid(path, jsonPath, notSimple);
}

const notSimple = "must be a simple json path starting with .";

export function* validScale(
  { specReplicasPath, statusReplicasPath, labelSelectorPath = "" }: CustomResourceSubresourceScale,
  at: string,
): Iterable<FieldError> {
  const spec = { under: [".spec."], problem: "should be a json path under .spec" };
  yield* validPath(specReplicasPath, child(at, "specReplicasPath"), spec);
  const status = { under: [".status."], problem: "should be a json path under .status" };
  yield* validPath(statusReplicasPath, child(at, "statusReplicasPath"), status);
  if (labelSelectorPath === "") return;
  const problem = "should be a json path under either .spec or .status";
  const either = { under: [".spec.", ".status."], problem };
  yield* validPath(labelSelectorPath, child(at, "labelSelectorPath"), either);
}

function* validPath(
  jsonPath: string,
  at: string,
  { under, problem }: { readonly under: readonly string[]; readonly problem: string },
): Iterable<FieldError> {
  if (jsonPath === "") yield required(at);
  else if (!jsonPath.startsWith(".")) yield invalid(at, jsonPath, notSimple);
  else if (!under.some((prefix) => jsonPath.startsWith(prefix))) {
    yield invalid(at, jsonPath, problem);
  }
}
