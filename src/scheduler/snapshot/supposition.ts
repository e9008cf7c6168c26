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

type Count = (pod: PodInfo, node: NodeView, sign: 1 | -1) => void;

export class Supposition implements Disposable {
  readonly #node: NodeView;
  readonly #count: Count;
  readonly #added = new Set<PodInfo>();
  readonly #lifted = new Set<PodInfo>();

  constructor(node: NodeView, count: Count) {
    this.#node = node;
    this.#count = count;
  }

  add(pod: PodInfo): void {
    if (!this.#lifted.delete(pod)) this.#added.add(pod);
    this.#count(pod, this.#node, 1);
  }

  lift(pod: PodInfo): void {
    if (!this.#added.delete(pod)) this.#lifted.add(pod);
    this.#count(pod, this.#node, -1);
  }

  [Symbol.dispose](): void {
    for (const pod of this.#added) this.lift(pod);
    for (const pod of this.#lifted) this.add(pod);
  }
}
