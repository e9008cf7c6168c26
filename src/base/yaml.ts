/**
 * YAML as Kubernetes' tools read and print it: YAML 1.1 scalars, anchors and merge keys, JSON is
 * YAML. Parsing is bounded in depth and in what aliases may expand to. The `yaml` package finds the
 * structure; what scalars mean and what counts as a key is decided here, as sigs.k8s.io/yaml does.
 */
import {
  Composer,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  Parser,
  Scalar,
  type Alias,
  type Document,
  type Node,
  type YAMLMap,
  type YAMLParseError,
} from "yaml";
import type { At } from "./yaml-places.ts";
import { plainValue } from "./yaml-scalars.ts";

export { formatYaml } from "./yaml-format.ts";

export class YamlError extends Error {
  override readonly name = "YamlError";
  readonly problem: string;
  /** Absent when it is about the text as a whole. */
  readonly at?: At;

  constructor(problem: string, at?: At) {
    super(`yaml: ${at ? `line ${at.line}, column ${at.column}: ` : ""}${problem}`);
    this.problem = problem;
    if (at) this.at = at;
  }
}

export interface YamlOptions {
  /**
   * Called with `line 3: key "name" already set in map` for each; the last value wins. Without
   * it, a key that stands twice is an error.
   */
  readonly onDuplicateKey?: (problem: string) => void;
}

const depthMax = 250;
/** Values that aliases may add to a document, so that ten lines cannot become a billion values. */
const aliasedValuesMax = 100_000;

/** The first document; null when there is none. Throws `YamlError`. */
export function parseYaml(text: string, options: YamlOptions = {}): unknown {
  return parseJson(text) ?? readDocuments(text, options).next().value ?? null;
}

/** All documents that hold something. Throws `YamlError`. */
export function parseYamlDocuments(text: string, options: YamlOptions = {}): unknown[] {
  const json = parseJson(text);
  if (json !== undefined) return [json];
  return [...readDocuments(text, options)].filter((value) => value !== null);
}

/** JSON is the common case of machines, and `JSON.parse` is far faster. */
function parseJson(text: string): unknown {
  if (!/^\s*\{/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // It may be YAML in flow style; if not, that parser's message is better.
  }
}

function* readDocuments(text: string, options: YamlOptions): Generator<unknown, undefined> {
  const lines = new LineCounter();
  for (const document of composed(text, lines)) {
    const [error] = document.errors;
    if (error) throw failure(lines, error.pos[0], messageOf(error));
    const reader = new Reader(lines, options);
    yield document.contents ? reader.read(document.contents) : null;
  }
}

/** As `parseAllDocuments`, but lazily and with an eye on the depth: composing is recursive. */
function* composed(text: string, lines: LineCounter): Generator<Document.Parsed, undefined> {
  const parser = new Parser(lines.addNewLine);
  lines.addNewLine(0);
  const composer = new Composer({
    schema: "failsafe",
    resolveKnownTags: false,
    strict: false,
    uniqueKeys: false,
    logLevel: "silent",
  });
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) yield* composer.next(token);
    if (parser.stack.length > depthMax) throw new YamlError(tooDeep);
  }
  for (const token of parser.end()) yield* composer.next(token);
  yield* composer.end();
}

const tooDeep = `exceeded max depth of ${depthMax}`;

function messageOf({ code, message }: YAMLParseError): string {
  // exact: go-yaml, for the two that everybody has searched the web for
  if (code === "BLOCK_AS_IMPLICIT_KEY") return "mapping values are not allowed in this context";
  if (code === "TAB_AS_INDENT") return "found character that cannot start any token";
  return message;
}

function failure(lines: LineCounter, offset: number, problem: string): YamlError {
  const { line, col } = lines.linePos(offset);
  return new YamlError(problem, { line, column: col });
}

/** Turns the nodes of one document into plain data. */
class Reader {
  readonly #lines: LineCounter;
  readonly #options: YamlOptions;
  #depth = 0;
  readonly #anchors = new Map<string, Node>();
  /** An anchor may be given again further down: an alias keeps the one it saw first. */
  readonly #targets = new Map<Alias, Node>();
  /** Anchors whose value is being read: an alias to one of them would never end. */
  readonly #open = new Set<Node>();
  #aliasDepth = 0;
  #aliasedValues = 0;

  constructor(lines: LineCounter, options: YamlOptions) {
    this.#lines = lines;
    this.#options = options;
  }

