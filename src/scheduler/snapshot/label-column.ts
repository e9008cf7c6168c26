/**
 * One label key of all nodes: each value has a number, and each node the number of its value.
 * Selectors and topologies compare numbers instead of texts.
 */
import { capacityFor, grownInts } from "./grow.ts";

/** The number of "has no such label". */
export const absent = 0;

export class LabelColumn {
  readonly key: string;
  /** By node: the number of its value. */
  ids = new Int32Array(0);
  readonly #numbers = new Map<string, number>();
  readonly #values: (string | undefined)[] = [undefined];
  /** By number: how many nodes have the value. */
  readonly #uses: number[] = [0];
  readonly #free: number[] = [];
  #reuses = 0;

  constructor(key: string) {
    this.key = key;
  }

  /** One above the highest number in use. */
  get size(): number {
    return this.#values.length;
  }

  /** Grows when the number of a value that is gone goes to another one. */
  get reuses(): number {
    return this.#reuses;
  }

  idOf(node: number): number {
    return this.ids[node] ?? absent;
  }

  valueOf(id: number): string | undefined {
    return this.#values[id];
  }

  set(node: number, value: string | undefined): void {
    if (node >= this.ids.length) this.ids = grownInts(this.ids, capacityFor(node, this.ids.length));
    const before = this.idOf(node);
    if (this.#values[before] === value) return;
    const after = value === undefined ? absent : this.#number(value);
    this.ids[node] = after;
    if (after !== absent) this.#uses[after] = (this.#uses[after] ?? 0) + 1;
    if (before !== absent) this.#release(before);
  }

  #number(value: string): number {
    const known = this.#numbers.get(value);
    if (known !== undefined) return known;
    const reused = this.#free.pop();
    if (reused !== undefined) this.#reuses++;
    const id = reused ?? this.#values.length;
    this.#values[id] = value;
    this.#uses[id] = 0;
    this.#numbers.set(value, id);
    return id;
  }

  #release(id: number): void {
    const left = (this.#uses[id] ?? 0) - 1;
    this.#uses[id] = left;
    const value = this.#values[id];
    if (left > 0 || value === undefined) return;
    this.#numbers.delete(value);
    this.#values[id] = undefined;
    this.#free.push(id);
  }
}

type Labels = { readonly [key: string]: string };

/** The columns that somebody asked for. */
export class LabelColumns {
  readonly #columns = new Map<string, LabelColumn>();
  readonly #nodes: () => Iterable<{ readonly index: number; readonly labels: Labels }>;

  constructor(nodes: () => Iterable<{ readonly index: number; readonly labels: Labels }>) {
    this.#nodes = nodes;
  }

  of(key: string): LabelColumn {
    const known = this.#columns.get(key);
    if (known) return known;
    const column = new LabelColumn(key);
    for (const { index, labels } of this.#nodes()) column.set(index, valueIn(labels, key));
    this.#columns.set(key, column);
    return column;
  }

  set(node: number, labels: Labels): void {
    for (const column of this.#columns.values()) column.set(node, valueIn(labels, column.key));
  }
}

const valueIn = (labels: Labels, key: string): string | undefined =>
  Object.hasOwn(labels, key) ? labels[key] : undefined;
