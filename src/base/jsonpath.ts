/**
 * Runs a jsonpath template on an object.
 * upstream: staging/src/k8s.io/client-go/util/jsonpath/jsonpath.go
 */
import { compactJson } from "./go-json.ts";
import {
  JsonPathError,
  type PathList,
  type PathNode,
  parseJsonPath,
  type Slice,
} from "./jsonpath-syntax.ts";

export { JsonPathError } from "./jsonpath-syntax.ts";

export interface JsonPathOptions {
  /** A field that is not there is nothing, not an error. */
  readonly allowsMissing: boolean;
}

export interface JsonPath {
  /** What it prints for the object. Throws JsonPathError. */
  readonly print: (object: unknown) => string;
  /** The values that the parts of the template yield. Throws JsonPathError. */
  readonly find: (object: unknown) => readonly (readonly unknown[])[];
}

/** Throws JsonPathError when the template is wrong. */
export function compileJsonPath(
  template: string,
  options: JsonPathOptions = { allowsMissing: true },
): JsonPath {
  const { nodes } = parseJsonPath(template);
  const find: JsonPath["find"] = (object) => {
    const run = new Run(nodes, options);
    run.block(0, [object]);
    return run.results;
  };
  return {
    find,
    print: (object) => find(object).map(printed).join(""),
  };
}

const printed = (values: readonly unknown[]): string => values.map(textOf).join(" ");

function textOf(value: unknown): string {
  if (typeof value === "object" && value !== null) return compactJson(value);
  return value === null || value === undefined ? "" : String(value);
}

class Run {
  readonly results: (readonly unknown[])[] = [];
  readonly #nodes: readonly PathNode[];
  readonly #options: JsonPathOptions;

  constructor(nodes: readonly PathNode[], options: JsonPathOptions) {
    this.#nodes = nodes;
    this.#options = options;
  }

  /** From `at` to the `end` of this block. Returns where it goes on behind it. */
  block(at: number, current: readonly unknown[], isInRange = false): number {
    let i = at;
    while (i < this.#nodes.length) {
      const node = this.#nodes[i] as PathNode;
      const word = identifierOf(node);
      if (word === "end") {
        if (!isInRange) throw new JsonPathError("not in range, nothing to end");
        return i + 1;
      }
      const values = this.#walk(current, node);
      if (word === "range") i = this.#range(i + 1, values);
      else {
        this.results.push(values);
        i++;
      }
    }
    return i;
  }

  #range(at: number, values: readonly unknown[]): number {
    let next = this.#behindEnd(at);
    for (const value of values) next = this.block(at, [value], true);
    return next;
  }

  /** Where it goes on when there is nothing to loop over. */
  #behindEnd(at: number): number {
    let depth = 1;
    for (let i = at; i < this.#nodes.length; i++) {
      const word = identifierOf(this.#nodes[i] as PathNode);
      if (word === "range") depth++;
      if (word === "end" && --depth === 0) return i + 1;
    }
    return this.#nodes.length;
  }

  #walk(values: readonly unknown[], node: PathNode): readonly unknown[] {
    switch (node.is) {
      case "list":
        return this.#list(values, node);
      case "text":
        return [node.text];
      case "number":
      case "boolean":
        return values.map(() => node.value);
      case "field":
        return this.#field(values, node.name);
      case "slice":
        return values.flatMap((value) => sliced(value, node.slice));
      case "union":
        return node.paths.flatMap((path) => this.#list(values, path));
      case "wildcard":
        return values.flatMap(membersOf);
      case "recursive":
        return values.flatMap(descendants);
      case "filter":
        return values.flatMap((value) => this.#filtered(value, node));
      case "identifier":
        return known(values, node.name);
      default:
        return node satisfies never;
    }
  }

  #list(values: readonly unknown[], { nodes }: PathList): readonly unknown[] {
    return nodes.reduce<readonly unknown[]>((current, node) => this.#walk(current, node), values);
  }

  #field(values: readonly unknown[], name: string): readonly unknown[] {
    const found = values.filter((value) => isMap(value) && Object.hasOwn(value, name));
    if (found.length === 0 && values.length > 0 && !this.#options.allowsMissing)
      throw new JsonPathError(`${name} is not found`);
    return found.map((value) => (value as Keyed)[name]);
  }

  #filtered(value: unknown, filter: PathNode & { readonly is: "filter" }): readonly unknown[] {
    if (value === null || value === undefined) return [];
    if (!Array.isArray(value))
      throw new JsonPathError(`${textOf(value)} is not array or slice and cannot be filtered`);
    return value.filter((item) => this.#passes(item, filter));
  }

  #passes(item: unknown, { left, right, operator }: PathNode & { readonly is: "filter" }): boolean {
    if (operator === "exists") return this.#exists(item, left);
    const [lefts, rights] = [this.#list([item], left), this.#list([item], right)];
    if (lefts.length === 0 || rights.length === 0) return false;
    if (lefts.length > 1 || rights.length > 1)
      throw new JsonPathError("can only compare one element at a time");
    return compare(lefts[0], operator, rights[0]);
  }

  #exists(item: unknown, path: PathList): boolean {
    const lenient = new Run([], { allowsMissing: true });
    return lenient.#list([item], path).length > 0;
  }
}

