/** Objects of kinds that nobody wrote a page for: every field, under the words that its name is made of. */
import type { Manifest } from "../resources/manifest.ts";
import { describeAnnotations, pairs } from "./metadata.ts";
import type { Page } from "./page.ts";

type Keyed = Readonly<Record<string, unknown>>;

const toldBefore = new Set(
  ["managedFields", "name", "namespace", "labels", "annotations"].map(
    (name) => `.metadata.${name}`,
  ),
);

export function describeAnything(page: Page, object: Manifest): void {
  const { name = "", namespace = "", labels, annotations } = object.metadata;
  page.line(0, "Name:", name);
  page.line(0, "Namespace:", namespace);
  page.list("Labels", pairs(labels));
  describeAnnotations(page, "Annotations", annotations);
  describeFields(page, object, { level: 0, path: "" });
}

interface At {
  readonly level: number;
  readonly path: string;
}

function describeFields(page: Page, fields: Keyed, { level, path }: At): void {
  for (const name of Object.keys(fields).toSorted()) {
    const inside = `${path}.${name}`;
    if (!toldBefore.has(inside)) describeField(page, [name, fields[name]], { level, path: inside });
  }
}

function describeField(page: Page, [name, value]: readonly [string, unknown], at: At): void {
  const { level } = at;
  const label = `${labelOf(name)}:`;
  const below = { ...at, level: level + 1 };
  if (Array.isArray(value)) {
    page.line(level, label);
    for (const item of value)
      if (isKeyed(item)) describeFields(page, item, below);
      else page.line(level + 1, String(item));
  } else if (isKeyed(value)) {
    page.line(level, label);
    describeFields(page, value, below);
  } else page.line(level, label, value === null ? "<nil>" : String(value));
}

const isKeyed = (value: unknown): value is Keyed =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const acronyms = new Set(["API", "URL", "UID", "OSB", "GUID"]);

/** exact: kubectl. `clusterIP` is `Cluster IP`; what is no word stays as it is. */
export function labelOf(name: string): string {
  if (/[^\p{L}-]/u.test(name)) return name;
  const words = name.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^A-Za-z]+/g) ?? [name];
  return words.map(titled).join(" ");
}

function titled(word: string): string {
  const upper = word.toUpperCase();
  return acronyms.has(upper) ? upper : upper.slice(0, 1) + word.slice(1);
}
