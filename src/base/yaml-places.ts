/** YAML whose every value knows where it stands, for files whose mistakes are to be pointed at. */
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import { plainValue, type PlainValue } from "./yaml-scalars.ts";

export interface At {
  readonly line: number;
  readonly column: number;
}

export type Placed =
  | (At & { readonly is: "value"; readonly value: PlainValue })
  | (At & { readonly is: "list"; readonly items: readonly Placed[] })
  | (At & { readonly is: "map"; readonly entries: readonly PlacedEntry[] });

export interface PlacedEntry {
  readonly name: string;
  readonly at: At;
  readonly value: Placed;
}

export interface PlacedProblem extends At {
  readonly message: string;
}

/** The only document, or what is wrong with it as YAML. */
export function parsePlaced(text: string): Placed | readonly PlacedProblem[] {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    schema: "failsafe",
    resolveKnownTags: false,
    lineCounter: lines,
    prettyErrors: false,
    logLevel: "silent",
  });
  const at = (offset: number): At => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const { errors } = document;
  if (errors.length > 0)
    return errors.map(({ message, pos }) => ({ ...at(pos[0]), message: `not YAML: ${message}` }));
  const read = (node: Node | null | undefined, fallback: At): Placed => {
    const place = node?.range ? at(node.range[0]) : fallback;
    if (isAlias(node)) return read(node.resolve(document), place);
    if (isSeq(node))
      return { is: "list", ...place, items: node.items.map((item) => read(item as Node, place)) };
    if (!isMap(node)) return { is: "value", ...place, value: scalarOf(node) };
    const entries = node.items.map(({ key, value }): PlacedEntry => {
      const keyAt = (key as Node).range ? at((key as Node).range?.[0] ?? 0) : place;
      return { name: String(key), at: keyAt, value: read(value as Node | null, keyAt) };
    });
    return { is: "map", ...place, entries };
  };
  return read(document.contents, { line: 1, column: 1 });
}

function scalarOf(node: Node | null | undefined): PlainValue {
  if (!isScalar(node)) return null;
  const text = String(node.value ?? "");
  return node.type === "PLAIN" ? plainValue(text) : text;
}

/** As it is without places. */
export function withoutPlaces(placed: Placed): unknown {
  if (placed.is === "value") return placed.value;
  if (placed.is === "list") return placed.items.map(withoutPlaces);
  return Object.fromEntries(placed.entries.map(({ name, value }) => [name, withoutPlaces(value)]));
}
