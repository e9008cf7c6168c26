/** Sets of nodes that a pod's spec describes, kept up to date as nodes change. */
import { NodeSet } from "./node-counts.ts";
import type { NodeTest } from "./node-test.ts";

interface Group {
  readonly nodes: NodeSet;
  readonly test: NodeTest;
}

/** Those unused for longest are forgotten when there are more. */
const groupsMax = 2_048;

export class NodeGroups {
  readonly #groups = new Map<string, Group>();
  readonly #nodes: () => Iterable<number>;
  readonly #onForgotten: (nodes: NodeSet) => void;

  constructor(nodes: () => Iterable<number>, onForgotten: (nodes: NodeSet) => void) {
    this.#nodes = nodes;
    this.#onForgotten = onForgotten;
  }

  /** The key must say all that the test depends on. */
  of(key: string, test: () => NodeTest): NodeSet {
    const known = this.#groups.get(key);
    if (known) {
      this.#groups.delete(key);
      this.#groups.set(key, known);
      return known.nodes;
    }
    if (this.#groups.size >= groupsMax) this.#dropOldest();
    const group: Group = { nodes: new NodeSet(), test: test() };
    for (const node of this.#nodes()) group.nodes.set(node, group.test(node));
    this.#groups.set(key, group);
    return group.nodes;
  }

  /** The node changed, or went. */
  update(node: number, isPresent: boolean): void {
    for (const { nodes, test } of this.#groups.values()) nodes.set(node, isPresent && test(node));
  }

  #dropOldest(): void {
    const [oldest] = this.#groups;
    if (!oldest) return;
    const [key, { nodes }] = oldest;
    this.#groups.delete(key);
    this.#onForgotten(nodes);
  }
}
