/**
 * What the local plugins give nodes for pods of one shape, node by node. It is worked out once and
 * holds until the node changes.
 */
import { skip } from "../plugin.ts";
import { capacityFor, grownBytes, grownFloats } from "../snapshot/grow.ts";
import type { NodeView } from "../snapshot/node-view.ts";
import type { AnswersOptions } from "./local-answers.ts";
import type { ScoreStep } from "./framework.ts";
import { checkScore } from "./normalize.ts";

/** A plugin that has something to say about the pod. */
export interface Scorer {
  readonly step: ScoreStep;
  readonly state: unknown;
  /** Puts its score of each node at the node's place. */
  readonly fill: (nodes: readonly NodeView[], scores: Float64Array) => void;
}

/** What is left to do for those who compare nodes, and what all nodes get beside it. */
export interface Summed {
  readonly scorers: readonly Scorer[];
  readonly forAll: number;
}

/** By the number of the node, as far as they are known. */
class NodeNumbers {
  values = new Float64Array(0);
  isKnown = new Uint8Array(0);

  set(node: number, value: number): void {
    if (node >= this.values.length) {
      const capacity = capacityFor(node, this.values.length);
      this.values = grownFloats(this.values, capacity);
      this.isKnown = grownBytes(this.isKnown, capacity);
    }
    this.values[node] = value;
    this.isKnown[node] = 1;
  }

  /** What it was. */
  forget(node: number): number {
    if (this.isKnown[node] !== 1) return 0;
    this.isKnown[node] = 0;
    return this.values[node] ?? 0;
  }
}

/** Of one plugin. */
class Scores implements Scorer {
  readonly step: ScoreStep;
  readonly state: unknown;
  readonly #options: AnswersOptions;
  readonly #known = new NodeNumbers();
  /** Nodes that are known to get something. */
  #raised = 0;

  constructor(step: ScoreStep, state: unknown, options: AnswersOptions) {
    this.step = step;
    this.state = state;
    this.#options = options;
  }

  /** It gives all nodes the same that it was asked about. */
  get isEven(): boolean {
    return this.#raised === 0;
  }

  of(node: NodeView): number {
    const { values, isKnown } = this.#known;
    return isKnown[node.index] === 1 ? (values[node.index] ?? 0) : this.#ask(node);
  }

  readonly fill = (nodes: readonly NodeView[], scores: Float64Array): void => {
    for (let i = 0; i < nodes.length; i++) scores[i] = this.of(nodes[i] as NodeView);
  };

  forget(node: number): void {
    if (this.#known.forget(node) !== 0) this.#raised--;
  }

  #ask(node: NodeView): number {
    const { pod, trace, remembers } = this.#options;
    const { plugin, evaluations } = this.step;
    trace.enter("Score", plugin.name);
    const value = plugin.score?.(pod, node, this.state) ?? 0;
    evaluations.asked++;
    if (remembers) this.#known.set(node.index, value);
    if (remembers && value !== 0) this.#raised++;
    return value;
  }
}

export class LocalScores {
  readonly #options: AnswersOptions;
  #scorers: readonly Scores[] | undefined;
  /** What all plugins give together that do not compare nodes. */
  readonly #sums = new NodeNumbers();

  constructor(options: AnswersOptions) {
    this.#options = options;
  }

  /** Of the plugins that have something to say about such pods. */
  scorers(): readonly Scorer[] {
    return this.#prepared();
  }

  /** Adds to the totals what is one number for each node. */
  addTo(totals: Float64Array, nodes: readonly NodeView[]): Summed {
    const { values, isKnown } = this.#sums;
    for (let i = 0; i < totals.length; i++) {
      const node = nodes[i] as NodeView;
      const { index } = node;
      const sum = isKnown[index] === 1 ? (values[index] ?? 0) : this.#sumUp(node);
      totals[i] = (totals[i] ?? 0) + sum;
    }
    let forAll = 0;
    const scorers: Scorer[] = [];
    for (const scores of this.#prepared()) {
      const { normalize } = scores.step.plugin;
      if (!normalize) continue;
      if (typeof normalize === "function" || !scores.isEven) scorers.push(scores);
      else if (normalize === "low") forAll += 100 * scores.step.weight;
    }
    return { scorers, forAll };
  }

  forget(node: number): void {
    this.#sums.forget(node);
    for (const scores of this.#scorers ?? []) scores.forget(node);
  }

  #sumUp(node: NodeView): number {
    let sum = 0;
    for (const scores of this.#prepared()) {
      const { plugin, weight } = scores.step;
      const value = scores.of(node);
      if (!plugin.normalize) sum += weight * checkScore(plugin.name, value);
    }
    this.#sums.set(node.index, sum);
    return sum;
  }

  #prepared(): readonly Scores[] {
    return (this.#scorers ??= this.#options.framework.scores.local.flatMap(
      (step) => this.#prepare(step) ?? [],
    ));
  }

  #prepare(step: ScoreStep): Scores | undefined {
    const { snapshot, pod, trace } = this.#options;
    const { plugin, evaluations } = step;
    trace.enter("PreScore", plugin.name);
    const state = plugin.preScore?.(pod, snapshot, []);
    trace.leave(state === skip ? "Skip" : "Success");
    if (state === skip) return undefined;
    if (plugin.preScore) evaluations.prepared++;
    return new Scores(step, state, this.#options);
  }
}
