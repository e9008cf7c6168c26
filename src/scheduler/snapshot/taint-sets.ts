/** The taints of nodes: equal lists have one number, so that a pod is held against each list once. */
import type { Taint } from "#api/core/node.ts";
import { capacityFor, grownInts } from "./grow.ts";

const none: readonly Taint[] = [];

export class TaintSets {
  readonly #numbers = new Map<string, number>([["", 0]]);
  readonly #taints: (readonly Taint[])[] = [none];
  #ids = new Int32Array(0);

  /** The number of the node's list; 0 when it has no taints. */
  idOf(node: number): number {
    return this.#ids[node] ?? 0;
  }

  taintsOf(id: number): readonly Taint[] {
    return this.#taints[id] ?? none;
  }

  set(node: number, taints: readonly Taint[] = none): void {
    if (node >= this.#ids.length)
      this.#ids = grownInts(this.#ids, capacityFor(node, this.#ids.length));
    this.#ids[node] = this.#number(taints);
  }

  #number(taints: readonly Taint[]): number {
    const key = taints
      .map(({ key: name, value = "", effect }) => `${name}=${value}:${effect}`)
      .join();
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const id = this.#taints.push(taints) - 1;
    this.#numbers.set(key, id);
    return id;
  }
}

/** Works something out for each list of taints once. */
export function perTaintSet<T>(
  sets: TaintSets,
  judge: (taints: readonly Taint[]) => T,
): (node: number) => T {
  const known: T[] = [];
  return (node) => {
    const id = sets.idOf(node);
    return (known[id] ??= judge(sets.taintsOf(id)));
  };
}
