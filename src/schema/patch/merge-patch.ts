/** JSON merge patch, RFC 7386. */
import { depthMax } from "#schema/limits.ts";
import { isMap, memberOf, setMember, tooDeep } from "./patch-error.ts";

/** The patched document; neither `document` nor `patch` is changed. */
export const applyMergePatch = (document: unknown, patch: unknown): unknown =>
  mergedAt(document, patch, 0);

function mergedAt(document: unknown, patch: unknown, depth: number): unknown {
  if (depth > depthMax) throw tooDeep();
  if (!isMap(patch)) return patch;
  const result: Record<string, unknown> = isMap(document) ? { ...document } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else setMember(result, key, mergedAt(memberOf(result, key), value, depth + 1));
  }
  return result;
}
