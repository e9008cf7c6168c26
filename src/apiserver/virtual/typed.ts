import type { ApiObject, Kind } from "#api/kind.ts";
import type { Draft } from "#schema/struct.ts";

/** With its kind and version, first of all: a body in protobuf has them on its envelope only. */
export function typed<T extends ApiObject>(kind: Kind<T>, draft: Draft<T>): Draft<T> {
  const { kind: _kind, apiVersion: _version, ...rest } = draft as Draft<ApiObject>;
  return { kind: kind.kind, apiVersion: kind.apiVersion, ...rest } as unknown as Draft<T>;
}
