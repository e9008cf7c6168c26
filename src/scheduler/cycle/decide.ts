/**
 * One decision: which node a pod should run on, or why none will do. Pure but for what it
 * remembers: it reads the snapshot and changes nothing.
 * upstream: pkg/scheduler/schedule_one.go#schedulePod
 */
import { AssertionFailed } from "#base/assert.ts";
import type { Random } from "#base/random.ts";
import type { PostFilterResult, Refusal } from "../plugin.ts";
import type { NodeView } from "../snapshot/node-view.ts";
import type { Kin, PodInfo, Shape } from "../snapshot/pod-info.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import { enoughNodes } from "./enough-nodes.ts";
import { fitMessage } from "./fit-message.ts";
import { Fitting } from "./fitting.ts";
import type { Framework } from "./framework.ts";
import { LocalAnswers, prepare, type Prepared } from "./local-answers.ts";
import {
  didNotSatisfy,
  findingsByNode,
  inOrder,
  narrowed,
  none,
  type Refused,
} from "./narrowing.ts";
import { Ranking } from "./ranking.ts";
import { skipsAll, WideFilters } from "./wide-filters.ts";
import { PluginFailed, type PointStatus, type Trace } from "./trace.ts";
import { type Finding, type Verdicts, verdictsOf } from "./verdicts.ts";

export type Decision =
  | { readonly is: "fit"; readonly node: NodeView; readonly feasible: number }
  | Unfit
  /** There is not a single node. */
  | { readonly is: "empty"; readonly message: string }
  | Failed;

/** A plugin broke. */
interface Failed {
  readonly is: "failed";
  readonly message: string;
}

export interface Unfit {
  readonly is: "unfit";
  readonly message: string;
  readonly verdicts: Verdicts;
  /** The plugins that refused; empty when those outside did too. */
  readonly refusedBy: ReadonlySet<string>;
  readonly postFilter?: Rescue | undefined;
}

/** Nodes that will do as far as plugins go, for those outside to judge. */
export interface Candidates {
  readonly is: "candidates";
  readonly nodes: readonly NodeView[];
  /** Why others will not do. */
  readonly findings: ReadonlyMap<NodeView, Finding>;
  /** It is the one that was promised to the pod; others were not looked at. */
  readonly isNominated: boolean;
}

export interface Rescue extends PostFilterResult {
  /** The plugin that has something to perform. */
  readonly by?: string;
}

export interface DeciderOptions {
  readonly framework: Framework;
  readonly snapshot: Snapshot;
  /** Settles ties. */
  readonly random: Random;
  readonly trace: Trace;
  /** Others have a say: whether they see a few nodes that will do, and in who is evicted. */
  readonly isShared?: boolean;
}

/** Answers are remembered for so many shapes: a few bytes per node and plugin each. */
const shapesMax = 256;

export class Decider {
  readonly #options: DeciderOptions;
  readonly #answers = new Map<Shape, LocalAnswers>();
  /** The one that was asked for last: it stands at the end of them. */
  #latest: LocalAnswers | undefined;
  readonly #ranking: Ranking;
  readonly #fitting: Fitting;
  #start = 0;
  /** What the last search chose from: hundreds of nodes for every pod. */
  readonly #feasible: NodeView[] = [];
  /** What the last search found, in the order of all nodes. */
  #findings: readonly (Finding | undefined)[] = [];
  /** It holds for all pods of that shape, until nodes change. */
  #isLasting = false;
  /** What was refused by every node since the last change to anything. */
  readonly #unfits = new Map<Kin, Unfit>();
  #unfitsAt = -1;

  constructor(options: DeciderOptions) {
    this.#options = options;
    this.#ranking = new Ranking(options);
    this.#fitting = new Fitting(options);
  }

