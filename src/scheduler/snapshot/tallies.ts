/**
 * How many pods on each node match a selection. A tally is made when a plugin first asks for it and
 * kept up to date from then on: a pod that comes or goes only touches the tallies that it matches.
 */
import { NodeCounts } from "./node-counts.ts";
import type { LabelSet, PodInfo } from "./pod-info.ts";
import type { NamespaceLabels, PodSelection } from "./pod-selection.ts";
import type { Supposed } from "./supposition.ts";

export interface TallyQuestion {
  /** A pod counts when it matches all of them. */
  readonly selections: readonly PodSelection[];
  /** Pods on their way out do not count. */
  readonly ignoresTerminating?: boolean;
}

export class Tally {
  readonly question: TallyQuestion;
  readonly counts = new NodeCounts();
  readonly key: string;
  lastUse = 0;

  constructor(key: string, question: TallyQuestion) {
    this.key = key;
    this.question = question;
  }

  matches(labelSet: LabelSet, namespaceLabels: NamespaceLabels): boolean {
    return this.question.selections.every((one) => one.matches(labelSet, namespaceLabels));
  }

  count(pod: PodInfo, node: number, sign: 1 | -1): void {
    if (pod.isTerminating && this.question.ignoresTerminating) return;
    this.counts.add(node, sign);
  }

  /** The only namespace its pods can be in, when it is one. */
  get namespace(): string | undefined {
    const [first] = this.question.selections;
    if (!first || first.namespaceMatcher || first.namespaces.size !== 1) return undefined;
    const [namespace] = first.namespaces;
    return namespace;
  }
}

interface Options {
  readonly namespaceLabels: NamespaceLabels;
  /** The number of the node that the pod stands on. */
  readonly nodeOf: (pod: PodInfo) => number;
  /** What is supposed at this moment, beside what is. */
  readonly supposed: () => Iterable<Supposed>;
}

/** Those unused for longest go when there are more. */
const talliesMax = 4_096;

export class Tallies {
  readonly #options: Options;
  readonly #tallies = new Map<string, Tally>();
  /** By the namespace of their pods; under "" those that may count any. */
  readonly #byNamespace = new Map<string, Set<Tally>>();
  /** The label sets that have pods on nodes, with the tallies that they match. */
  readonly #matching = new Map<LabelSet, Tally[]>();
  #clock = 0;

  constructor(options: Options) {
    this.#options = options;
  }

  of(question: TallyQuestion): Tally {
    const key = keyOf(question);
    const known = this.#tallies.get(key);
    const tally = known ?? this.#open(key, question);
    tally.lastUse = ++this.#clock;
    return tally;
  }

  *all(): Iterable<Tally> {
    yield* this.#tallies.values();
  }

  /** The pod came to the node (1), or leaves it (-1). */
  count(pod: PodInfo, node: number, sign: 1 | -1): void {
    const { labelSet } = pod.kin;
    if (sign > 0) labelSet.pods.add(pod);
    else labelSet.pods.delete(pod);
    for (const tally of this.#of(labelSet)) tally.count(pod, node, sign);
    if (labelSet.pods.size === 0) this.#matching.delete(labelSet);
  }

  /** As `count`, for a while: thousands of pods that are alike need not be told of it. */
  suppose(pod: PodInfo, node: number, sign: 1 | -1): void {
    for (const tally of this.#of(pod.kin.labelSet)) tally.count(pod, node, sign);
  }

  /** Labels of a namespace changed: what was counted by them is counted anew, when asked for. */
  namespaceChanged(): void {
    const stale = [...this.#tallies.values()].filter(({ question }) =>
      question.selections.some(({ namespaceMatcher }) => namespaceMatcher),
    );
    this.#close(new Set(stale));
  }

  #of(labelSet: LabelSet): readonly Tally[] {
    const known = this.#matching.get(labelSet);
    if (known) return known;
    const candidates = [
      ...(this.#byNamespace.get(labelSet.namespace) ?? []),
      ...(this.#byNamespace.get("") ?? []),
    ];
    const found = candidates.filter((one) => one.matches(labelSet, this.#options.namespaceLabels));
    if (labelSet.pods.size > 0) this.#matching.set(labelSet, found);
    return found;
  }

  #open(key: string, question: TallyQuestion): Tally {
    if (this.#tallies.size >= talliesMax) this.#dropOldest();
    const tally = new Tally(key, question);
    this.#tallies.set(key, tally);
    const namespace = tally.namespace ?? "";
    const others = this.#byNamespace.get(namespace) ?? new Set();
    this.#byNamespace.set(namespace, others.add(tally));
    for (const [labelSet, matching] of this.#matching) {
      if (!tally.matches(labelSet, this.#options.namespaceLabels)) continue;
      matching.push(tally);
      for (const pod of labelSet.pods) tally.count(pod, this.#options.nodeOf(pod), 1);
    }
    for (const { pod, node, sign } of this.#options.supposed()) {
      if (tally.matches(pod.kin.labelSet, this.#options.namespaceLabels))
        tally.count(pod, node.index, sign);
    }
    return tally;
  }

  #dropOldest(): void {
    const byAge = [...this.#tallies.values()].sort((a, b) => a.lastUse - b.lastUse);
    this.#close(new Set(byAge.slice(0, talliesMax / 8)));
  }

  #close(gone: ReadonlySet<Tally>): void {
    for (const tally of gone) {
      this.#tallies.delete(tally.key);
      const namespace = tally.namespace ?? "";
      const others = this.#byNamespace.get(namespace);
      others?.delete(tally);
      if (others?.size === 0) this.#byNamespace.delete(namespace);
    }
    for (const [labelSet, matching] of this.#matching) {
      const left = matching.filter((tally) => !gone.has(tally));
      if (left.length < matching.length) this.#matching.set(labelSet, left);
    }
  }
}

const keyOf = ({ selections, ignoresTerminating }: TallyQuestion): string =>
  `${ignoresTerminating ? "-" : "+"}${selections.map(({ key }) => key).join("&")}`;
