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

/** Findings with their numbers. It only grows: verdicts that build on one another share it. */
class Register {
  readonly findings: Finding[] = [];
  readonly #numbers = new Map<Finding, number>();

  numberOf(finding: Finding): number {
    const known = this.#numbers.get(finding);
    if (known !== undefined) return known;
    const number = this.findings.push(finding) - 1;
    this.#numbers.set(finding, number);
    return number;
  }
}

interface Parts {
  readonly register: Register;
  /** By the node's place: the number of its finding. */
  readonly ofNodes: Uint16Array | Uint32Array;
  /** By the finding's number: how many nodes have it. */
  readonly counts: number[];
}

/** Thousands of nodes share a few findings. */
export class Verdicts implements Iterable<Verdict> {
  readonly nodes: readonly NodeView[];
  readonly #parts: Parts;

  constructor(nodes: readonly NodeView[], parts: Parts) {
    this.nodes = nodes;
    this.#parts = parts;
  }

  /** Of the node at this place in `nodes`. */
  at(place: number): Finding {
    const { register, ofNodes } = this.#parts;
    return register.findings[ofNodes[place] ?? 0] as Finding;
  }

  *[Symbol.iterator](): Iterator<Verdict> {
    for (const [place, node] of this.nodes.entries()) yield { node, ...this.at(place) };
  }

  /** Each finding with the number of its nodes. */
  counts(): readonly (Finding & { readonly count: number })[] {
    const { register, counts } = this.#parts;
    return register.findings.flatMap((finding, number) => {
      const count = counts[number] ?? 0;
      return count > 0 ? [{ ...finding, count }] : [];
    });
  }

  /** The plugins that refused. */
  get plugins(): ReadonlySet<string> {
    return new Set(this.counts().map(({ plugin }) => plugin));
  }

  /** The same but for these places. */
  with(changes: ReadonlyMap<number, Finding>): Verdicts {
    if (changes.size === 0) return this;
    const { register } = this.#parts;
    const ofNodes = this.#parts.ofNodes.slice();
    const counts = [...this.#parts.counts];
    for (const [place, finding] of changes) {
      const before = ofNodes[place] ?? 0;
      const number = register.numberOf(finding);
      counts[before] = (counts[before] ?? 0) - 1;
      counts[number] = (counts[number] ?? 0) + 1;
      ofNodes[place] = number;
    }
    return new Verdicts(this.nodes, { register, ofNodes, counts });
  }

  /** How many different findings there are, or were in verdicts that these build on. */
  get variety(): number {
    return this.#parts.register.findings.length;
  }
}

/** `findings` are in the order of the nodes; who has none gets `otherwise`. */
export function verdictsOf(
  nodes: readonly NodeView[],
  findings: readonly (Finding | undefined)[],
  otherwise: Finding,
): Verdicts {
  const register = new Register();
  const ofNodes = new (nodes.length < 2 ** 16 ? Uint16Array : Uint32Array)(nodes.length);
  const counts: number[] = [];
  for (let place = 0; place < nodes.length; place++) {
    const number = register.numberOf(findings[place] ?? otherwise);
    ofNodes[place] = number;
    counts[number] = (counts[number] ?? 0) + 1;
  }
  return new Verdicts(nodes, { register, ofNodes, counts });
}
