/** What `explain` prints of a kind or a field. upstream: staging/src/k8s.io/kubectl/pkg/explain/v2/templates/plaintext.tmpl */
import type { Resource } from "#client/discovery.ts";
import { type Document, type Schema, typeOf } from "./open-api.ts";

export interface Explained {
  readonly document: Document;
  readonly resource: Resource;
  readonly schema: Schema;
  /** Undefined: the kind itself. */
  readonly field: string | undefined;
}

// exact: kubectl, the texts of this file
export function explanation(
  { document, resource, schema, field }: Explained,
  isDeep: boolean,
): string {
  const { group, version, kind } = resource.kind;
  const lines = [
    ...(group === "" ? [] : [`GROUP:      ${group}`]),
    `KIND:       ${kind}`,
    `VERSION:    ${version}`,
    "",
  ];
  if (field !== undefined)
    lines.push(`FIELD: ${field} <${typeOf(document, schema)}>`, ...enumLines(schema), "");
  lines.push("DESCRIPTION:", ...descriptionLines(document, schema));
  const inner = document.inner(schema);
  if (inner.properties)
    lines.push("FIELDS:", ...fieldLines(document, inner, { indent: "  ", isDeep, above: [] }));
  return `${lines.join("\n")}\n\n`;
}

function enumLines(schema: Schema): readonly string[] {
  const { enum: values = [] } = schema;
  if (values.length === 0) return [""];
  return ["ENUM:", ...values.map((value) => `    ${value}`)];
}

/** Of the field, then of what it refers to. */
function descriptionLines(document: Document, schema: Schema): readonly string[] {
  const inner = document.inner(schema);
  const texts = [schema.description, ...(inner === schema ? [] : [inner.description])];
  const lines = texts.flatMap((text) => (text ? wrapped(text, 76) : []));
  return lines.length === 0 ? ["    <empty>"] : [...lines.map(indented), "    "];
}

const indented = (line: string): string => `    ${line}`;

interface Nesting {
  readonly indent: string;
  /** Fields below fields too, without their descriptions. */
  readonly isDeep: boolean;
  readonly above: readonly Schema[];
}

function fieldLines(
  document: Document,
  { properties = {}, required = [] }: Schema,
  nesting: Nesting,
): readonly string[] {
  const { indent, isDeep } = nesting;
  return Object.keys(properties)
    .toSorted()
    .flatMap((name) => {
      const schema = properties[name] ?? {};
      const needed = required.includes(name) ? " -required-" : "";
      const lines = [
        `${indent}${name}\t<${typeOf(document, schema)}>${needed}`,
        ...(schema.enum ? [`${indent}enum: ${shortEnum(schema.enum)}`] : []),
      ];
      if (isDeep) return [...lines, ...deeper(document, schema, nesting)];
      const described = schema.description
        ? wrapped(schema.description, 76 - indent.length + 2)
        : [];
      const text = described.length === 0 ? ["<no description>"] : described;
      return [...lines, ...text.map((line) => `${indent}  ${line}`), ""];
    });
}

function deeper(document: Document, schema: Schema, { indent, above }: Nesting): readonly string[] {
  const inner = document.inner(schema);
  // A schema within itself goes on for ever.
  if (!inner.properties || above.includes(inner)) return [];
  const nesting = { indent: `${indent}  `, isDeep: true, above: [...above, inner] };
  return fieldLines(document, inner, nesting);
}

const shownMax = 4;

const shortEnum = (values: readonly string[]): string =>
  values.length > shownMax
    ? `${values.slice(0, shownMax).map(shownValue).join(", ")}, ....`
    : values.map(shownValue).join(", ");

const shownValue = (value: string): string => value || '""';

/** Lines of at most so many letters; line breaks of the text stay. */
function wrapped(text: string, width: number): readonly string[] {
  return text.split("\n").flatMap((paragraph) => {
    const lines: string[] = [];
    let line = "";
    for (const word of paragraph.split(/\s+/)) {
      if (line !== "" && line.length + 1 + word.length > width) {
        lines.push(line);
        line = word;
      } else line = line === "" ? word : `${line} ${word}`;
    }
    return [...lines, line];
  });
}
