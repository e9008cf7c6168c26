/** Which of the nodes that will do is the best: the sum of the plugins' scores, each weighted. */
import { below, type Random } from "#base/random.ts";
import { type Plugin, skip } from "../plugin.ts";
import type { NodeView } from "../snapshot/node-view.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import type { Framework } from "./framework.ts";
import type { LocalAnswers, Scorer } from "./local-answers.ts";
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
        for (const scorer of scorers) {
          const points = this.#points(nodes, scorer, this.#scratch.zeros(nodes.length));
          for (let i = 0; i < totals.length; i++) totals[i] = (totals[i] ?? 0) + (points[i] ?? 0);
        }
        return totals;
      },
      () => "Success",
    );
  }

  /** What each plugin gives, weighted. */
  parts(pod: PodInfo, local: LocalAnswers, nodes: readonly NodeView[]): readonly ScorePart[] {
    return this.#scorers(pod, local, nodes).map((scorer) => ({
      plugin: scorer.step.plugin.name,
      points: this.#points(nodes, scorer, new Float64Array(nodes.length)),
    }));
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
      scorers.push({ step, state, score: (node) => score(pod, node, state) });
    }
    return scorers;
  }

  #points(
    nodes: readonly NodeView[],
    { step, state, score }: Scorer,
    scores: Float64Array,
  ): Float64Array {
    const { trace } = this.#options;
    const { plugin, weight } = step;
    trace.enter("Score", plugin.name);
    for (let i = 0; i < scores.length; i++) scores[i] = score(nodes[i] as NodeView);
    trace.leave("Success");
    trace.enter("ScoreExtensionNormalize", plugin.name);
    normalize(plugin, { scores, nodes, state });
    if (plugin.normalize) trace.leave("Success");
    for (let i = 0; i < scores.length; i++) {
      const value = scores[i] ?? Number.NaN;
      if (!(value >= 0 && value <= 100)) throw invalidScore(plugin.name, value);
      scores[i] = weight * value;
    }
    return scores;
  }

  /** Among equals, chance decides; each has the same. */
  #pick(nodes: readonly NodeView[], totals: Float64Array): NodeView {
    const { random } = this.#options;
    let best = 0;
    let equals = 1;
    for (let i = 1; i < totals.length; i++) {
      const difference = (totals[i] ?? 0) - (totals[best] ?? 0);
      if (difference > 0) {
        best = i;
        equals = 1;
      } else if (difference === 0 && below(random, ++equals) === 0) best = i;
    }
    return nodes[best] as NodeView;
  }
}

interface Scored {
  readonly scores: Float64Array;
  readonly nodes: readonly NodeView[];
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
