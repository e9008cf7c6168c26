import { withPodCondition } from "#api/core/pod-conditions.ts";
import { Pod } from "#api/core/pod.ts";
import { isReason } from "#api/errors.ts";
import { PodDisruptionBudget } from "#api/policy/poddisruptionbudget.ts";
import { formatTime } from "#base/clock.ts";
import { below } from "#base/random.ts";
import { fitMessage } from "../cycle/fit-message.ts";
import { type Finding, type Verdicts, verdictsOf } from "../cycle/verdicts.ts";
import {
  definePlugin,
  hopeless,
  type Misfit,
  type Offer,
  type Plugin,
  type Ports,
  type PostFilterResult,
  Refusal,
  refuse,
} from "../plugin.ts";
import type { NodeView } from "../snapshot/node-view.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import { type Prospects, prospectsOf } from "./preemption-prospects.ts";
import {
  isLess,
  leastCostOn,
  type Sacrifice,
  sacrificeOf,
  sacrificeOn,
} from "./preemption-victims.ts";

const name = "DefaultPreemption";

// exact: kube-scheduler, all texts
const notHelpful = hopeless("Preemption is not helpful for scheduling");
const preempted = refuse("preempted");
const isNever = "not eligible due to preemptionPolicy=Never.";
const isMadeAlready = "not eligible due to a terminating pod on the nominated node.";
const evictionText = "preempting to accommodate a higher priority pod";

export interface PreemptionOptions {
  /** Of the nodes where it may help, so many are enough to choose from. */
  readonly minCandidateNodesPercentage: number;
  readonly minCandidateNodesAbsolute: number;
}

/**
 * Makes room for pods that are more important than others: evicts as few of those as possible, on
 * the node where it does least harm. upstream: pkg/scheduler/framework/preemption/preemption.go
 */
export const defaultPreemptionWith = (options: PreemptionOptions): Plugin =>
  definePlugin({
    name,
    dependsOn: "cluster",
    reads: [{ kind: PodDisruptionBudget }],
    postFilter(pod, cluster, misfit) {
      const why = whyNotEligible(pod, cluster, misfit);
      if (why) return { message: `preemption: ${why}` };
      const { best, all, findings } = search(pod, cluster, { misfit, options });
      if (best && misfit.isNegotiated) return negotiable(pod, cluster, { best, all });
      if (best) return evicting(pod, cluster, best);
      const { nodes } = cluster;
      const judged = verdictsOf(nodes, findings, hopelessFinding);
      const message = fitMessage({ nodeCount: nodes.length, verdicts: judged });
      return { message: `preemption: ${message}`, nominatedNodeName: "" };
    },
  });

export const defaultPreemption = definePlugin(
  defaultPreemptionWith({ minCandidateNodesPercentage: 10, minCandidateNodesAbsolute: 100 }),
);

const hopelessFinding: Finding = { plugin: name, refusal: notHelpful };

/** Who has made room already waits for it, unless the node turned out to be of no use. */
function whyNotEligible(pod: PodInfo, cluster: Snapshot, { verdicts }: Misfit): string | undefined {
  if (pod.pod.spec.preemptionPolicy === "Never") return isNever;
  const nodeName = cluster.nominations.find(pod.uid);
  const node = nodeName && cluster.findNode(nodeName);
  if (!node) return undefined;
  if (verdicts.at(cluster.placeOf(node.index)).refusal.isHopeless) return undefined;
  const isWaiting = [...node.pods].some((one) => one.priority < pod.priority && isLeaving(one));
  return isWaiting ? isMadeAlready : undefined;
}

const isLeaving = ({ isTerminating: isGoing, pod: { status } }: PodInfo): boolean =>
  isGoing &&
  (status.conditions ?? []).some(
    ({ type, reason }) => type === "DisruptionTarget" && reason === "PreemptionByScheduler",
  );

interface Search {
  readonly misfit: Misfit;
  readonly options: PreemptionOptions;
}

interface Found {
  readonly best: Sacrifice | undefined;
  /** What it was chosen from. */
  readonly all: readonly Sacrifice[];
  /** By the node's place: why eviction does not help there. */
  readonly findings: readonly (Finding | undefined)[];
}

/** Looks at nodes from a random one on, until there are enough to choose from. */
function search(pod: PodInfo, cluster: Snapshot, { misfit, options }: Search): Found {
  const { verdicts, random, test, isLocal, isNegotiated = false } = misfit;
  const { nodes } = cluster;
  const wanted = candidatesWanted(verdicts, options);
  const prospects = prospectsOf(pod, cluster, isLocal);
  const question = { pod, cluster, budgets: prospects.budgets, test };
  const start = below(random, nodes.length);
  const all: Sacrifice[] = [];
  let at = start;
  let best = -1;
  let found = 0;
  let hasHarmless = false;
  const look = (place: number): void => {
    const node = nodes[place] as NodeView;
    const isBeaten = prospects.isBeaten(place, best, () => leastCostOn(node, pod));
    if (isNegotiated || !isBeaten) prospects.note(place, sacrificeOn(node, question));
  };
  do {
    const place = at;
    at = (at + 1) % nodes.length;
    if (verdicts.at(place).refusal.isHopeless) continue;
    if (!prospects.isKnown(place)) look(place);
    if (!prospects.helps(place)) continue;
    found++;
    hasHarmless ||= prospects.isHarmless(place);
    if (prospects.isBetter(place, best)) best = place;
    if (isNegotiated) all.push(prospects.at(place) as Sacrifice);
  } while (at !== start && !(hasHarmless && found >= wanted));
  if (best >= 0) return { best: prospects.at(best) as Sacrifice, all, findings: [] };
  return { best: undefined, all, findings: nodes.map((_, place) => findingAt(prospects, place)) };
}

