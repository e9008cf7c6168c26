/**
 * Whether one node would do for a pod in the snapshot as it is at this moment, supposed or real.
 * Slower than a search: nothing is remembered. upstream: framework/runtime#RunFilterPluginsWithNominatedPods
 */
import type { NodeView } from "../snapshot/node-view.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import type { Framework } from "./framework.ts";
import { type LocalAnswers, prepare, type Promised } from "./local-answers.ts";
import type { Trace } from "./trace.ts";
import type { Finding } from "./verdicts.ts";
import { skipsAll, WideFilters } from "./wide-filters.ts";

interface FittingOptions {
  readonly framework: Framework;
  readonly snapshot: Snapshot;
  readonly trace: Trace;
}

interface Asked {
  readonly pod: PodInfo;
  readonly local: LocalAnswers;
  readonly node: NodeView;
  /** Nothing is supposed about the node: the answer is worth remembering. */
  readonly isReal?: boolean;
}

export class Fitting {
  readonly #options: FittingOptions;

  constructor(options: FittingOptions) {
    this.#options = options;
  }

  /** As the node is, and also with those on it to whom it is promised. */
  finding(pod: PodInfo, local: LocalAnswers, node: NodeView): Finding | undefined {
    return (
      this.#examine(pod, local, node).finding ??
      this.besidePromised({ pod, local, node, isReal: false })
    );
  }

  /** Why the node will not do once those are on it to whom it is promised, and who matter as much. */
  besidePromised({ pod, local, node, isReal = true }: Asked): Finding | undefined {
    const { nominations } = this.#options.snapshot;
    if (!nominations.has(node.name)) return undefined;
    const ask = (): Promised => this.#askBesidePromised(pod, local, node);
    // What it was promised itself does not count against it, but against its like.
    const isShared = isReal && nominations.find(pod.uid) !== node.name;
    return isShared ? local.besidePromised(node, ask) : ask().finding;
  }

  #askBesidePromised(pod: PodInfo, local: LocalAnswers, node: NodeView): Promised {
    const { snapshot } = this.#options;
    const promised: PodInfo[] = [];
    for (const one of snapshot.nominations.on(node.name)) {
      const { uid, priority } = one;
      const counts = priority >= pod.priority && uid !== pod.uid && !snapshot.findPod(uid);
      if (counts) promised.push(one);
    }
    if (promised.length === 0) return { finding: undefined, isLocal: true };
    using supposition = snapshot.suppose(node);
    for (const one of promised) supposition.add(one);
    return this.#examine(pod, local, node);
  }

  #examine(pod: PodInfo, local: LocalAnswers, node: NodeView): Promised {
    const { framework, snapshot, trace } = this.#options;
    const found = local.examine(node);
    if (found) return { finding: found, isLocal: true };
    const { wide: steps } = framework.filters;
    const prepared = prepare(framework, { steps, snapshot, pod, trace });
    if (prepared.refusal) return { finding: prepared.refusal, isLocal: false };
    const filters = new WideFilters(framework, { prepared, pod, trace });
    return { finding: filters.finding(node), isLocal: skipsAll(filters) };
  }
}
