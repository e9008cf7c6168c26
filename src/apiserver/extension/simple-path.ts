/** The simple JSON paths by which definitions point into their objects: `.spec.replicas`. */
import { compileJsonPath, type JsonPath } from "#base/jsonpath.ts";

const compiled = new Map<string, JsonPath>();
const compiledMax = 2_000;

function compiledPath(path: string): JsonPath {
  const known = compiled.get(path);
  if (known) return known;
  if (compiled.size >= compiledMax) compiled.clear();
  const made = compileJsonPath(`{${path}}`);
  compiled.set(path, made);
  return made;
}

/** The first value found. Throws JsonPathError. */
export const valueAt =
  (path: string) =>
  (object: unknown): unknown =>
    compiledPath(path).find(object)[0]?.[0];

/** As selectors compare it; empty when there is none. */
export const textAt =
  (path: string) =>
  (object: unknown): string => {
    const value = valueAt(path)(object);
    return value === undefined || value === null || typeof value === "object" ? "" : String(value);
  };

/** Names of members, in order, for paths without any index. */
export const stepsOf = (path: string): readonly string[] =>
  path
    .replace(/^\./, "")
    .replaceAll(/\['([^']*)'\]/g, ".$1")
    .split(".");
