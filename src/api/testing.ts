/** What tests of kinds ask for: an object from a manifest, what is wrong with it, its columns. */
import { deepFreeze } from "#schema/copy.ts";
import type { FieldError } from "#schema/field-error.ts";
import { decodeJson } from "#schema/json.ts";
import { inOrder } from "#schema/order.ts";
import type { Draft } from "#schema/struct.ts";
import { validateStruct } from "#schema/validate.ts";
import type { ApiObject, Cell, Kind } from "./kind.ts";

type Manifest = object;

/** As it comes out of decoding: canonical, with its defaults. */
export function draftFrom<T extends ApiObject, In>(
  kind: Kind<T, In>,
  manifest: Manifest,
): Draft<T> {
  const { apiVersion } = kind;
  const typed = { kind: kind.kind, apiVersion, ...manifest };
  return decodeJson(kind.schema, typed, { defaults: true }).value;
}

/** As it would be stored, but for what the registry fills in. */
export function objectFrom<T extends ApiObject, In>(kind: Kind<T, In>, manifest: Manifest): T {
  const draft = draftFrom(kind, manifest);
  kind.prepareForCreate?.(draft);
  return deepFreeze(inOrder(kind.schema, draft)) as T;
}

const line = ({ path, message }: FieldError): string => `${path}: ${message}`;

/** Everything wrong with a new object; `path: message` each. */
export function problemsOf<T extends ApiObject, In>(
  kind: Kind<T, In>,
  manifest: Manifest,
): readonly string[] {
  const object = objectFrom(kind, manifest);
  return [
    ...validateStruct(kind.schema, object),
    ...(kind.validate?.(object) ?? []),
    ...(kind.validateCreate?.(object) ?? []),
  ].map(line);
}

interface Change {
  readonly from: Manifest;
  readonly to: Manifest;
}

/** Everything wrong with a changed object. */
export function changeProblems<T extends ApiObject, In>(
  kind: Kind<T, In>,
  { from, to }: Change,
): readonly string[] {
  const old = objectFrom(kind, from);
  const draft = draftFrom(kind, to);
  kind.prepareForUpdate?.(draft, old);
  const object = deepFreeze(draft) as T;
  return [
    ...validateStruct(kind.schema, object),
    ...(kind.validate?.(object) ?? []),
    ...(kind.validateUpdate?.(object, old) ?? []),
  ].map(line);
}

/** Everything wrong with a changed status. */
export function statusProblems<T extends ApiObject, In>(
  kind: Kind<T, In>,
  { from, to }: Change,
): readonly string[] {
  const old = objectFrom(kind, from);
  const draft = draftFrom(kind, to);
  kind.status?.prepare?.(draft, old);
  const object = deepFreeze(draft) as T;
  const ofStatus = [...validateStruct(kind.schema, object)].filter(({ path }) =>
    path.startsWith("status"),
  );
  return [...ofStatus, ...(kind.status?.validate?.(object, old) ?? [])].map(line);
}

/** The cells of `kubectl get -o wide`, by the names of their columns. */
export function cellsOf<T extends ApiObject, In>(
  kind: Kind<T, In>,
  manifest: Manifest,
  nowMs = 0,
): { readonly [column: string]: Cell } {
  const object = objectFrom(kind, manifest);
  const columns = kind.columns ?? [];
  return Object.fromEntries(columns.map(({ name, cell }) => [name, cell(object, nowMs)]));
}
