/**
 * Numbers per node (pods that match a selector, pods that carry a term), and their sums per
 * topology domain. Both follow every change at once, so that a decision only reads them.
 */
import { capacityFor, grownBytes, grownFloats, grownInts } from "./grow.ts";
import { absent, type LabelColumn } from "./label-column.ts";

/** A set of nodes, by their numbers. */
export class NodeSet {
  #bytes = new Uint8Array(0);

  has(node: number): boolean {
    return this.#bytes[node] === 1;
  }

  set(node: number, isIn: boolean): void {
    if (node >= this.#bytes.length)
      this.#bytes = grownBytes(this.#bytes, capacityFor(node, this.#bytes.length));
    this.#bytes[node] = isIn ? 1 : 0;
  }
}

export class NodeCounts {
  #amounts = new Float64Array(0);
  #domains: DomainCounts[] = [];

  of(node: number): number {
    return this.#amounts[node] ?? 0;
  }

  add(node: number, amount: number): void {
    if (node >= this.#amounts.length)
      this.#amounts = grownFloats(this.#amounts, capacityFor(node, this.#amounts.length));
    this.#amounts[node] = (this.#amounts[node] ?? 0) + amount;
    for (const domains of this.#domains) domains.add(node, amount);
  }

  get domains(): readonly DomainCounts[] {
    return this.#domains;
  }

  /** The sums by the label, over the nodes that `isCounted`; made when first asked for. */
  by(column: LabelColumn, { nodes, isCounted }: Counted): DomainCounts {
    const known = this.#domains.find(
      (domains) => domains.column === column && domains.isCounted === isCounted,
    );
    if (known) return known;
    const domains = new DomainCounts(this, column, isCounted);
    for (const node of nodes()) domains.enter(node);
    this.#domains = [...this.#domains, domains];
    return domains;
  }

  /** Nobody will ask for sums over this set again. */
  forget(isCounted: NodeSet): void {
    this.#domains = this.#domains.filter((domains) => domains.isCounted !== isCounted);
  }
}

export interface Counted {
  /** The numbers of all nodes. */
  readonly nodes: () => Iterable<number>;
  /** Which of them take part. The set itself tells sums apart. */
  readonly isCounted: NodeSet;
}

export class DomainCounts {
  readonly column: LabelColumn;
  readonly isCounted: NodeSet;
  readonly #source: NodeCounts;
  #sums = new Float64Array(16);
  #nodes = new Int32Array(16);
  #total = 0;

  constructor(source: NodeCounts, column: LabelColumn, isCounted: NodeSet) {
    this.#source = source;
    this.column = column;
    this.isCounted = isCounted;
  }

  /** The sum of the node's own domain; 0 when it is in none. */
  at(node: number): number {
    const domain = this.column.idOf(node);
    return domain === absent ? 0 : (this.#sums[domain] ?? 0);
  }

  /** By the number of the domain; 0 stands for the nodes without the label. */
  sumOf(domain: number): number {
    return this.#sums[domain] ?? 0;
  }

  /** Over all domains. */
  get total(): number {
    return this.#total;
  }

  /** The smallest sum of a domain that has nodes, and how many such domains there are. */
  least(): { readonly sum: number; readonly domains: number } {
    let sum = Infinity;
    let domains = 0;
    const size = Math.min(this.column.size, this.#nodes.length);
    for (let domain = 1; domain < size; domain++) {
      if (this.#nodes[domain] === 0) continue;
      domains++;
      const own = this.#sums[domain] ?? 0;
      if (own < sum) sum = own;
    }
    return { sum, domains };
  }

  add(node: number, amount: number): void {
    if (this.isCounted.has(node)) this.#change(node, amount);
  }

  /** The node takes part from now on, as far as it is counted. */
  enter(node: number): void {
    if (!this.isCounted.has(node)) return;
    this.#change(node, this.#source.of(node));
    const domain = this.column.idOf(node);
    this.#nodes[domain] = (this.#nodes[domain] ?? 0) + 1;
  }

  /** The node is about to change. */
  leave(node: number): void {
    if (!this.isCounted.has(node)) return;
    this.#change(node, -this.#source.of(node));
    const domain = this.column.idOf(node);
    this.#nodes[domain] = (this.#nodes[domain] ?? 0) - 1;
  }

  #change(node: number, amount: number): void {
    const domain = this.column.idOf(node);
    if (domain >= this.#sums.length) {
      const capacity = capacityFor(domain, this.#sums.length);
      this.#sums = grownFloats(this.#sums, capacity);
      this.#nodes = grownInts(this.#nodes, capacity);
    }
    this.#sums[domain] = (this.#sums[domain] ?? 0) + amount;
    if (domain !== absent) this.#total += amount;
  }
}
