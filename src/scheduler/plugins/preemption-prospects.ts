/**
 * What making room would take, node by node, for pods that are alike. It is worked out when a
 * search first comes by and holds until the node changes.
 */
import { Refusal } from "../plugin.ts";
import type { Kin, PodInfo } from "../snapshot/pod-info.ts";
import type { NodeView } from "../snapshot/node-view.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import { DisruptionBudgets } from "./disruption-budgets.ts";
import { type Cost, isLess, type Sacrifice } from "./preemption-victims.ts";

export class Prospects {
  budgets: DisruptionBudgets;
  #sequence: number;
  #nodes: readonly NodeView[] = [];
  /** By the node's place, as all of these. */
  #isKnown = new Uint8Array(0);
  #found: (Sacrifice | Refusal | undefined)[] = [];
  /** Equal costs are one object: most comparisons end before they look at it. */
  #costs: (Cost | undefined)[] = [];
  /** Of nodes that changed: no sacrifice costs less. */
  #least: (Cost | undefined)[] = [];
  readonly #known = new Map<string, Cost>();

  constructor(cluster: Snapshot) {
    this.budgets = new DisruptionBudgets(cluster);
    this.#sequence = cluster.changes.sequence;
    this.#forgetAll(cluster);
  }

  catchUp(cluster: Snapshot): void {
    const { changes, placeOf } = cluster;
    const isSame = cluster.nodes === this.#nodes;
    const isReplayed = changes.replay(this.#sequence, (node) => {
      const place = placeOf(node);
      if (place >= 0 && isSame) this.#forget(place);
    });
    this.#sequence = changes.sequence;
    const isCurrent = this.budgets.isCurrent(cluster);
    if (!isCurrent) this.budgets = new DisruptionBudgets(cluster);
    if (!isSame || !isReplayed || !isCurrent) this.#forgetAll(cluster);
  }

  isKnown(place: number): boolean {
    return this.#isKnown[place] === 1;
  }

  /** What it would take, or why it does not help; undefined when it is not known. */
  at(place: number): Sacrifice | Refusal | undefined {
    return this.isKnown(place) ? this.#found[place] : undefined;
  }

  note(place: number, found: Sacrifice | Refusal): void {
    this.#found[place] = found;
    this.#isKnown[place] = 1;
    this.#costs[place] = found instanceof Refusal ? undefined : this.#shared(found.cost);
  }

  /** Whether making room there would help; when it is not known, whether it would have before. */
  helps(place: number): boolean {
    return this.#costs[place] !== undefined;
  }

  /** Making room there, which helped before the node changed, is no better whatever it takes now. */
  isBeaten(place: number, by: number, least: () => Cost): boolean {
    const other = this.#costs[by];
    if (!other || !this.helps(place)) return false;
    const bound = (this.#least[place] ??= this.#shared(least()));
    return bound === other || !isLess(bound, other);
  }

  isHarmless(place: number): boolean {
    return this.isKnown(place) && this.#costs[place]?.violations === 0;
  }

  /** The first helps; anything is better than nothing. Of equals the one looked at first wins. */
  isBetter(place: number, than: number): boolean {
    const cost = this.#costs[place];
    const other = this.#costs[than];
    if (cost === other || cost === undefined || !this.isKnown(place)) return false;
    return !other || isLess(cost, other);
  }

  #shared(cost: Cost): Cost {
    const { violations, highestPriority, prioritySum, victims, startedMs } = cost;
    const key = `${violations},${highestPriority},${prioritySum},${victims},${startedMs}`;
    const known = this.#known.get(key) ?? cost;
    if (this.#known.size >= costsMax) this.#known.clear();
    this.#known.set(key, known);
    return known;
  }

  #forget(place: number): void {
    this.#isKnown[place] = 0;
    this.#least[place] = undefined;
  }

  #forgetAll({ nodes }: Snapshot): void {
    this.#nodes = nodes;
    this.#isKnown = new Uint8Array(nodes.length);
    this.#found = nodes.map(() => undefined);
    this.#costs = nodes.map(() => undefined);
    this.#least = nodes.map(() => undefined);
  }
}

/** So many different costs are recognised. */
const costsMax = 1_024;

const remembered = new WeakMap<Snapshot, Map<Kin, Prospects>>();
const rememberedMax = 32;

/** What another pod was promised counts for its like, but not for itself. */
export function prospectsOf({ kin, uid }: PodInfo, cluster: Snapshot, isLocal: boolean): Prospects {
  if (!isLocal || cluster.nominations.find(uid) !== undefined) return new Prospects(cluster);
  const all = remembered.get(cluster) ?? new Map<Kin, Prospects>();
  remembered.set(cluster, all);
  const prospects = all.get(kin) ?? new Prospects(cluster);
  all.delete(kin);
  all.set(kin, prospects);
  const [oldest] = all.keys();
  if (all.size > rememberedMax && oldest) all.delete(oldest);
  prospects.catchUp(cluster);
  return prospects;
}
