/** Objects in the form in which the server keeps them, so that what is equal also looks equal. */
import { assert } from "#base/assert.ts";
import type { AnyKind, ApiObject, Kind } from "#api/kind.ts";
import { equal } from "#schema/copy.ts";
import { decodeJson } from "#schema/json.ts";

/** A whole object of the kind, as the server would store it; with `defaults`, as it would accept it. */
export function canonical<T extends ApiObject, In>(
  kind: Kind<T, In>,
  manifest: In,
  { defaults = false }: { readonly defaults?: boolean } = {},
): T {
  const { kind: name, apiVersion } = kind;
  const typed = { kind: name, apiVersion, ...(manifest as object) };
  return decodeJson(kind.schema, typed, { defaults }).value as T;
}

/** The status alone. */
export function canonicalStatus(kind: AnyKind, status: object): object {
  const field = kind.schema.fields["status"];
  assert(field?.type.is === "struct", `${kind.plural} have no status`);
  return decodeJson(field.type.struct(), status, { defaults: false }).value as object;
}

/** Deep equality of plain data; the order of keys does not count. */
export const isSame = equal;
