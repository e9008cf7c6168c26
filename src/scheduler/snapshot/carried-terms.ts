/**
 * The affinity terms of pods that stand on nodes: they too decide where a new pod can go, and where
 * it is welcome. Equal terms are one, with the number of its carriers per node.
 */
import { type DomainCounts, NodeCounts } from "./node-counts.ts";
import type { LabelSet, PodInfo } from "./pod-info.ts";
import {
  type AffinityTerm,
  type NamespaceLabels,
  noTerms,
  type PodTerms,
} from "./pod-selection.ts";

export type TermUse = keyof PodTerms;

export interface CarriedTerm {
  readonly term: AffinityTerm;
  readonly use: TermUse;
  /** Its carriers (for `prefers`: the sum of their weights), by the term's topology. */
  readonly domains: DomainCounts;
}

interface Carried extends CarriedTerm {
  readonly counts: NodeCounts;
  carriers: number;
}

/** The terms that mean a certain pod. */
export type Meant = { readonly [Use in TermUse]: readonly CarriedTerm[] };

interface Options {
  readonly namespaceLabels: NamespaceLabels;
  readonly domainsOf: (counts: NodeCounts, topologyKey: string) => DomainCounts;
}

const uses: readonly TermUse[] = ["needs", "avoids", "prefers"];

export class CarriedTerms {
  readonly #options: Options;
  readonly #carried = new Map<string, Carried>();
  #version = 0;

  constructor(options: Options) {
    this.#options = options;
  }

  count({ kin: { terms } }: PodInfo, node: number, sign: 1 | -1): void {
    if (terms === noTerms) return;
    for (const use of uses) {
      for (const term of terms[use]) this.#count(use, term, { node, sign });
    }
  }

  /** Those of pods on nodes that mean pods with these labels. */
  meaning(labelSet: LabelSet): Meant {
    const known = labelSet.memo.of(this, (): Known => ({ version: -1, meant: nothing }));
    if (known.version !== this.#version) {
      known.version = this.#version;
      known.meant = this.#meaning(labelSet);
    }
    return known.meant;
  }

  namespaceChanged(): void {
    this.#version++;
  }

  *counts(): Iterable<NodeCounts> {
    for (const { counts } of this.#carried.values()) yield counts;
  }

  #meaning(labelSet: LabelSet): Meant {
    const { namespaceLabels } = this.#options;
    const meant: { [Use in TermUse]: CarriedTerm[] } = { needs: [], avoids: [], prefers: [] };
    for (const carried of this.#carried.values()) {
      if (carried.term.selection.matches(labelSet, namespaceLabels))
        meant[carried.use].push(carried);
    }
    return meant;
  }

  #count(use: TermUse, term: AffinityTerm, { node, sign }: { node: number; sign: 1 | -1 }): void {
    const key = `${use} ${term.key}`;
    const carried = this.#carried.get(key) ?? this.#open(key, use, term);
    const weight = "weight" in term ? (term.weight as number) : 1;
    carried.counts.add(node, sign * weight);
    carried.carriers += sign;
    if (carried.carriers > 0) return;
    this.#carried.delete(key);
    this.#version++;
  }

  #open(key: string, use: TermUse, term: AffinityTerm): Carried {
    const counts = new NodeCounts();
    const domains = this.#options.domainsOf(counts, term.topologyKey);
    const carried: Carried = { term, use, counts, domains, carriers: 0 };
    this.#carried.set(key, carried);
    this.#version++;
    return carried;
  }
}

interface Known {
  version: number;
  meant: Meant;
}

const nothing: Meant = Object.freeze({ needs: [], avoids: [], prefers: [] });
