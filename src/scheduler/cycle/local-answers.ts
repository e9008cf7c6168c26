/**
 * What the local plugins answered for pods of one shape, node by node. An answer is given once and
 * holds until its node changes: the hundredth pod of a Deployment costs a look at the one node that
 * the ninety-ninth went to.
 */
import { Only, Refusal, skip } from "../plugin.ts";
import type { NodeView } from "../snapshot/node-view.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import type { Framework } from "./framework.ts";
import { LocalScores } from "./local-scores.ts";
import { Refusals } from "./refusals.ts";
import { type PointStatus, refusalStatus, type Trace } from "./trace.ts";
import type { Finding, Verdicts } from "./verdicts.ts";

/** What the preFilters of some plugins came to. */
export interface Prepared {
  /** By step: the state for the filter, or `skip`. */
  readonly states: readonly unknown[];
  /** All nodes are refused. */
  readonly refusal: Finding | undefined;
  readonly only: readonly Narrowed[];
}

export interface Narrowed {
  readonly plugin: string;
  readonly nodes: ReadonlySet<string>;
}

export interface Promised {
  readonly finding: Finding | undefined;
  /** It holds until the node changes. */
  readonly isLocal: boolean;
}

const fine: Finding = Object.freeze({ plugin: "", refusal: new Refusal([], false) });

export interface AnswersOptions {
  readonly framework: Framework;
  readonly snapshot: Snapshot;
  readonly trace: Trace;
  /** Any one of the shape. */
  readonly pod: PodInfo;
  /** Not worth it for a shape that is seen for the first time. */
  readonly remembers: boolean;
}

export class LocalAnswers {
  readonly #options: AnswersOptions;
  readonly #epochs: (number | undefined)[] = [];
  #prepared: Prepared;
  #findings: (Finding | undefined)[] = [];
  /** Of nodes that are promised to others. */
  #promised: (Finding | undefined)[] = [];
  #scores: LocalScores;
  #sequence: number;
  /** What is true of all nodes, when none will do. */
  #refusals: Refusals | undefined;
  /** How many answers held for one moment only. */
  #fleeting = 0;

  constructor(options: AnswersOptions) {
    this.#options = options;
    this.#sequence = options.snapshot.changes.sequence;
    this.#scores = new LocalScores(options);
    this.#epochs = this.#currentEpochs();
    this.#prepared = this.#prepare();
  }

  /** What the plugins give nodes that will do. */
  get scores(): LocalScores {
    return this.#scores;
  }

  /** Answers hold for others of the shape. */
  get remembers(): boolean {
    return this.#options.remembers;
  }

  get prepared(): Prepared {
    return this.#prepared;
  }

  /** Forgets what is no longer true. */
  catchUp(): void {
    const { changes } = this.#options.snapshot;
    if (changes.sequence === this.#sequence) return;
    const isReplayed = changes.replay(this.#sequence, (node) => this.#forget(node));
    this.#sequence = changes.sequence;
    const epochs = this.#currentEpochs();
    const isSameEpoch = epochs.every((epoch, i) => epoch === this.#epochs[i]);
    if (isReplayed && isSameEpoch) return;
    this.#epochs.splice(0, Infinity, ...epochs);
    this.#findings = [];
    this.#promised = [];
    this.#scores = new LocalScores(this.#options);
    this.#refusals = undefined;
    this.#prepared = this.#prepare();
  }

  /** Why the node will not do. */
  finding(node: NodeView): Finding | undefined {
    const known = this.#findings[node.index];
    if (known) return known === fine ? undefined : known;
    const found = this.examine(node);
    if (this.#options.remembers) this.#findings[node.index] = found ?? fine;
    return found;
  }

  /** Why it will not do beside those to whom it is promised. */
  besidePromised(node: NodeView, ask: () => Promised): Finding | undefined {
    const known = this.#promised[node.index];
    if (known) return known === fine ? undefined : known;
    const { finding, isLocal } = ask();
    if (!isLocal) this.#fleeting++;
    if (isLocal && this.#options.remembers) this.#promised[node.index] = finding ?? fine;
    return finding;
  }

  get fleeting(): number {
    return this.#fleeting;
  }

  /** No node will do, and all answers hold until their nodes change. */
  keepRefusals(verdicts: Verdicts): void {
    const { remembers, snapshot } = this.#options;
    if (remembers) this.#refusals = new Refusals(snapshot, verdicts);
  }

  /** Undefined when it takes a search to know. */
  refusals(ask: (node: NodeView) => Finding | undefined): Verdicts | undefined {
    const { fleeting } = this;
    const verdicts = this.#refusals?.verdicts(ask);
    if (fleeting === this.fleeting) return verdicts;
    this.#refusals = undefined;
    return undefined;
  }

  /** As `finding`, of the node as it is at this moment; nothing is remembered. */
  examine(node: NodeView): Finding | undefined {
    const { framework, pod, trace } = this.#options;
    const { states } = this.#prepared;
    for (const { plugin, at, evaluations } of framework.filters.local) {
      const state = states[at];
      if (state === skip || !plugin.filter) continue;
      trace.enter("Filter", plugin.name);
      const refusal = plugin.filter(pod, node, state);
      evaluations.asked++;
      trace.leave(refusal ? refusalStatus(refusal) : "Success");
      if (refusal) return framework.findingOf(plugin.name, refusal);
    }
    return undefined;
  }

  #prepare(): Prepared {
    const { framework, snapshot, pod, trace } = this.#options;
    return prepare(framework, { steps: framework.filters.local, snapshot, pod, trace });
  }

  #forget(node: number): void {
    if (node < this.#findings.length) this.#findings[node] = undefined;
    if (node < this.#promised.length) this.#promised[node] = undefined;
    this.#refusals?.forget(node);
    this.#scores.forget(node);
  }

  #currentEpochs(): (number | undefined)[] {
    const { framework, snapshot } = this.#options;
    return [...framework.filters.local, ...framework.scores.local].map(({ plugin }) =>
      plugin.epoch?.(snapshot),
    );
  }
}

interface Preparing {
  readonly steps: Framework["filters"]["local"];
  readonly snapshot: Snapshot;
  readonly pod: PodInfo;
  readonly trace: Trace;
}

/** Runs the preFilters of these steps; the first that refuses ends it. */
export function prepare(framework: Framework, preparing: Preparing): Prepared {
  const { steps, snapshot, pod, trace } = preparing;
  const states: unknown[] = [];
  const only: Narrowed[] = [];
  for (const { plugin, evaluations } of steps) {
    trace.enter("PreFilter", plugin.name);
    const result = plugin.preFilter?.(pod, snapshot);
    if (plugin.preFilter) {
      if (result !== skip) evaluations.prepared++;
      trace.leave(preparedStatus(result));
    }
    if (result instanceof Refusal)
      return { states, only, refusal: framework.findingOf(plugin.name, result) };
    if (result instanceof Only) {
      only.push({ plugin: plugin.name, nodes: result.nodes });
      states.push(result.state);
    } else states.push(result);
  }
  return { states, only, refusal: undefined };
}

function preparedStatus(result: unknown): PointStatus {
  if (result === skip) return "Skip";
  return result instanceof Refusal ? refusalStatus(result) : "Success";
}
