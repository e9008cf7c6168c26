/** What upstream's library says of a turn, beside what the server made of it. */
import { isDeepStrictEqual } from "node:util";
import type { AnyKind } from "../../src/api/kind.ts";
import { DecodeError } from "../../src/schema/json.ts";
import {
  type PatchAnswer,
  storedAs,
  wordsOf,
  type WriteAnswer,
} from "../../src/apiserver/oracles/testing.ts";
import type { OpenApiSchema } from "../../src/schema/openapi.ts";
import type { Definitions } from "./definitions.ts";
import type { OracleAnswer } from "./oracle.ts";

/** In the words of the server. */
export function answerThere(kind: AnyKind, answer: OracleAnswer): WriteAnswer {
  if (answer.error !== undefined) return { error: answer.error };
  if (answer.conflicts) {
    return { conflicts: answer.conflicts.map(({ manager, path }) => `${manager}: ${path}`) };
  }
  try {
    const { managedFields: _, ...metadata } = storedAs(kind, answer.object).metadata;
    return {
      object: { ...storedAs(kind, answer.object), metadata },
      owners: Object.fromEntries(
        (answer.managers ?? []).map(({ name, fields }) => [name, fields as never]),
      ),
    };
  } catch (cause) {
    if (cause instanceof DecodeError) return { error: cause.message };
    throw cause;
  }
}

/** What Debian's versions of the libraries do not do as those in 1.36: there is nothing to compare. */
export function isOutdated(here: Answer, there: Answer): boolean {
  const { error = "" } = there;
  // It takes anything for a scalar; it cannot replace a document as a whole, and falls over negative indexes.
  if (here.error?.includes("expected any scalar")) return true;
  return /^panic: |doc is missing path: : |^test operation .* is missing path: : /.test(error);
}

interface Answer {
  readonly error?: string;
}

export function samePatched(here: PatchAnswer, there: PatchAnswer): boolean {
  const { error = "" } = there;
  // A null that was copied passes for an empty object there: what looks into it is refused all the same.
  if (here.error && error.includes("Unable to remove nonexistent key")) return true;
  return here.error === there.error && isDeepStrictEqual(plain(here.object), plain(there.object));
}

/** Empty where they agree. */
export function differences(
  here: WriteAnswer,
  there: WriteAnswer,
  isSame: (here: unknown, there: unknown) => boolean,
): readonly string[] {
  return (["error", "conflicts", "object", "owners"] as const).filter((part) => {
    const [ours, theirs] = [plain(here[part]), plain(there[part])];
    if (part === "error") return wordsOf(here.error) !== wordsOf(there.error);
    return !isDeepStrictEqual(ours, theirs) && !(part === "object" && isSame(ours, theirs));
  });
}

const plain = (value: unknown): unknown =>
  value === undefined ? undefined : JSON.parse(JSON.stringify(value));

/**
 * Whether two objects are the same but for the order of items that are known by their names. Debian's version of the
 * library appends new items; the one in 1.36 puts them where the configuration has them.
 */
export const sameButOrder = (
  definitions: Definitions,
  schema: OpenApiSchema,
  [a, b]: readonly [unknown, unknown],
): boolean => isDeepStrictEqual(sorted(definitions, schema, a), sorted(definitions, schema, b));

function sorted(definitions: Definitions, schema: OpenApiSchema, value: unknown): unknown {
  const { $ref } = schema;
  if (typeof $ref === "string") {
    return sorted(definitions, definitions[$ref.slice("#/definitions/".length)] ?? {}, value);
  }
  const { items, properties, additionalProperties } = schema;
  if (Array.isArray(value)) {
    const list = value.map((item) => sorted(definitions, (items ?? {}) as OpenApiSchema, item));
    const isNamed = ["map", "set"].includes(String(schema["x-kubernetes-list-type"]));
    return isNamed
      ? list.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
      : list;
  }
  if (typeof value !== "object" || value === null) return value;
  const of = (name: string): OpenApiSchema =>
    ((properties ?? {}) as Definitions)[name] ??
    (typeof additionalProperties === "object" ? (additionalProperties as OpenApiSchema) : {});
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, sorted(definitions, of(name), inner)]),
  );
}
