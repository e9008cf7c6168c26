/** Which of the nodes that will do is the best: the sum of the plugins' scores, each weighted. */
import { below, type Random } from "#base/random.ts";
import { type Plugin, skip } from "../plugin.ts";
import type { NodeView } from "../snapshot/node-view.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import type { Framework } from "./framework.ts";
import { filling, type LocalAnswers, type Scorer } from "./local-answers.ts";
import { normalizeHigh, normalizeLow } from "./normalize.ts";
import { PluginFailed, type Trace } from "./trace.ts";

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

  zeros(count: number): Float64Array {
    if (this.#numbers.length === count) return this.#numbers.fill(0);
    this.#numbers = new Float64Array(count);
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
    return this.#pick(nodes, this.totals(pod, local, nodes));
  }

  /** In the order of the nodes; good until the next call. */
  totals(pod: PodInfo, local: LocalAnswers, nodes: readonly NodeView[]): Float64Array {
    const { trace } = this.#options;
    const scorers = trace.measured(
      "PreScore",
      () => this.#scorers(pod, local, nodes),
      () => "Success",
    );
    return trace.measured(
      "Score",
      () => {
        const totals = this.#totals.zeros(nodes.length);
        for (const scorer of scorers)
          this.#addPoints(totals, scorer, { nodes, scores: this.#scratch.zeros(nodes.length) });
        return totals;
      },
      () => "Success",
    );
  }

  /** What each plugin gives, weighted. */
  parts(pod: PodInfo, local: LocalAnswers, nodes: readonly NodeView[]): readonly ScorePart[] {
    return this.#scorers(pod, local, nodes).map((scorer) => {
      const points = new Float64Array(nodes.length);
      this.#addPoints(points, scorer, { nodes, scores: new Float64Array(nodes.length) });
      return { plugin: scorer.step.plugin.name, points };
    });
  }

  #scorers(pod: PodInfo, local: LocalAnswers, nodes: readonly NodeView[]): readonly Scorer[] {
    const { framework, snapshot, trace } = this.#options;
    const scorers: Scorer[] = [];
    for (const step of framework.scores.local) {
      const scorer = local.scorerOf(step);
      if (scorer) scorers.push(scorer);
    }
    for (const step of framework.scores.wide) {
      const { preScore, score, name } = step.plugin;
      trace.enter("PreScore", name);
      const state = preScore?.(pod, snapshot, nodes);
      trace.leave(state === skip ? "Skip" : "Success");
      if (state === skip || !score) continue;
      if (preScore) step.evaluations.prepared++;
      step.evaluations.asked += nodes.length;
      scorers.push({ step, state, fill: filling((node) => score(pod, node, state)) });
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
      const value = scores[i] ?? Number.NaN;
      if (!(value >= 0 && value <= 100)) throw invalidScore(plugin.name, value);
      totals[i] = (totals[i] ?? 0) + weight * value;
    }
  }

  /** Among equals, chance decides; each has the same. */
  #pick(nodes: readonly NodeView[], totals: Float64Array): NodeView {
    let best = 0;
    let equals = 0;
    for (const total of totals) {
      if (total > best || equals === 0) {
        best = total;
        equals = 1;
      } else if (total === best) equals++;
    }
    let left = equals > 1 ? below(this.#options.random, equals) : 0;
    let at = totals.indexOf(best);
    while (left-- > 0) at = totals.indexOf(best, at + 1);
    return nodes[at] as NodeView;
  }
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

/** exact: kube-scheduler */
const invalidScore = (name: string, score: number): PluginFailed =>
  new PluginFailed(
    `applying score defaultWeights on Score plugins: plugin ${JSON.stringify(name)} returns an invalid score ${score}, it should in the range of [0, 100] after normalizing`,
  );
