/**
 * Sets of field paths: who owns what, as managedFields record it (`FieldsV1`). A set is an immutable
 * tree. Each step of a path is a string in FieldsV1's own notation:
 *
 *   f:spec                    a field of a struct, or a key of a map
 *   k:{"name":"web"}          an item of a list, by the fields that identify it
 *   v:"example.com/foo"       an item of a set, by its value
 *   i:0                       an item of a list, by its place
 *
 * Being in the set and having something below in the set are two things: `.` says the first.
 * upstream: sigs.k8s.io/structured-merge-diff/fieldpath
 */
import { DecodeError, tooDeep } from "./json/decode-error.ts";
import { depthMax } from "./limits.ts";
import type { JsonObject } from "./struct.ts";

/** From the object itself down; never empty in a set. */
export type FieldPath = readonly string[];

type Children = ReadonlyMap<string, FieldSet>;

const noChildren: Children = new Map();

/** Of a path that has nothing below it. */
const leafJson: JsonObject = Object.freeze({});

/** What was written down here can be read without looking: thousands of objects share few sets. */
const written = new WeakMap<object, FieldSet>();

export class FieldSet {
  /** The path that leads here is in the set. Never so at the top: nobody owns an object as such. */
  readonly isMember: boolean;
  /** By the next step of the path. None of them is empty. */
  readonly children: Children;
  #json: JsonObject | undefined;

  private constructor(isMember: boolean, children: Children) {
    this.isMember = isMember;
    this.children = children;
  }

  static readonly empty = new FieldSet(false, noChildren);
  /** A path that is in the set and ends here. */
  static readonly leaf = new FieldSet(true, noChildren);

  /** A node of a tree. Empty children must not come in. */
  static of(isMember: boolean, children: Children): FieldSet {
    if (children.size > 0) return new FieldSet(isMember, children);
    return isMember ? FieldSet.leaf : FieldSet.empty;
  }

  static ofPaths(paths: Iterable<FieldPath>): FieldSet {
    const builder = new FieldSetBuilder();
    for (const path of paths) builder.add(path);
    return builder.build();
  }

  /** Throws DecodeError when it is no FieldsV1. */
  static fromJson(fieldsV1: unknown): FieldSet {
    const known = written.get(fieldsV1 as object);
    if (known) return known;
    const { children } = nodeOf(fieldsV1, 0);
    return FieldSet.of(false, children);
  }

  /** Made once: nobody may change it. Sets that have parts in common have parts of their JSON in common. */
  toJson(): JsonObject {
    const json = (this.#json ??= this.#makeJson());
    // All leaves share one, which says nothing of the path that leads to it.
    if (json !== leafJson) written.set(json, this);
    return json;
  }

  #makeJson(): JsonObject {
    const { isMember, children } = this;
    if (children.size === 0) return leafJson;
    const json: Record<string, JsonObject> = isMember ? { ".": leafJson } : {};
    for (const step of [...children.keys()].sort(compareSteps)) {
      const child = children.get(step) ?? FieldSet.leaf;
      json[step] = child.#json ??= child.#makeJson();
    }
    return json;
  }

  get isEmpty(): boolean {
    return !this.isMember && this.children.size === 0;
  }

  /** How many paths there are. */
  get size(): number {
    let size = this.isMember ? 1 : 0;
    for (const child of this.children.values()) size += child.size;
    return size;
  }

  has(path: FieldPath): boolean {
    return path.length > 0 && (this.below(path)?.isMember ?? false);
  }

  /** What the set has below a path; undefined when there is nothing, not even the path. */
  below(path: FieldPath): FieldSet | undefined {
    const [step, ...rest] = path;
    return step === undefined ? this : this.children.get(step)?.below(rest);
  }

  equals(other: FieldSet): boolean {
    if (this === other) return true;
    if (this.isMember !== other.isMember || this.children.size !== other.children.size)
      return false;
    for (const [step, child] of this.children) {
      const theirs = other.children.get(step);
      if (!theirs || !child.equals(theirs)) return false;
    }
    return true;
  }

  union(other: FieldSet): FieldSet {
    if (other.isEmpty || this === other) return this;
    if (this.isEmpty) return other;
    const children = new Map(this.children);
    for (const [step, theirs] of other.children) {
      const mine = children.get(step);
      children.set(step, mine ? mine.union(theirs) : theirs);
    }
    return new FieldSet(this.isMember || other.isMember, children);
  }

  /** Paths in both. */
  intersection(other: FieldSet): FieldSet {
    return this.#combine(other, {
      isMember: this.isMember && other.isMember,
      child: (mine, theirs) => (theirs ? mine.intersection(theirs) : FieldSet.empty),
    });
  }

  /** Paths that are not in `other`. Those above or below a path of `other` stay. */
  difference(other: FieldSet): FieldSet {
    return this.#combine(other, {
      isMember: this.isMember && !other.isMember,
      child: (mine, theirs) => (theirs ? mine.difference(theirs) : mine),
    });
  }

  /** Paths that neither are in `other` nor lie below one that is. */
  recursiveDifference(other: FieldSet): FieldSet {
    return this.#combine(other, {
      isMember: this.isMember && !other.isMember,
      child(mine, theirs) {
        if (!theirs) return mine;
        return theirs.isMember ? FieldSet.empty : mine.recursiveDifference(theirs);
      },
    });
  }

  /** Paths that have no other below them. */
  leaves(): FieldSet {
    return this.#combine(this, {
      isMember: this.isMember && this.children.size === 0,
      child: (mine) => mine.leaves(),
    });
  }

  /** Every path: first those that end at a level, in order, then those that go further. */
  *paths(): Iterable<FieldPath> {
    yield* pathsOf(this, []);
  }

  #combine(other: FieldSet, how: Combination): FieldSet {
    // Most of a set mostly stays as it is: it is copied when something does not.
    let children: Map<string, FieldSet> | undefined;
    for (const [step, mine] of this.children) {
      const left = how.child(mine, other.children.get(step));
      if (left === mine) continue;
      children ??= new Map(this.children);
      if (left.isEmpty) children.delete(step);
      else children.set(step, left);
    }
    if (!children && how.isMember === this.isMember) return this;
    return FieldSet.of(how.isMember, children ?? this.children);
  }
}

