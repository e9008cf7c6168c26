/**
 * An immutable sorted map, as a B-tree whose versions share whatever did not change: a write copies a handful
 * of small arrays, an old version stays readable for as long as someone holds it, and a copy costs nothing.
 */

/** Entries in a leaf, children in a branch. */
const widthMax = 32;
/** A node that shrinks below this looks for a neighbour to join. */
const widthMin = 8;

/** A leaf has values, a branch has children and the smallest key of each. */
type Node<V> = Leaf<V> | Branch<V>;

class Leaf<V> {
  readonly keys: readonly string[];
  readonly values: readonly V[];

  constructor(keys: readonly string[], values: readonly V[]) {
    this.keys = keys;
    this.values = values;
  }

  get size(): number {
    return this.keys.length;
  }
}

class Branch<V> {
  readonly keys: readonly string[];
  readonly children: readonly Node<V>[];
  readonly size: number;

  constructor(keys: readonly string[], children: readonly Node<V>[]) {
    this.keys = keys;
    this.children = children;
    let size = 0;
    for (const child of children) size += child.size;
    this.size = size;
  }
}

export interface Span {
  /** The first key that counts. */
  readonly from: string;
  /** The first one after them; undefined: to the end. */
  readonly to: string | undefined;
}

export class Tree<V> {
  readonly #root: Node<V>;

  private constructor(root: Node<V>) {
    this.#root = root;
  }

  static empty<V>(): Tree<V> {
    return new Tree<V>(new Leaf<V>([], []));
  }

  /** From entries in ascending order of their keys. */
  static from<V>(keys: readonly string[], values: readonly V[]): Tree<V> {
    let nodes: Node<V>[] = chunks(
      keys.length,
      (a, b) => new Leaf(keys.slice(a, b), values.slice(a, b)),
    );
    while (nodes.length > 1) {
      const below = nodes;
      nodes = chunks(below.length, (a, b) => branchOf(below.slice(a, b)));
    }
    return new Tree(nodes[0] ?? new Leaf<V>([], []));
  }

  get size(): number {
    return this.#root.size;
  }

  get(key: string): V | undefined {
    let node = this.#root;
    while (node instanceof Branch) node = node.children[childIndex(node.keys, key)] as Node<V>;
    const i = lowerBound(node.keys, key);
    return node.keys[i] === key ? node.values[i] : undefined;
  }

