/** An object that shall be there when the server has started, and how one that is there becomes it. */
import type { ApiObject, Kind } from "#api/kind.ts";
import { decodeJson } from "#schema/json.ts";
import type { Draft } from "#schema/struct.ts";
import type { Reader } from "../registry/registry.ts";

export interface Wanted<T extends ApiObject = ApiObject> {
  readonly kind: Kind<T>;
  /** Canonical, with its defaults. */
  readonly object: T;
  /** What is to become of one that is there: undefined, or an equal one, leaves it alone. */
  readonly merge: Merge<T>;
  /** One that is there cannot become it: it goes first. */
  readonly replaces?: (current: T, wanted: T) => boolean;
}

export type Merge<T> = (current: T, wanted: T, reader: Reader) => Draft<T> | undefined;

/** It is only made where there is none: people may change it. */
export const leave = (): undefined => undefined;

export const wanted = <T extends ApiObject>(
  kind: Kind<T>,
  manifest: object,
  merge: Merge<T> = leave,
): Wanted => {
  const typed = { apiVersion: kind.apiVersion, kind: kind.kind, ...manifest };
  const { value } = decodeJson(kind.schema, typed, { defaults: true });
  return { kind, object: value as T, merge } as unknown as Wanted;
};
