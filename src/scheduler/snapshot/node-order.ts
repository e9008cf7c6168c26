/**
 * The order in which nodes are looked at: one of each zone in turn, so that a search that stops
 * early has seen all zones. upstream: pkg/scheduler/backend/cache/node_tree.go
 */
import type { Node } from "#api/core/node.ts";
import type { NodeView } from "./node-view.ts";

export class NodeOrder {
  readonly #zones = new Map<string, NodeView[]>();
  #order: readonly NodeView[] | undefined;
  #places: Int32Array | undefined;

  add(view: NodeView): void {
    const zone = zoneOf(view.node);
    const nodes = this.#zones.get(zone);
    if (nodes) nodes.push(view);
    else this.#zones.set(zone, [view]);
    this.#changed();
  }

  remove(view: NodeView): void {
    const zone = zoneOf(view.node);
    const left = this.#zones.get(zone)?.filter((other) => other !== view) ?? [];
    if (left.length > 0) this.#zones.set(zone, left);
    else this.#zones.delete(zone);
    this.#changed();
  }

  /** A new array whenever nodes came or went. */
  get list(): readonly NodeView[] {
    return (this.#order ??= interleave([...this.#zones.values()]));
  }

  /** Where the node of this number stands in the list; -1 when it is not in it. */
  placeOf(index: number): number {
    this.#places ??= placesIn(this.list);
    return this.#places[index] ?? -1;
  }

  #changed(): void {
    this.#order = undefined;
    this.#places = undefined;
  }
}

function placesIn(list: readonly NodeView[]): Int32Array {
  const size = list.reduce((most, { index }) => Math.max(most, index + 1), 0);
  const places = new Int32Array(size).fill(-1);
  for (const [place, { index }] of list.entries()) places[index] = place;
  return places;
}

export function zoneOf({ metadata: { labels = {} } }: Pick<Node, "metadata">): string {
  const region = labels["topology.kubernetes.io/region"] ?? "";
  const zone = labels["topology.kubernetes.io/zone"] ?? "";
  return `${region}\0${zone}`;
}

function interleave(lists: readonly (readonly NodeView[])[]): readonly NodeView[] {
  const longest = Math.max(0, ...lists.map(({ length }) => length));
  const order: NodeView[] = [];
  for (let round = 0; round < longest; round++) {
    for (const list of lists) {
      const view = list[round];
      if (view) order.push(view);
    }
  }
  return order;
}
