/**
 * JSON merge patch, RFC 7386, with the habit of the library that upstream uses: of lists, nulls do not arrive.
 * upstream: gopkg.in/evanphx/json-patch.v4
 */
import { depthMax } from "#schema/limits.ts";
import { isMap, memberOf, setMember, tooDeep } from "./patch-error.ts";

/** The patched document; neither `document` nor `patch` is changed. */
export const applyMergePatch = (document: unknown, patch: unknown): unknown =>
  mergedAt(document, patch, 0);

function mergedAt(document: unknown, patch: unknown, depth: number): unknown {
  if (depth > depthMax) throw tooDeep();
  // A list that takes the place of an object comes as it is.
  if (!isMap(patch)) return isMap(document) ? patch : withoutNulls(patch, depth);
  const result: Record<string, unknown> = isMap(document) ? { ...document } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else setMember(result, key, mergedAt(memberOf(result, key), value, depth + 1));
  }
  return result;
}

function withoutNulls(patch: unknown, depth: number): unknown {
  if (!Array.isArray(patch)) return patch;
  const items = patch.filter((item) => item !== null);
  return items.map((item: unknown) => mergedAt(undefined, item, depth + 1));
}
