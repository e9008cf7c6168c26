/**
 * What an attempt found, node by node: which plugin refused it and why. Every node has exactly one
 * verdict, so that the counts add up to the number of nodes.
 */
import type { Refusal } from "../plugin.ts";
import type { NodeView } from "../snapshot/node-view.ts";

export interface Finding {
  readonly plugin: string;
  readonly refusal: Refusal;
}

export interface Verdict extends Finding {
  readonly node: NodeView;
}

/** Thousands of nodes share a few findings. */
export class Verdicts implements Iterable<Verdict> {
  readonly nodes: readonly NodeView[];
  readonly #findings: Finding[] = [];
  readonly #numbers = new Map<Finding, number>();
  /** By the node's place in `nodes`: the number of its finding, from 1 on. */
  readonly #ofNodes: Uint16Array | Uint32Array;

  /** `findings` are in the order of the nodes; who has none gets `otherwise`. */
  constructor(
    nodes: readonly NodeView[],
    findings: readonly (Finding | undefined)[],
    otherwise: Finding,
  ) {
    this.nodes = nodes;
    this.#ofNodes = new (nodes.length < 2 ** 16 ? Uint16Array : Uint32Array)(nodes.length);
    for (let at = 0; at < nodes.length; at++)
      this.#ofNodes[at] = this.#number(findings[at] ?? otherwise);
  }

  /** Of the node at this place in `nodes`. */
  at(place: number): Finding {
    return this.#findings[(this.#ofNodes[place] ?? 0) - 1] as Finding;
  }

  *[Symbol.iterator](): Iterator<Verdict> {
    for (const [at, node] of this.nodes.entries()) {
      const finding = this.#findings[(this.#ofNodes[at] ?? 0) - 1];
      if (finding) yield { node, ...finding };
    }
  }

  /** Each finding with the number of its nodes. */
  counts(): readonly (Finding & { readonly count: number })[] {
    const counts = new Uint32Array(this.#findings.length + 1);
    for (const number of this.#ofNodes) counts[number] = (counts[number] ?? 0) + 1;
    return this.#findings.map((finding, i) => ({ ...finding, count: counts[i + 1] ?? 0 }));
  }

  /** The plugins that refused. */
  get plugins(): ReadonlySet<string> {
    return new Set(this.#findings.map(({ plugin }) => plugin));
  }

  #number(finding: Finding): number {
    const known = this.#numbers.get(finding);
    if (known !== undefined) return known;
    const number = this.#findings.push(finding);
    this.#numbers.set(finding, number);
    return number;
  }
}