  decide(pod: PodInfo): Decision {
    const { nodes } = this.#options.snapshot;
    // exact: kube-scheduler
    if (nodes.length === 0) return { is: "empty", message: "no nodes available to schedule pods" };
    const { sequence } = this.#options.snapshot.changes;
    if (sequence !== this.#unfitsAt) this.#unfits.clear();
    this.#unfitsAt = sequence;
    const remembered = this.#unfits.get(pod.kin);
    if (remembered) return remembered;
    return this.#guarded(pod, () => {
      const found = this.#find(pod, nodes, false);
      if (found.is !== "candidates") return found;
      const [first] = found.nodes;
      const isOnly = found.nodes.length === 1 && first;
      const node = isOnly || this.#ranking.best(pod, this.#answersFor(pod), found.nodes);
      return { is: "fit", node, feasible: found.nodes.length };
    });
  }

  /** The first half of a decision. `isForAll`: the promised node is one of many. */
  candidates(pod: PodInfo, { isForAll }: { readonly isForAll: boolean }): Decision | Candidates {
    const { nodes } = this.#options.snapshot;
    if (nodes.length === 0) return this.decide(pod);
    return this.#guarded(pod, () => this.#find(pod, nodes, isForAll));
  }

  /** What the plugins give, in the order of the nodes. Throws what went wrong. */
  totals(pod: PodInfo, nodes: readonly NodeView[]): Float64Array {
    try {
      return this.#ranking.totals(pod, this.#answersFor(pod), nodes);
    } catch (cause) {
      if (cause instanceof AssertionFailed) throw cause;
      throw new PluginFailed(this.#options.trace.describe(cause), { cause });
    }
  }

  /** As things are at this moment. */
  fits(pod: PodInfo, node: NodeView): boolean {
    if (!node.isPresent) return false;
    const { framework, snapshot, trace } = this.#options;
    const { local, wide } = this.#prepare(pod);
    if (local.prepared.refusal ?? wide.refusal) return false;
    if ([...local.prepared.only, ...wide.only].some(({ nodes }) => !nodes.has(node.name)))
      return false;
    const filters = new WideFilters(framework, { prepared: wide, pod, trace });
    return (
      !(local.finding(node) ?? filters.finding(node)) &&
      (snapshot.nominations.size === 0 || !this.#fitting.besidePromised({ pod, local, node }))
    );
  }

  /** No node will do, some for reasons from outside; a rescue is looked for. */
  unfit(pod: PodInfo, findings: ReadonlyMap<NodeView, Finding>): Decision {
    const { framework, snapshot } = this.#options;
    return this.#guarded(pod, () => {
      this.#findings = snapshot.nodes.map((node) => findings.get(node));
      const refusal = didNotSatisfy(framework, []);
      const local = this.#answersFor(pod);
      return this.#unfit({ pod, local, isLocal: false, refusal, isOutside: true });
    });
  }

  #guarded<D>(pod: PodInfo, decide: () => D): D | Failed {
    try {
      return decide();
    } catch (cause) {
      if (cause instanceof AssertionFailed) throw cause;
      this.#answers.delete(pod.shape);
      return { is: "failed", message: this.#options.trace.describe(cause) };
    }
  }

  #find(pod: PodInfo, nodes: readonly NodeView[], isForAll: boolean): Unfit | Candidates {
    const { framework, snapshot, trace, isShared = false } = this.#options;
    const { local, wide } = trace.measured(
      "PreFilter",
      () => this.#prepare(pod),
      (prepared) => (prepared.wide.refusal ? "Unschedulable" : "Success"),
    );
    const refusal = local.prepared.refusal ?? wide.refusal;
    if (refusal) return this.#unfit({ pod, local, refusal, isLocal: false, isPreFilter: true });
    const filters = new WideFilters(framework, { prepared: wide, pod, trace });
    const only = [...local.prepared.only, ...wide.only];
    const search: Search = { pod, local, filters, nodes: narrowed(snapshot, nodes, only) };
    let isNominated = false;
    let verdicts: Verdicts | undefined;
    const feasible = trace.measured(
      "Filter",
      () => {
        const promised = isForAll ? undefined : this.#nominated(search);
        isNominated = promised !== undefined;
        if (!promised) verdicts = this.#known(search);
        return promised ?? (verdicts ? [] : this.#search(search));
      },
      ({ length }) => (length > 0 ? "Success" : "Unschedulable"),
    );
    if (feasible.length === 0) {
      const isLocal = skipsAll(filters);
      return this.#unfit({
        pod,
        local,
        isLocal,
        refusal: didNotSatisfy(framework, only),
        verdicts,
      });
    }
    const findings =
      isShared && !isNominated ? findingsByNode(snapshot.nodes, this.#findings) : none;
    return { is: "candidates", nodes: feasible, findings, isNominated };
  }

  #prepare(pod: PodInfo): { readonly local: LocalAnswers; readonly wide: Prepared } {
    const { framework, snapshot, trace } = this.#options;
    const local = this.#answersFor(pod);
    if (local.prepared.refusal) return { local, wide: local.prepared };
    const { wide: steps } = framework.filters;
    return { local, wide: prepare(framework, { steps, snapshot, pod, trace }) };
  }

  /** Shapes that are met once are not worth remembering: the second pod begins a memory. */
  #answersFor(pod: PodInfo): LocalAnswers {
    const { shape } = pod;
    const known = this.#answers.get(shape);
    if (known) {
      if (known !== this.#latest) {
        this.#answers.delete(shape);
        this.#answers.set(shape, known);
      }
      this.#latest = known;
      known.catchUp();
      return known;
    }
    const remembers = ++shape.uses > 1;
    const answers = new LocalAnswers({ ...this.#options, pod, remembers });
    if (!remembers) return answers;
    if (this.#answers.size >= shapesMax) {
      const [oldest] = this.#answers.keys();
      if (oldest) this.#answers.delete(oldest);
    }
    this.#answers.set(shape, answers);
    return answers;
  }

  /** The node that was made free for it is the likeliest one. */
  #nominated(search: Search): readonly NodeView[] | undefined {
    const { snapshot } = this.#options;
    const { pod } = search;
    // What was promised a moment ago may not stand in the pod yet.
    const name = snapshot.nominations.find(pod.uid) ?? pod.pod.status.nominatedNodeName;
    const node = name ? snapshot.findNode(name) : undefined;
    if (!node) return undefined;
    return this.#findingAt(node, search) ? undefined : [node];
  }

  /** None will do for its like, and nothing happened since that would help it. */
  #known(search: Search): Verdicts | undefined {
    const { pod, local } = search;
    if (!this.#isForAll(search)) return undefined;
    return local.refusals(
      (node) => local.finding(node) ?? this.#fitting.besidePromised({ pod, local, node }),
    );
  }

  /** What is found for it holds for all pods of its shape. */
  #isForAll({ pod, filters, nodes }: Search): boolean {
    const { snapshot, isShared = false } = this.#options;
    const isPromised = snapshot.nominations.find(pod.uid) !== undefined;
    return nodes === snapshot.nodes && skipsAll(filters) && !isPromised && !isShared;
  }

  /** Looks at nodes, beginning where the last search ended, until enough of them will do. */
  #search(search: Search): readonly NodeView[] {
    const { local, nodes } = search;
    const { snapshot, isShared = false } = this.#options;
    const { fleeting } = local;
    const count = nodes.length;
    const wanted = this.#wanted(count);
    // Who decides alone is done with them before the next search.
    const feasible: NodeView[] = isShared ? [] : this.#feasible;
    let found = 0;
    const refused: Refused = { nodes: [], findings: [] };
    let looked = 0;
    while (looked < count && found < wanted) {
      const node = nodes[(this.#start + looked++) % count] as NodeView;
      const finding = this.#findingAt(node, search);
      if (finding) {
        refused.nodes.push(node);
        refused.findings.push(finding);
      } else feasible[found++] = node;
    }
    feasible.length = found;
    this.#start = (this.#start + looked) % snapshot.nodes.length;
    if (found === 0 || isShared) this.#findings = inOrder(snapshot, refused);
    this.#isLasting = this.#isForAll(search) && fleeting === local.fleeting;
    return feasible;
  }

  #findingAt(node: NodeView, { pod, local, filters }: Search): Finding | undefined {
    const { nominations } = this.#options.snapshot;
    return (
      local.finding(node) ??
      filters.finding(node) ??
      (nominations.has(node.name) ? this.#fitting.besidePromised({ pod, local, node }) : undefined)
    );
  }

  /** One is as good as another when nobody scores them. */
  #wanted(count: number): number {
    const { framework, isShared = false } = this.#options;
    const { scores, profile } = framework;
    return scores.local.length + scores.wide.length === 0 && !isShared
      ? 1
      : enoughNodes(count, profile.percentageOfNodesToScore);
  }

  /** Every node is refused: with what the search found, and one refusal for the others. */
  #unfit(misfit: Misfit): Unfit {
    const { pod, refusal, isPreFilter = false, isOutside = false } = misfit;
    const { snapshot, framework } = this.#options;
    const { nodes } = snapshot;
    const verdicts = misfit.verdicts ?? this.#judge(misfit);
    const postFilter = this.#postFilter(misfit, verdicts);
    const message = fitMessage({
      nodeCount: nodes.length,
      preFilterMessage: isPreFilter ? refusal.refusal.reasons.join(", ") : undefined,
      verdicts,
      postFilterMessage: postFilter?.message,
    });
    // Nobody knows what those outside wait for: it may be anything.
    const refusedBy = isOutside ? new Set<string>() : verdicts.plugins;
    const unfit: Unfit = { is: "unfit", message, verdicts, refusedBy, postFilter };
    if (framework.isRepeatable && !isOutside && !pod.shape.isPersonal && !postFilter?.perform)
      this.#unfits.set(pod.kin, unfit);
    return unfit;
  }

  #judge({ refusal, isPreFilter = false, isOutside = false, local }: Misfit): Verdicts {
    const { nodes } = this.#options.snapshot;
    const verdicts = verdictsOf(nodes, isPreFilter ? [] : this.#findings, refusal);
    if (this.#isLasting && !isPreFilter && !isOutside) local.keepRefusals(verdicts);
    this.#findings = [];
    return verdicts;
  }

  #postFilter({ pod, local, isLocal }: Misfit, verdicts: Verdicts): Rescue | undefined {
    const { framework, snapshot, trace, random, isShared: isNegotiated = false } = this.#options;
    if (framework.postFilters.length === 0) return undefined;
    const test = (node: NodeView): Refusal | undefined =>
      this.#fitting.finding(pod, local, node)?.refusal;
    const asked = { verdicts, test, isLocal, isNegotiated, random };
    return trace.measured(
      "PostFilter",
      () => {
        const messages: string[] = [];
        let isTakenBack = false;
        for (const plugin of framework.postFilters) {
          trace.enter("PostFilter", plugin.name);
          const result = plugin.postFilter?.(pod, snapshot, asked);
          trace.leave(rescueStatus(result));
          if (result && isRescue(result)) return { ...result, by: plugin.name };
          isTakenBack ||= result?.nominatedNodeName === "";
          if (result?.message) messages.push(result.message);
        }
        if (messages.length === 0) return undefined;
        const message = messages.join(", ");
        return isTakenBack ? { message, nominatedNodeName: "" } : { message };
      },
      (result) => (result?.nominatedNodeName ? "Success" : "Unschedulable"),
    );
  }
}

/** There will be room, or something is done about it. */
const isRescue = ({ nominatedNodeName, perform }: PostFilterResult): boolean =>
  Boolean(nominatedNodeName) || perform !== undefined;

const rescueStatus = (result: PostFilterResult | undefined): PointStatus =>
  result && isRescue(result) ? "Success" : "Unschedulable";

interface Misfit {
  readonly pod: PodInfo;
  readonly local: LocalAnswers;
  /** For the nodes that were not looked at. */
  readonly refusal: Finding;
  readonly isLocal: boolean;
  readonly isPreFilter?: boolean;
  /** Somebody else refused it too, who may change his mind. */
  readonly isOutside?: boolean;
  /** When they are known already. */
  readonly verdicts?: Verdicts | undefined;
}

interface Search {
  readonly pod: PodInfo;
  readonly local: LocalAnswers;
  readonly filters: WideFilters;
  readonly nodes: readonly NodeView[];
}
