/**
 * `-o custom-columns=NAME:.metadata.name,NODE:.spec.nodeName`.
 * upstream: staging/src/k8s.io/kubectl/pkg/cmd/get/customcolumn.go
 */
import { compileJsonPath, type JsonPath } from "#base/jsonpath.ts";
import { alignTabs, type TabOptions } from "./tab-writer.ts";

export interface CustomColumns {
  readonly headers: readonly string[];
  readonly rowOf: (object: unknown) => readonly string[];
}

// exact: kubectl, the messages
export function parseCustomColumns(spec: string): CustomColumns {
  if (spec === "") throw new Error("custom-columns format specified but no custom columns given");
  const parts = splitColumns(spec).map((part) => {
    const at = part.indexOf(":");
    if (at < 0)
      throw new Error(
        `unexpected custom-columns spec: ${part}, expected <header>:<json-path-expr>`,
      );
    return { header: part.slice(0, at), path: relaxed(part.slice(at + 1)) };
  });
  return columnsOf(parts);
}

/** A file with two lines: the headers, and below them the paths. */
export function parseCustomColumnsFile(text: string): CustomColumns {
  const [first = "", second = ""] = text.split("\n");
  const headers = first.trim().split(/\s+/);
  const paths = second.trim().split(/\s+/);
  if (first.trim() === "" || headers.length !== paths.length)
    throw new Error(
      `number of headers (${headers.length}) doesn't match number of specs (${paths.length})`,
    );
  return columnsOf(headers.map((header, at) => ({ header, path: relaxed(paths[at] ?? "") })));
}

function columnsOf(
  parts: readonly { readonly header: string; readonly path: string }[],
): CustomColumns {
  const paths = parts.map(({ path }) => compileJsonPath(path));
  return {
    headers: parts.map(({ header }) => header),
    rowOf: (object) => paths.map((path) => cellOf(path, object)),
  };
}

/** Commas inside braces or brackets belong to the path. */
function splitColumns(spec: string): string[] {
  const parts: string[] = [""];
  let depth = 0;
  for (const c of spec) {
    if (c === "{" || c === "[") depth++;
    if (c === "}" || c === "]") depth--;
    if (c === "," && depth === 0) parts.push("");
    else parts[parts.length - 1] += c;
  }
  return parts;
}

const cellOf = (path: JsonPath, object: unknown): string => {
  const values = path.find(object).flat();
  return values.length === 0 ? "<none>" : values.map(valueText).join(",");
};

/** Go's `%v`. */
function valueText(value: unknown): string {
  if (value === null || value === undefined) return "<nil>";
  if (Array.isArray(value)) return `[${value.map(valueText).join(" ")}]`;
  if (typeof value !== "object") return String(value);
  const keys = Object.keys(value).toSorted();
  const members = keys.map((key) => `${key}:${valueText((value as Record<string, unknown>)[key])}`);
  return `map[${members.join(" ")}]`;
}

const shapes = [/^\{\.?([^{}]+)\}$/, /^\.?([^{}]+)$/] as const;

/** `x.y`, `.x.y`, `{x.y}` and `{.x.y}` all mean `{.x.y}`. */
export function relaxed(expression: string): string {
  if (expression === "") return expression;
  for (const shape of shapes) {
    const inner = shape.exec(expression)?.[1];
    if (inner !== undefined) return `{.${inner}}`;
  }
  throw new Error(
    `unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or '{.name1.name2}'`,
  );
}

export function formatCustomColumns(
  { headers, rowOf }: CustomColumns,
  objects: readonly unknown[],
  { hasHeaders, tabs }: { readonly hasHeaders: boolean; readonly tabs: TabOptions },
): string {
  const rows = [...(hasHeaders ? [headers] : []), ...objects.map(rowOf)];
  return alignTabs(rows.map((row) => `${row.join("\t")}\n`).join(""), tabs);
}