function findingAt(prospects: Prospects, place: number): Finding | undefined {
  const found = prospects.at(place);
  return found instanceof Refusal ? findingOf(found) : undefined;
}

/** Others have a say: they see all that could be done, and the best of what they leave is done. */
function negotiable(
  pod: PodInfo,
  cluster: Snapshot,
  { best, all }: { readonly best: Sacrifice; readonly all: readonly Sacrifice[] },
): PostFilterResult {
  const take = (offers: readonly Offer[]): PostFilterResult | undefined => {
    let least: Sacrifice | undefined;
    for (const offer of offers) {
      const sacrifice = sacrificeOf(offer);
      if (sacrifice instanceof Refusal) continue;
      if (!least || isLess(sacrifice.cost, least.cost)) least = sacrifice;
    }
    return least && evicting(pod, cluster, least);
  };
  return { ...evicting(pod, cluster, best), offers: all, take };
}

const known = new WeakMap<Refusal, Finding>();

/** One object for each refusal. */
function findingOf(refusal: Refusal): Finding {
  const finding = known.get(refusal) ?? { plugin: name, refusal };
  known.set(refusal, finding);
  return finding;
}

/** upstream: default_preemption.go#calculateNumCandidates */
function candidatesWanted(verdicts: Verdicts, options: PreemptionOptions): number {
  let potential = 0;
  for (const { refusal, count } of verdicts.counts()) if (!refusal.isHopeless) potential += count;
  const share = Math.trunc((potential * options.minCandidateNodesPercentage) / 100);
  return Math.max(share, options.minCandidateNodesAbsolute);
}

function evicting(pod: PodInfo, cluster: Snapshot, { node, victims }: Sacrifice): PostFilterResult {
  // They were promised room that there is no longer: they look for another place.
  const outbid = [...cluster.nominations.on(node.name)].filter(
    ({ uid, priority }) => uid !== pod.uid && priority < pod.priority,
  );
  return {
    nominatedNodeName: node.name,
    victims,
    perform: async (ports) => {
      await Promise.all([
        ...victims.map((victim) => evict(victim, { pod, nodeName: node.name }, ports)),
        ...outbid.map((one) => takeBackPromise(one, ports)),
      ]);
    },
  };
}

interface Preemptor {
  readonly pod: PodInfo;
  readonly nodeName: string;
}

async function evict(victim: PodInfo, preemptor: Preemptor, ports: Ports): Promise<void> {
  const { recorder, rejectWaiting } = ports;
  if (!rejectWaiting(victim.uid, preempted) && !victim.isTerminating)
    await unlessGone(() => deleteVictim(victim, preemptor, ports));
  const message = `Preempted by pod ${preemptor.pod.uid} on node ${preemptor.nodeName}`;
  recorder.record(victim.pod, { type: "Normal", reason: "Preempted", message });
}

async function deleteVictim(victim: PodInfo, { pod }: Preemptor, ports: Ports): Promise<void> {
  const { client, clock, signal } = ports;
  const { namespace, name: victimName, uid } = victim;
  const { generation } = victim.pod.metadata;
  const condition = {
    type: "DisruptionTarget",
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    status: "True",
    lastProbeTime: null,
    lastTransitionTime: formatTime(clock.now()),
    reason: "PreemptionByScheduler",
    message: `${pod.pod.spec.schedulerName ?? ""}: ${evictionText}`,
  } as const;
  if (withPodCondition(victim.pod.status, condition) !== victim.pod.status) {
    const at = { namespace, name: victimName, subresource: "status" };
    const change = { metadata: { uid }, status: { conditions: [condition] } };
    await client.patch(Pod, at, { is: "strategic", change, signal });
  }
  await client.delete(Pod, { namespace, name: victimName }, { preconditions: { uid }, signal });
}

async function takeBackPromise({ namespace, name: podName, uid }: PodInfo, ports: Ports) {
  const at = { namespace, name: podName, subresource: "status" };
  const change = { metadata: { uid }, status: { nominatedNodeName: null } };
  const { client, signal } = ports;
  await unlessGone(() => client.patch(Pod, at, { is: "strategic", change, signal }));
}

async function unlessGone(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    // Gone, or another one of that name.
    if (!isReason(cause, "NotFound") && !isReason(cause, "Conflict")) throw cause;
  }
}
