/**
 * What if these pods stood on the node, and those did not? The snapshot is changed while the
 * supposition lasts, and is afterwards as it was: nobody else hears of it.
 *
 *   using supposition = snapshot.suppose(node);
 *   supposition.lift(victim);
 *   // Filters see the node without it.
 */
import type { NodeView } from "./node-view.ts";
import type { PodInfo } from "./pod-info.ts";

interface Options {
  readonly node: NodeView;
  /** Counts a pod in (1) or out (-1). */
  readonly count: (pod: PodInfo, node: NodeView, sign: 1 | -1) => void;
  /** Everything is as it was. */
  readonly onEnd: (supposition: Supposition) => void;
}

/** How what is supposed differs from what is. */
export interface Supposed {
  readonly pod: PodInfo;
  readonly node: NodeView;
  readonly sign: 1 | -1;
}

export class Supposition implements Disposable {
  readonly #options: Options;
  readonly #added = new Set<PodInfo>();
  readonly #lifted = new Set<PodInfo>();

  constructor(options: Options) {
    this.#options = options;
  }

  add(pod: PodInfo): void {
    if (!this.#lifted.delete(pod)) this.#added.add(pod);
    this.#options.count(pod, this.#options.node, 1);
  }

  lift(pod: PodInfo): void {
    if (!this.#added.delete(pod)) this.#lifted.add(pod);
    this.#options.count(pod, this.#options.node, -1);
  }

  *differences(): Iterable<Supposed> {
    const { node } = this.#options;
    for (const pod of this.#added) yield { pod, node, sign: 1 };
    for (const pod of this.#lifted) yield { pod, node, sign: -1 };
  }

  [Symbol.dispose](): void {
    for (const pod of this.#added) this.lift(pod);
    for (const pod of this.#lifted) this.add(pod);
    this.#options.onEnd(this);
  }
}
