/**
 * Mutations as configurations: `Object{spec: Object.spec{…}}` is merged as server-side apply would.
 * upstream: staging/src/k8s.io/apiserver/pkg/admission/plugin/policy/mutating/patch/smd.go
 */
import { jsonOf } from "#cel/json.ts";
import { constructedTypeOf, entriesOf, isMap } from "#cel/values.ts";
import { DecodeError } from "#schema/json.ts";
import { atomicFieldsOf, checkApplied, mergeApplied } from "#schema/structural.ts";
import type { AnyStruct } from "#schema/struct.ts";
import { MutationFailed, type ShownObject } from "./mutable.ts";

/** Throws MutationFailed. exact: apiserver, all messages */
export function withConfiguration(
  schema: AnyStruct,
  shown: ShownObject,
  configuration: unknown,
): unknown {
  for (const problem of misnamed(configuration, "Object"))
    throw new MutationFailed(`type mismatch: ${problem}`);
  const { apiVersion, kind } = shown;
  const applied = { ...(jsonOf(configuration) as object), apiVersion, kind };
  const problem = checkApplied(schema, applied);
  if (problem !== "")
    throw inPatch(`failed to convert patch object to typed object: ${typed(shown)}: ${problem}`);
  const atomics = atomicFieldsOf(schema, applied);
  if (atomics.length > 0) {
    const which = atomics.join(", ");
    throw inPatch(
      `invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: ${which}`,
    );
  }
  try {
    return mergeApplied(schema, shown, applied);
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    throw inPatch(`failed to merge patch: ${cause.message}`);
  }
}

const inPatch = (why: string): MutationFailed => new MutationFailed(`error applying patch: ${why}`);

/** A configuration has no name of its own. */
const typed = ({ apiVersion, kind }: ShownObject): string =>
  `failed to create typed patch object (/; ${apiVersion}, Kind=${kind})`;

/** Objects are called by the fields that lead to them. */
function* misnamed(value: unknown, path: string): Iterable<string> {
  if (Array.isArray(value)) {
    for (const item of value) yield* misnamed(item, path);
    return;
  }
  if (!isMap(value)) return;
  const name = constructedTypeOf(value);
  if (name !== undefined && name !== path) {
    yield `unexpected type name ${JSON.stringify(name)}, expected ${JSON.stringify(path)}, which matches field name path from root Object type`;
    return;
  }
  for (const [field, inner] of entriesOf(value)) {
    if (typeof field === "string") yield* misnamed(inner, `${path}.${field}`);
  }
}