  read(node: unknown): unknown {
    if (this.#aliasDepth > 0 && ++this.#aliasedValues > aliasedValuesMax)
      throw this.#failure(node, "document contains excessive aliasing"); // exact: go-yaml
    this.#noteAnchor(node);
    if (isScalar(node)) return this.#scalar(node);
    if (isAlias(node)) return this.#aliased(node, (target) => this.read(target));
    if (!isMap(node) && !isSeq(node)) return null;
    if (++this.#depth > depthMax) throw new YamlError(tooDeep);
    this.#open.add(node);
    const value = isMap(node) ? this.#map(node) : node.items.map((item) => this.read(item));
    this.#open.delete(node);
    this.#depth--;
    return value;
  }

  #noteAnchor(node: unknown): void {
    const isHere = this.#aliasDepth === 0 && isNode(node) && !isAlias(node);
    if (isHere && node.anchor !== undefined) this.#anchors.set(node.anchor, node);
  }

  #scalar(node: Scalar): unknown {
    const text = typeof node.value === "string" ? node.value : "";
    const value = this.#tagged(node, text);
    if (typeof value === "number" && !Number.isFinite(value))
      throw this.#failure(node, `unsupported value: ${text}`);
    return value;
  }

  #tagged(node: Scalar, text: string): unknown {
    const tag = node.tag?.replace("tag:yaml.org,2002:", "!!");
    switch (tag) {
      case undefined:
        return node.type === Scalar.PLAIN ? plainValue(text) : text;
      case "!!null":
      case "!!bool":
      case "!!int":
      case "!!float":
        return this.#expected(node, text, tag);
      case "!!binary":
        return Buffer.from(text, "base64").toString();
      default:
        return text;
    }
  }

  #expected(node: Scalar, text: string, tag: "!!null" | "!!bool" | "!!int" | "!!float"): unknown {
    const value = plainValue(text);
    const fits = {
      "!!null": value === null,
      "!!bool": typeof value === "boolean",
      "!!int": Number.isInteger(value),
      "!!float": typeof value === "number",
    };
    if (!fits[tag]) throw this.#failure(node, `cannot decode ${JSON.stringify(text)} as a ${tag}`);
    return value;
  }

  #aliased<T>(alias: Alias, use: (target: Node) => T): T {
    const target = this.#targets.get(alias) ?? this.#anchors.get(alias.source);
    if (!target) throw this.#failure(alias, `unknown anchor '${alias.source}' referenced`);
    if (this.#open.has(target))
      throw this.#failure(alias, `anchor '${alias.source}' value contains itself`);
    this.#targets.set(alias, target);
    this.#aliasDepth++;
    const value = use(target);
    this.#aliasDepth--;
    return value;
  }

  #map(node: YAMLMap): Record<string, unknown> {
    const own = new Map<string, unknown>();
    const merged: (readonly [string, unknown])[] = [];
    for (const { key, value } of node.items) {
      if (isMergeKey(key)) {
        merged.push(...this.#merge(value, key));
        continue;
      }
      const name = this.#key(key);
      if (own.has(name)) this.#duplicate(key, name);
      own.set(name, this.read(value));
    }
    // Earlier sources win over later ones, and what the map itself says over them all.
    for (const [name, value] of merged) if (!own.has(name)) own.set(name, value);
    return Object.fromEntries(own);
  }

  #key(node: unknown): string {
    const value = this.read(node);
    if (typeof value === "string") return value;
    if (typeof value === "number" || typeof value === "boolean") return String(value);
    throw this.#failure(node, "unsupported map key: only strings, numbers and booleans are");
  }

  #duplicate(node: unknown, name: string): void {
    const problem = `key ${JSON.stringify(name)} already set in map`; // exact: go-yaml
    if (!this.#options.onDuplicateKey) throw this.#failure(node, problem);
    this.#options.onDuplicateKey(`line ${this.#lines.linePos(offsetOf(node)).line}: ${problem}`);
  }

  /** What `<<: *base` or `<<: [*a, *b]` brings in. */
  #merge(value: unknown, key: unknown): readonly (readonly [string, unknown])[] {
    if (isAlias(value)) return this.#aliased(value, (target) => this.#merge(target, key));
    if (isSeq(value)) return value.items.flatMap((item) => this.#merge(item, key));
    if (isMap(value)) return Object.entries(this.read(value) as object);
    throw this.#failure(key, "map merge requires map or sequence of maps as the value"); // exact
  }

  #failure(node: unknown, problem: string): YamlError {
    return failure(this.#lines, offsetOf(node), problem);
  }
}

const isMergeKey = (key: unknown): boolean =>
  isScalar(key) && key.value === "<<" && key.type === Scalar.PLAIN;

const offsetOf = (node: unknown): number => (node as Node | null)?.range?.[0] ?? 0;
