/** One plugin on a small cluster: what it says of each node. */
import type { Pod } from "#api/core/pod.ts";
import { seededRandom } from "#base/random.ts";
import { VirtualClock } from "#sim/clock.ts";
import { Framework } from "../cycle/framework.ts";
import { LocalAnswers, prepare } from "../cycle/local-answers.ts";
import { Ranking } from "../cycle/ranking.ts";
import { Trace } from "../cycle/trace.ts";
import { WideFilters } from "../cycle/wide-filters.ts";
import type { ClusterEvent, EventName } from "../cluster-event.ts";
import type { Plugin } from "../plugin.ts";
import type { NodeView } from "../snapshot/node-view.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";

const trace = new Trace(new VirtualClock(), () => {});
const random = seededRandom(1);

/** By node: `fine`, or the reasons; with a `!` when eviction would not help. */
export type Said = Readonly<Record<string, string>>;

/** Keeps what it learned, as the scheduler does: for pods of one shape. */
export class Examiner {
  readonly #framework: Framework;
  readonly #snapshot: Snapshot;
  readonly #answers = new Map<object, LocalAnswers>();

  constructor(
    snapshot: Snapshot,
    plugins: readonly Plugin[],
    weights: Record<string, number> = {},
  ) {
    this.#snapshot = snapshot;
    this.#framework = new Framework({ schedulerName: "test", plugins, weights });
  }

  filter(pod: Pod | PodInfo): Said {
    const info = this.#infoOf(pod);
    const local = this.#answersFor(info);
    const wide = this.#framework.filters.wide;
    const options = { steps: wide, snapshot: this.#snapshot, pod: info, trace };
    const prepared = prepare(this.#framework, options);
    const filters = new WideFilters(this.#framework, { prepared, pod: info, trace });
    const only = [...local.prepared.only, ...prepared.only];
    const all = local.prepared.refusal ?? prepared.refusal;
    return Object.fromEntries(
      this.#snapshot.nodes.map((node) => {
        const isIn = only.every(({ nodes }) => nodes.has(node.name));
        const finding = all ?? local.finding(node) ?? filters.finding(node);
        return [node.name, isIn || all ? textOf(finding?.refusal) : "left out"];
      }),
    );
  }

  /** After normalization, and times the weights; over these nodes, or over all. */
  score(pod: Pod | PodInfo, among?: readonly string[]): Readonly<Record<string, number>> {
    const info = this.#infoOf(pod);
    const nodes = this.#snapshot.nodes.filter(({ name }) => !among || among.includes(name));
    const options = { framework: this.#framework, snapshot: this.#snapshot, random, trace };
    const totals = new Ranking(options).totals(info, this.#answersFor(info), nodes);
    return Object.fromEntries(nodes.map(({ name }, i) => [name, totals[i] ?? Number.NaN]));
  }

  #infoOf(pod: Pod | PodInfo): PodInfo {
    return "kin" in pod ? pod : this.#snapshot.podInfos.of(pod);
  }

  #answersFor(pod: PodInfo): LocalAnswers {
    const known = this.#answers.get(pod.shape);
    if (known) {
      known.catchUp();
      return known;
    }
    const answers = new LocalAnswers({
      framework: this.#framework,
      snapshot: this.#snapshot,
      trace,
      pod,
      remembers: true,
    });
    this.#answers.set(pod.shape, answers);
    return answers;
  }
}

const textOf = (
  refusal: { readonly reasons: readonly string[]; readonly isHopeless: boolean } | undefined,
): string => (refusal ? `${refusal.reasons.join("; ")}${refusal.isHopeless ? "!" : ""}` : "fine");

export const filter = (snapshot: Snapshot, plugin: Plugin, pod: Pod): Said =>
  new Examiner(snapshot, [plugin]).filter(pod);

export const score = (
  snapshot: Snapshot,
  plugin: Plugin,
  pod: Pod,
): Readonly<Record<string, number>> => new Examiner(snapshot, [plugin]).score(pod);

/** Whether the event may help a pod that this plugin refused. */
export const helps = (plugin: Plugin, pod: PodInfo, event: ClusterEvent): boolean =>
  (plugin.events ?? []).some(
    ({ on, hint }) => on.includes(event.name) && (hint?.(pod, event) ?? true),
  );

export const nodeEvent = (
  name: EventName,
  now: NodeView["node"],
  old?: NodeView["node"],
): ClusterEvent => ({ name, node: { new: now, ...(old ? { old } : {}) } });
