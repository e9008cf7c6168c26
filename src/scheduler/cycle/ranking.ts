/** Which of the nodes that will do is the best: the sum of the plugins' scores, each weighted. */
import { below, type Random } from "#base/random.ts";
import { type Plugin, skip } from "../plugin.ts";
import type { NodeView } from "../snapshot/node-view.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import type { Framework } from "./framework.ts";
import type { LocalAnswers } from "./local-answers.ts";
import type { Scorer } from "./local-scores.ts";
import { checkScore, normalizeHigh, normalizeLow } from "./normalize.ts";
import type { Trace } from "./trace.ts";

export interface RankingOptions {
  readonly framework: Framework;
  readonly snapshot: Snapshot;
  readonly random: Random;
  readonly trace: Trace;
}

export interface ScorePart {
  readonly plugin: string;
  readonly points: Float64Array;
}

/** Numbers that nobody keeps: their memory is used again. */
class Scratch {
  #numbers = new Float64Array(0);

  of(count: number): Float64Array {
    if (this.#numbers.length !== count) this.#numbers = new Float64Array(count);
    return this.#numbers;
  }
}

export class Ranking {
  readonly #options: RankingOptions;
  readonly #totals = new Scratch();
  readonly #scratch = new Scratch();

  constructor(options: RankingOptions) {
    this.#options = options;
  }

  best(pod: PodInfo, local: LocalAnswers, nodes: readonly NodeView[]): NodeView {
    return this.#pick(nodes, this.#sum(pod, local, nodes).totals);
  }

  /** In the order of the nodes. */
  totals(pod: PodInfo, local: LocalAnswers, nodes: readonly NodeView[]): Float64Array {
    const { totals, forAll } = this.#sum(pod, local, nodes);
    return totals.map((total) => total + forAll);
  }

  #sum(pod: PodInfo, local: LocalAnswers, nodes: readonly NodeView[]): Sum {
    const { trace } = this.#options;
    const scorers = trace.measured(
      "PreScore",
      () => ({ local: local.scores.scorers(), wide: this.#wideScorers(pod, nodes) }),
      () => "Success",
    );
    return trace.measured(
      "Score",
      () => {
        const totals = this.#totals.of(nodes.length).fill(0);
        const scores = this.#scratch.of(nodes.length);
        const isShort = local.remembers && !trace.isTimed;
        const summed = isShort ? local.scores.addTo(totals, nodes) : undefined;
        for (const scorer of summed?.scorers ?? scorers.local)
          this.#addPoints(totals, scorer, { nodes, scores });
        for (const scorer of scorers.wide) this.#addPoints(totals, scorer, { nodes, scores });
        return { totals, forAll: summed?.forAll ?? 0 };
      },
      () => "Success",
    );
  }

  /** What each plugin gives, weighted. */
  parts(pod: PodInfo, local: LocalAnswers, nodes: readonly NodeView[]): readonly ScorePart[] {
    const scorers = [...local.scores.scorers(), ...this.#wideScorers(pod, nodes)];
    return scorers.map((scorer) => {
      const points = new Float64Array(nodes.length);
      this.#addPoints(points, scorer, { nodes, scores: new Float64Array(nodes.length) });
      return { plugin: scorer.step.plugin.name, points };
    });
  }

  #wideScorers(pod: PodInfo, nodes: readonly NodeView[]): readonly Scorer[] {
    const { framework, snapshot, trace } = this.#options;
    const scorers: Scorer[] = [];
    for (const step of framework.scores.wide) {
      const { preScore, score, name } = step.plugin;
      trace.enter("PreScore", name);
      const state = preScore?.(pod, snapshot, nodes);
      trace.leave(state === skip ? "Skip" : "Success");
      if (state === skip || !score) continue;
      if (preScore) step.evaluations.prepared++;
      step.evaluations.asked += nodes.length;
      const fill: Scorer["fill"] = (_, scores) => {
        for (let i = 0; i < nodes.length; i++) scores[i] = score(pod, nodes[i] as NodeView, state);
      };
      scorers.push({ step, state, fill });
    }
    return scorers;
  }

  /** `scores` is where they are worked out. */
  #addPoints(
    totals: Float64Array,
    { step, state, fill }: Scorer,
    { nodes, scores }: Scoring,
  ): void {
    const { trace } = this.#options;
    const { plugin, weight } = step;
    trace.enter("Score", plugin.name);
    fill(nodes, scores);
    trace.leave("Success");
    trace.enter("ScoreExtensionNormalize", plugin.name);
    normalize(plugin, { scores, nodes, state });
    if (plugin.normalize) trace.leave("Success");
    for (let i = 0; i < scores.length; i++) {
      const value = checkScore(plugin.name, scores[i] ?? Number.NaN);
      totals[i] = (totals[i] ?? 0) + weight * value;
    }
  }

  /** Among equals, chance decides; each has the same. */
  #pick(nodes: readonly NodeView[], totals: Float64Array): NodeView {
    let best = 0;
    let equals = 0;
    for (let i = 0; i < totals.length; i++) {
      const total = totals[i] ?? 0;
      if (total > best || equals === 0) {
        best = total;
        equals = 1;
      } else if (total === best) equals++;
    }
    let left = equals > 1 ? below(this.#options.random, equals) : 0;
    let at = 0;
    while (totals[at] !== best || left-- > 0) at++;
    return nodes[at] as NodeView;
  }
}

interface Sum {
  /** In the order of the nodes; good until the next one. */
  readonly totals: Float64Array;
  /** What each of them gets beside it. */
  readonly forAll: number;
}

interface Scoring {
  readonly nodes: readonly NodeView[];
  readonly scores: Float64Array;
}

interface Scored extends Scoring {
  readonly state: unknown;
}

function normalize({ normalize: how }: Plugin, { scores, nodes, state }: Scored): void {
  if (how === "high") normalizeHigh(scores);
  else if (how === "low") normalizeLow(scores);
  else how?.(scores, nodes, state);
}
