/**
 * Takes out of a value what its schema does not know. The result is a copy with sorted keys.
 * upstream: apiextensions-apiserver/pkg/apiserver/schema/pruning/algorithm.go
 */
import { tooDeep } from "#schema/json/decode-error.ts";
import { depthMax } from "#schema/limits.ts";
import {
  embeddedMetadata,
  everything,
  isEmbedded,
  isOpenObject,
  keepsUnknown,
  metaFields,
  memberOf,
  type OpenObject,
  type OpenSchema,
  setMember,
} from "./open-schema.ts";

export interface Pruning {
  hasUnknown: boolean;
  depth: number;
}

const nothing: OpenSchema = {};

export function pruned(schema: OpenSchema, json: unknown, run: Pruning): unknown {
  if (typeof json !== "object" || json === null) return json;
  if (++run.depth > depthMax) throw tooDeep();
  const copy = Array.isArray(json)
    ? json.map((item: unknown) => pruned(itemOf(schema), item, run))
    : prunedMembers(schema, json as OpenObject, { run });
  run.depth -= 1;
  return copy;
}

/** Where unknown fields are kept in a list, they are kept in its items. */
const itemOf = (schema: OpenSchema): OpenSchema =>
  schema.items ?? (keepsUnknown(schema) ? everything : nothing);

interface Members {
  readonly run: Pruning;
  /** Names that are somebody else's business. */
  readonly except?: ReadonlyMap<string, unknown>;
}

export function prunedMembers(
  schema: OpenSchema,
  json: Readonly<OpenObject>,
  { run, except }: Members,
): OpenObject {
  const kept: OpenObject = {};
  for (const name of Object.keys(json).sort()) {
    if (except?.has(name) || json[name] === undefined) continue;
    const inner = keptAs(schema, name);
    if (inner) setMember(kept, name, pruned(inner, json[name], run));
    else run.hasUnknown = true;
  }
  return kept;
}

/** The schema by which a member is kept; undefined when it is not. */
function keptAs(schema: OpenSchema, name: string): OpenSchema | undefined {
  if (isEmbedded(schema) && metaFields.has(name))
    return name === "metadata" ? embeddedMetadata : everything;
  return memberOf(schema, name) ?? (keepsUnknown(schema) ? everything : undefined);
}

/** The paths of what is taken out. */
export function* unknownIn(schema: OpenSchema, json: unknown, at: string): Iterable<string> {
  if (Array.isArray(json)) {
    for (const [i, item] of json.entries()) yield* unknownIn(itemOf(schema), item, `${at}[${i}]`);
  } else if (isOpenObject(json)) {
    for (const [name, value] of Object.entries(json)) {
      yield* unknownMember(schema, { name, value }, `${at}.${name}`);
    }
  }
}

/** Of the object that the schema describes. */
export function* unknownMember(
  schema: OpenSchema,
  { name, value }: { readonly name: string; readonly value: unknown },
  at: string,
): Iterable<string> {
  const inner = keptAs(schema, name);
  if (inner) yield* unknownIn(inner, value, at);
  else if (value !== undefined) yield at;
}
