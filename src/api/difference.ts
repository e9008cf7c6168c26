/** What differs between two values, a line for each field: for messages that refuse a change. */
import { equal } from "#schema/copy.ts";

const linesMax = 20;

/** differs: upstream prints a diff of Go structs here. */
export function describeDifference(before: unknown, after: unknown): string {
  const lines = [...differences(before, after, "")];
  const shown = lines.slice(0, linesMax);
  if (lines.length > linesMax) shown.push(`  … and ${lines.length - linesMax} more`);
  return shown.join("\n");
}

function* differences(before: unknown, after: unknown, path: string): Iterable<string> {
  if (equal(before, after)) return;
  if (
    !isContainer(before) ||
    !isContainer(after) ||
    Array.isArray(before) !== Array.isArray(after)
  ) {
    yield `  ${path || "."}: ${show(before)} -> ${show(after)}`;
    return;
  }
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const name = Array.isArray(before) ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`;
    yield* differences(before[key], after[key], name);
  }
}

type Container = { readonly [key: string]: unknown };

const isContainer = (value: unknown): value is Container =>
  typeof value === "object" && value !== null;

const show = (value: unknown): string => (value === undefined ? "unset" : JSON.stringify(value));