/** Words that are no paths mean something to blocks only. */
function known(values: readonly unknown[], word: string): readonly unknown[] {
  if (word === "range") return values;
  throw new JsonPathError(`unrecognized identifier ${word}`);
}

const identifierOf = (node: PathNode): string | undefined => {
  const word = node.is === "list" ? node.nodes.find(({ is }) => is === "identifier") : undefined;
  return word?.is === "identifier" ? word.name : undefined;
};

type Keyed = Readonly<Record<string, unknown>>;

const isMap = (value: unknown): value is Keyed =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function membersOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  if (!isMap(value)) return [];
  return Object.keys(value)
    .toSorted()
    .map((key) => value[key]);
}

/** Every map and list that is not empty, parents before children. */
function descendants(value: unknown): readonly unknown[] {
  const members = membersOf(value);
  return members.length === 0 ? [] : [value, ...members.flatMap(descendants)];
}

function sliced(value: unknown, { from, to, cap }: Slice): readonly unknown[] {
  if (value === null || value === undefined) return [];
  if (!Array.isArray(value)) throw new JsonPathError(`${goTypeOf(value)} is not array or slice`);
  const { length } = value;
  const first = fromEnd(from ?? 0, length);
  const end = fromEnd(to ?? length, length);
  if (first !== end) checkBounds(first, end, length);
  const step = cap ?? 1;
  if (step <= 0) throw new JsonPathError("step must be > 0");
  return value.slice(first, end).filter((_, at) => at % step === 0);
}

const fromEnd = (index: number, length: number): number => (index < 0 ? index + length : index);

function checkBounds(first: number, end: number, length: number): void {
  const outside = first >= length || first < 0 ? first : end > length ? end - 1 : undefined;
  if (outside !== undefined)
    throw new JsonPathError(`array index out of bounds: index ${outside}, length ${length}`);
}

const goTypes: Readonly<Record<string, string>> = {
  string: "string",
  boolean: "bool",
  number: "int64",
  object: "map[string]interface {}",
};

const goTypeOf = (value: unknown): string => goTypes[typeof value] ?? typeof value;

type Scalar = string | number | boolean;

function compare(left: unknown, operator: string, right: unknown): boolean {
  if (!isScalar(left) || !isScalar(right)) throw new JsonPathError("invalid type for comparison");
  if (typeof left !== typeof right) throw new JsonPathError("incompatible types for comparison");
  const test = comparisons[operator];
  if (!test) throw new JsonPathError(`unrecognized filter operator ${operator}`);
  if (typeof left === "boolean" && operator !== "==" && operator !== "!=")
    throw new JsonPathError("invalid type for comparison");
  return test(left, right);
}

const isScalar = (value: unknown): value is Scalar =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean";

const comparisons: Readonly<Record<string, (a: Scalar, b: Scalar) => boolean>> = {
  "==": (a, b) => a === b,
  "!=": (a, b) => a !== b,
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
};
