/** Kinds that are known from discovery only: their objects pass through as they came. */
import type { AnyKind, Kind } from "#api/kind.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta } from "#schema/struct.ts";

/** An object of any kind: what every one of them has, and no more. */
const untyped = s.struct("client.Untyped", { ...typeMeta, metadata: s.object(1, ObjectMeta) });

export type KindFacts = Pick<
  Kind,
  | "group"
  | "version"
  | "kind"
  | "plural"
  | "singular"
  | "shortNames"
  | "categories"
  | "scope"
  | "verbs"
>;

export const dynamicKind = (facts: KindFacts): Kind =>
  Object.freeze({
    ...facts,
    apiVersion: facts.group === "" ? facts.version : `${facts.group}/${facts.version}`,
    listKind: `${facts.kind}List`,
    schema: untyped as unknown as Kind["schema"],
  });

export const isUntyped = (kind: AnyKind): boolean => kind.schema === untyped;
