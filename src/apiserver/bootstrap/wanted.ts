/**
 * An object that shall be there when the server has started, and how one that is there becomes it. It is only made when it is
 * asked for: mostly that is once in the life of a cluster.
 */
import type { ApiObject, Kind } from "#api/kind.ts";
import { decodeJson } from "#schema/json.ts";
import type { Draft } from "#schema/struct.ts";
import type { FoundedStatus, Reader } from "../registry/registry.ts";

export interface Wanted<T extends ApiObject = ApiObject> {
  readonly kind: Kind<T>;
  /** Canonical, with its defaults. */
  readonly object: T;
  /** One more of it, to be written to. */
  readonly draft: () => Draft<T>;
  /** What is to become of one that is there: undefined, or an equal one, leaves it alone. */
  readonly merge: Merge<T>;
  readonly replaces: Replaces<T> | undefined;
  /** What will be said of it as soon as it is there, if that is known beforehand: at this time. */
  readonly status: ((time: string) => FoundedStatus) | undefined;
}

export type Merge<T> = (current: T, wanted: T, reader: Reader) => Draft<T> | undefined;

/** One that is there cannot become it: it goes first. */
export type Replaces<T> = (current: T, wanted: T) => boolean;

/** It is only made where there is none: people may change it. */
export const leave = (): undefined => undefined;

export const wanted = <T extends ApiObject>(
  kind: Kind<T>,
  manifest: object,
  {
    merge = leave,
    replaces,
    status,
  }: Partial<Pick<Wanted<T>, "merge" | "replaces" | "status">> = {},
): Wanted => {
  const typed = { apiVersion: kind.apiVersion, kind: kind.kind, ...manifest };
  const draft = (): Draft<T> => decodeJson(kind.schema, typed, { defaults: true }).value;
  let made: T | undefined;
  const one: Wanted<T> = {
    kind,
    get object() {
      return (made ??= draft() as T);
    },
    draft,
    merge,
    replaces,
    status,
  };
  return one as unknown as Wanted;
};