  set(key: string, value: V): Tree<V> {
    const [left, right] = inserted(this.#root, key, value);
    return new Tree(right ? branchOf([left, right]) : left);
  }

  delete(key: string): Tree<V> {
    const root = removed(this.#root, key);
    if (root === this.#root) return this;
    const isSpare = root instanceof Branch && root.children.length === 1;
    return new Tree(isSpare ? (root.children[0] as Node<V>) : root);
  }

  /** Values of the span in key order, at most `limit`. */
  list(span: Span, limit = Infinity): V[] {
    const found: V[] = [];
    if (limit > 0) collect(this.#root, { ...span, limit, found });
    return found;
  }

  /** How many keys the span has. */
  count({ from, to }: Span): number {
    const end = to === undefined ? this.size : rank(this.#root, to);
    return Math.max(end - rank(this.#root, from), 0);
  }
}

function chunks<T>(count: number, make: (from: number, to: number) => T): T[] {
  const made: T[] = [];
  for (let at = 0; at < count; at += widthMax) made.push(make(at, Math.min(at + widthMax, count)));
  return made;
}

const firstKey = <V>(node: Node<V>): string => node.keys[0] ?? "";

const branchOf = <V>(children: readonly Node<V>[]): Branch<V> =>
  new Branch(children.map(firstKey), children);

/** The first index whose key is not below `key`. */
function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] as string) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The child that holds `key`, or would. */
function childIndex(keys: readonly string[], key: string): number {
  const i = lowerBound(keys, key);
  return keys[i] === key ? i : Math.max(i - 1, 0);
}

function inserted<V>(node: Node<V>, key: string, value: V): [Node<V>, Node<V>?] {
  if (node instanceof Leaf) return insertedInLeaf(node, key, value);
  const i = childIndex(node.keys, key);
  const [left, right] = inserted(node.children[i] as Node<V>, key, value);
  if (!right && firstKey(left) === node.keys[i])
    return [new Branch(node.keys, node.children.with(i, left))];
  const children = right ? node.children.toSpliced(i, 1, left, right) : node.children.with(i, left);
  return split(branchOf(children));
}

function insertedInLeaf<V>(leaf: Leaf<V>, key: string, value: V): [Node<V>, Node<V>?] {
  const i = lowerBound(leaf.keys, key);
  if (leaf.keys[i] === key) return [new Leaf(leaf.keys, leaf.values.with(i, value))];
  return split(new Leaf(leaf.keys.toSpliced(i, 0, key), leaf.values.toSpliced(i, 0, value)));
}

function split<V>(node: Node<V>): [Node<V>, Node<V>?] {
  const width = node.keys.length;
  if (width <= widthMax) return [node];
  const half = width >>> 1;
  if (node instanceof Leaf)
    return [
      new Leaf(node.keys.slice(0, half), node.values.slice(0, half)),
      new Leaf(node.keys.slice(half), node.values.slice(half)),
    ];
  return [branchOf(node.children.slice(0, half)), branchOf(node.children.slice(half))];
}

/** The same node when there is no such key. */
function removed<V>(node: Node<V>, key: string): Node<V> {
  if (node instanceof Leaf) {
    const at = lowerBound(node.keys, key);
    if (node.keys[at] !== key) return node;
    return new Leaf(node.keys.toSpliced(at, 1), node.values.toSpliced(at, 1));
  }
  const i = childIndex(node.keys, key);
  const before = node.children[i] as Node<V>;
  const child = removed(before, key);
  if (child === before) return node;
  return branchOf(rejoined(node.children.with(i, child), i));
}

/** Children with the `i`-th, which just shrank, dropped when empty or joined with a small neighbour. */
function rejoined<V>(children: readonly Node<V>[], i: number): readonly Node<V>[] {
  const child = children[i] as Node<V>;
  if (child.size === 0 && children.length > 1) return children.toSpliced(i, 1);
  if (child.keys.length >= widthMin) return children;
  const at = i > 0 ? i - 1 : i;
  const [left, right] = [children[at], children[at + 1]];
  if (!left || !right || left.keys.length + right.keys.length > widthMax) return children;
  return children.toSpliced(at, 2, joined(left, right));
}

function joined<V>(left: Node<V>, right: Node<V>): Node<V> {
  if (left instanceof Leaf && right instanceof Leaf)
    return new Leaf([...left.keys, ...right.keys], [...left.values, ...right.values]);
  return branchOf([...(left as Branch<V>).children, ...(right as Branch<V>).children]);
}

interface Collecting<V> extends Span {
  readonly limit: number;
  readonly found: V[];
}

/** False when nothing more is wanted. */
function collect<V>(node: Node<V>, wanted: Collecting<V>): boolean {
  const { from, to, limit, found } = wanted;
  if (node instanceof Branch) {
    for (let i = childIndex(node.keys, from); i < node.children.length; i++) {
      if (to !== undefined && (node.keys[i] as string) >= to) return false;
      if (!collect(node.children[i] as Node<V>, wanted)) return false;
    }
    return true;
  }
  for (let i = lowerBound(node.keys, from); i < node.keys.length; i++) {
    if (to !== undefined && (node.keys[i] as string) >= to) return false;
    found.push(node.values[i] as V);
    if (found.length >= limit) return false;
  }
  return true;
}

/** How many keys are below `key`. */
function rank<V>(root: Node<V>, key: string): number {
  let below = 0;
  let node = root;
  while (node instanceof Branch) {
    const i = childIndex(node.keys, key);
    for (let j = 0; j < i; j++) below += (node.children[j] as Node<V>).size;
    node = node.children[i] as Node<V>;
  }
  return below + lowerBound(node.keys, key);
}
