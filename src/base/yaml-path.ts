/** Where in a YAML text a path such as `profiles[0].plugins` leads. */
import type { At, Placed } from "./yaml-places.ts";

/**
 * Of the value, or of its name when `isOfName`, or when the value is a list or a map and begins
 * on a line further down. What is not there has the place of what should hold it.
 */
export function placeOf(root: Placed, path: string, isOfName: boolean): At {
  let [here, at, rest]: [Placed, At, string] = [root, root, path];
  while (rest !== "") {
    const step = stepInto(here, rest);
    if (!step) break;
    ({ value: here, at, rest } = step);
    const isAtValue = here.is === "value" && here.value !== null;
    if (isAtValue && !(isOfName && rest === "")) at = here;
  }
  const { line, column } = at;
  return { line, column };
}

interface Step {
  readonly value: Placed;
  readonly at: At;
  readonly rest: string;
}

function stepInto(from: Placed, path: string): Step | undefined {
  if (from.is === "list") {
    const [all, index] = /^\[(\d+)\]\.?/.exec(path) ?? [];
    const value = from.items[Number(index)];
    return value && { value, at: value, rest: path.slice(all?.length) };
  }
  if (from.is === "value") return undefined;
  // A name may hold dots itself: the longest that fits is meant.
  const [entry] = from.entries
    .filter(({ name }) => path.startsWith(name) && /^[.[]|^$/.test(path.slice(name.length)))
    .sort((a, b) => b.name.length - a.name.length);
  if (!entry) return undefined;
  const rest = path.slice(entry.name.length).replace(/^\./, "");
  return { value: entry.value, at: entry.at, rest };
}