interface Combination {
  readonly isMember: boolean;
  readonly child: (mine: FieldSet, theirs: FieldSet | undefined) => FieldSet;
}

/** Collects paths, and whole sets of paths, for a set. Once that is built, it begins anew. */
export class FieldSetBuilder {
  #top: Node | undefined;

  add(path: FieldPath): void {
    this.graft(path, FieldSet.leaf);
  }

  /** Everything in `set`, below `path`. */
  graft(path: FieldPath, set: FieldSet): void {
    const last = path.at(-1);
    if (last === undefined || set.isEmpty) return;
    let node = (this.#top ??= newNode());
    for (let at = 0; at < path.length - 1; at++) node = stepInto(node, path[at] ?? "");
    const there = node.children.get(last);
    node.children.set(last, there === undefined ? set : built(there).union(set));
  }

  build(): FieldSet {
    const top = this.#top;
    this.#top = undefined;
    return top ? built(top) : FieldSet.empty;
  }
}

interface Node {
  isMember: boolean;
  readonly children: Map<string, Node | FieldSet>;
}

const newNode = (): Node => ({ isMember: false, children: new Map() });

function stepInto({ children }: Node, step: string): Node {
  const next = children.get(step);
  if (next && !(next instanceof FieldSet)) return next;
  const node = next ? { isMember: next.isMember, children: new Map(next.children) } : newNode();
  children.set(step, node);
  return node;
}

/** The node's own map becomes the set's: nobody adds to the node any more. */
function built(node: Node | FieldSet): FieldSet {
  if (node instanceof FieldSet) return node;
  const { isMember, children } = node;
  for (const [step, child] of children) children.set(step, built(child));
  return FieldSet.of(isMember, children as Map<string, FieldSet>);
}

const stepPattern = /^(f:|k:\{|v:|i:-?\d)/;

function nodeOf(json: unknown, depth: number): FieldSet {
  if (depth > depthMax) throw tooDeep();
  if (typeof json !== "object" || json === null || Array.isArray(json))
    throw new DecodeError("a field set must be made of objects");
  const children = new Map<string, FieldSet>();
  let isMember = false;
  for (const [key, value] of Object.entries(json)) {
    if (key === ".") isMember = true;
    else if (stepPattern.test(key)) children.set(canonicalStep(key), nodeOf(value, depth + 1));
    else throw new DecodeError(`a field set has no path element ${JSON.stringify(key)}`);
  }
  // Nothing inside, not even a dot: the path itself.
  return FieldSet.of(isMember || children.size === 0, children);
}

/** Whoever wrote it may have spelled its JSON differently. */
function canonicalStep(step: string): string {
  try {
    if (step.startsWith("k:")) return keyStep(JSON.parse(step.slice(2)) as object);
    if (step.startsWith("v:")) return valueStep(JSON.parse(step.slice(2)));
    return step;
  } catch (cause) {
    throw new DecodeError(`a field set has a malformed path element ${step}`, { cause });
  }
}

function* pathsOf(set: FieldSet, above: FieldPath): Iterable<FieldPath> {
  const steps = [...set.children].sort(([a], [b]) => compareSteps(a, b));
  for (const [step, child] of steps) if (child.isMember) yield [...above, step];
  for (const [step, child] of steps) yield* pathsOf(child, [...above, step]);
}

/** Fields, then keys, values, indexes. */
const kinds = "fkvi";

function compareSteps(a: string, b: string): number {
  if (a[0] !== b[0]) return kinds.indexOf(a.slice(0, 1)) - kinds.indexOf(b.slice(0, 1));
  return a < b ? -1 : 1;
}

export const fieldStep = (name: string): string => `f:${name}`;

/** The fields that identify an item, by name in order. */
export function keyStep(keys: object): string {
  const sorted = Object.entries(keys).sort(([a], [b]) => (a < b ? -1 : 1));
  return `k:${JSON.stringify(Object.fromEntries(sorted))}`;
}

export const valueStep = (value: unknown): string => `v:${JSON.stringify(value)}`;

/** As conflicts and errors print it: `.spec.containers[name="web"].image`. */
export const formatPath = (path: FieldPath): string => path.map(formatStep).join("");

export function formatStep(step: string): string {
  const rest = step.slice(2);
  if (step.startsWith("f:")) return `.${rest}`;
  if (step.startsWith("i:")) return `[${rest}]`;
  if (step.startsWith("v:")) return `[=${rest}]`;
  const keys = Object.entries(JSON.parse(rest) as object);
  return `[${keys.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(",")}]`;
}
