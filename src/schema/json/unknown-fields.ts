/** The second, slow look at JSON in which decoding counted fields that the schema does not know. */
import { layoutOf } from "#schema/layout.ts";
import { problemsMax } from "#schema/limits.ts";
import type { AnyStruct, Type } from "#schema/struct.ts";
import { unknownMember } from "#schema/open/prune.ts";
import { formOf } from "./forms.ts";

/** As strict decoding says it: `unknown field "spec.containers[0].foo"`. */
export function unknownFields(struct: AnyStruct, json: unknown): string[] {
  const problems = new Set<string>();
  for (const path of inStruct(struct, json, "")) {
    problems.add(`unknown field ${JSON.stringify(path)}`); // exact: sigs.k8s.io/json
    if (problems.size >= problemsMax) break;
  }
  return [...problems];
}

/** In the order in which they stand in the JSON, as upstream meets them. */
function* inStruct(struct: AnyStruct, json: unknown, at: string): Iterable<string> {
  if (formOf(struct)) return; // Upstream decodes such values on their own, and leniently.
  const { byName } = layoutOf(struct);
  const { open } = struct.options;
  for (const [key, value] of entries(json)) {
    const field = byName.get(key);
    const path = at === "" ? key : `${at}.${key}`;
    if (field) yield* inType(field.type, value, path);
    else if (open) yield* unknownMember(open, { name: key, value }, path);
    else if (value !== undefined) yield path;
  }
}

function* inType(type: Type, json: unknown, at: string): Iterable<string> {
  if (type.is === "struct") yield* inStruct(type.struct(), json, at);
  else if (type.is === "list") yield* inList(type.item, json, at);
  else if (type.is === "map")
    for (const [key, value] of entries(json)) yield* inType(type.value, value, `${at}.${key}`);
}

function* inList(item: Type, json: unknown, at: string): Iterable<string> {
  if (!Array.isArray(json)) return;
  for (const [index, value] of json.entries()) yield* inType(item, value, `${at}[${index}]`);
}

const entries = (json: unknown): [string, unknown][] =>
  typeof json === "object" && json !== null ? Object.entries(json) : [];
