/**
 * A search that found no node for pods of a shape, kept true by looking again at the nodes that
 * changed since: the next such pod is told at once why no node will do.
 */
import type { NodeView } from "../snapshot/node-view.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import type { Finding, Verdicts } from "./verdicts.ts";

/** Verdicts that build on others never forget a finding; with more it is time to begin anew. */
const varietyMax = 256;

export class Refusals {
  readonly #snapshot: Snapshot;
  #verdicts: Verdicts;
  /** The numbers of nodes that have to be looked at again. */
  readonly #changed = new Set<number>();

  constructor(snapshot: Snapshot, verdicts: Verdicts) {
    this.#snapshot = snapshot;
    this.#verdicts = verdicts;
  }

  forget(node: number): void {
    this.#changed.add(node);
  }

  /** Undefined when it takes a search: a node will do, or there are other nodes now. */
  verdicts(ask: (node: NodeView) => Finding | undefined): Verdicts | undefined {
    const { nodes, placeOf } = this.#snapshot;
    if (nodes !== this.#verdicts.nodes || this.#verdicts.variety > varietyMax) return undefined;
    const changes = new Map<number, Finding>();
    for (const index of this.#changed) {
      const place = placeOf(index);
      const node = nodes[place];
      const finding = node && ask(node);
      if (node && !finding) break;
      this.#changed.delete(index);
      if (finding && this.#verdicts.at(place) !== finding) changes.set(place, finding);
    }
    this.#verdicts = this.#verdicts.with(changes);
    return this.#changed.size === 0 ? this.#verdicts : undefined;
  }
}
