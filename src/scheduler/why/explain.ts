/**
 * Why a pod has no node, or why it has the one it has: every node with every filter, in numbers, as
 * things are at this moment. Reads the snapshot, changes nothing.
 */
import { isPodTerminal } from "#api/core/pod-conditions.ts";
import type { Pod } from "#api/core/pod.ts";
import type {
  NodeVerdict,
  PodPlacement,
  Suggestion,
  VerdictCount,
} from "#api/core/pod-placement.ts";
import { seededRandom } from "#base/random.ts";
import { LocalAnswers } from "../cycle/local-answers.ts";
import type { Lane } from "../cycle/course.ts";
import { Ranking } from "../cycle/ranking.ts";
import type { NodeView } from "../snapshot/node-view.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import type { QueuedPod } from "../queue/queued-pod.ts";
import { Examination, type NodeFinding } from "./examination.ts";
import { groupPlacement, isShort } from "./group-placement.ts";
import { remediesOn, type Remedy } from "./remedies.ts";

export interface Explaining {
  readonly pod: Pod;
  readonly lane: Lane | undefined;
  readonly snapshot: Snapshot;
  readonly queued: QueuedPod | undefined;
  /** What the scheduler said last. */
  readonly message: string | undefined;
}

type Findings = readonly (readonly [node: NodeView, findings: readonly NodeFinding[]])[];

const suggestionsMax = 5;
const namesMax = 5;
/** Nodes for which remedies are looked for: those with the least in the way. */
const triedMax = 200;

export function explain(explaining: Explaining): PodPlacement {
  const { pod, lane, snapshot, queued } = explaining;
  const about = aboutPod(explaining);
  if (!lane || isPodTerminal(pod)) return { ...about, state: "Unknown", ...empty };
  const placed = snapshot.findPod(pod.metadata.uid ?? "");
  if (placed) return { ...about, ...placedBy(placed, lane, snapshot) };
  const info = snapshot.podInfos.of(pod, queued?.pod);
  const findings = examined(info, lane, snapshot);
  const isFit = findings.some(([, refusals]) => refusals.length === 0);
  const waitsFor = whatKeepsOut(pod, queued);
  const group = groupPlacement(info, lane, snapshot);
  const whenFit = isShort(group) ? "Waiting" : "Schedulable";
  return {
    ...about,
    state: waitsFor.length > 0 ? "Gated" : isFit ? whenFit : "Unschedulable",
    ...(waitsFor.length > 0 ? { waitsFor } : {}),
    ...(group ? { group } : {}),
    counts: countsOf(findings),
    nodes: findings.map(([node, refusals]) => verdictOf(node, refusals)),
    suggestions: isFit ? [] : suggestionsFor(info, findings, { lane, snapshot }),
  };
}

/** Its gates, or the plugin that makes room for it or keeps it out. */
function whatKeepsOut({ spec }: Pod, queued: QueuedPod | undefined): readonly string[] {
  const gates = (spec.schedulingGates ?? []).map(({ name }) => name);
  if (gates.length > 0) return gates;
  return queued?.place === "gated" && queued.gatedBy ? [queued.gatedBy] : [];
}

const empty = { counts: [], nodes: [], suggestions: [], nodeCount: 0 } as const;

function aboutPod({ pod, snapshot, queued, message }: Explaining) {
  const { name = "", namespace = "" } = pod.metadata;
  const { nominatedNodeName } = pod.status;
  return {
    kind: "PodPlacement",
    apiVersion: "k8ts.io/v1",
    metadata: { name, namespace },
    schedulerName: pod.spec.schedulerName ?? "",
    ...(pod.spec.nodeName ? { nodeName: pod.spec.nodeName } : {}),
    ...(nominatedNodeName ? { nominatedNodeName } : {}),
    ...(message === undefined ? {} : { message }),
    ...(queued ? { attempts: queued.attempts } : {}),
    nodeCount: snapshot.nodes.length,
  } as const;
}

function examined(pod: PodInfo, { framework }: Lane, snapshot: Snapshot): Findings {
  const examination = new Examination(framework, snapshot, pod);
  return snapshot.nodes.map((node) => [node, examination.of(node)] as const);
}

/** As if it were to be placed now: without it, and with what came since. */
function placedBy(
  { pod, node: home }: { readonly pod: PodInfo; readonly node: NodeView },
  { framework, trace }: Lane,
  snapshot: Snapshot,
): Pick<PodPlacement, "state" | "counts" | "nodes" | "suggestions"> {
  using supposition = snapshot.suppose(home);
  supposition.lift(pod);
  const examination = new Examination(framework, snapshot, pod);
  const findings: Findings = snapshot.nodes.map((node) => [node, examination.of(node)] as const);
  const feasible = findings.filter(([, refusals]) => refusals.length === 0).map(([node]) => node);
  const local = new LocalAnswers({ framework, snapshot, trace, pod, remembers: false });
  const scores = new Ranking({ framework, snapshot, random: seededRandom(1), trace });
  const parts = feasible.length > 0 ? scores.parts(pod, local, feasible) : [];
  const place = new Map(feasible.map((node, i) => [node, i]));
  const nodes = findings.map(([node, refusals]): NodeVerdict => {
    const at = place.get(node);
    if (at === undefined) return verdictOf(node, refusals);
    const own = Object.fromEntries(parts.map(({ plugin, points }) => [plugin, points[at] ?? 0]));
    const score = Object.values(own).reduce((sum, points) => sum + points, 0);
    return { ...verdictOf(node, refusals), scores: own, score };
  });
  return { state: "Scheduled", counts: countsOf(findings), nodes, suggestions: [] };
}

const verdictOf = ({ name }: NodeView, findings: readonly NodeFinding[]): NodeVerdict => ({
  name,
  fits: findings.length === 0,
  refusals: findings.map(({ plugin, refusal, details }) => ({
    plugin,
    reasons: refusal.reasons,
    details,
  })),
});

function countsOf(findings: Findings): readonly VerdictCount[] {
  const counts = new Map<string, VerdictCount>();
  for (const [, [first]] of findings) {
    const reason = first ? first.refusal.reasons.join(", ") : "node(s) will do";
    const key = `${first?.plugin ?? ""} ${reason}`;
    const nodes = (counts.get(key)?.nodes ?? 0) + 1;
    counts.set(key, { ...(first ? { plugin: first.plugin } : {}), reason, nodes });
  }
  return [...counts.values()].sort((a, b) => b.nodes - a.nodes);
}

function suggestionsFor(
  pod: PodInfo,
  findings: Findings,
  { lane: { framework }, snapshot }: { readonly lane: Lane; readonly snapshot: Snapshot },
): readonly Suggestion[] {
  const remedies = findings
    .toSorted(([, a], [, b]) => a.length - b.length)
    .slice(0, triedMax)
    .flatMap(([node, refusals]) => remediesOn({ framework, snapshot, pod }, node, refusals));
  const alike = Map.groupBy(remedies, ({ changes }) => changes.join("\n"));
  return [...alike.values()]
    .sort(([a], [b]) => gentleness(a) - gentleness(b))
    .slice(0, suggestionsMax)
    .map((same) => ({
      changes: same[0]?.changes ?? [],
      nodes: same.slice(0, namesMax).map(({ node }) => node),
      nodeCount: same.length,
    }));
}

/** Fewer changes first; among these, the smaller. */
const gentleness = (remedy: Remedy | undefined): number =>
  remedy ? remedy.changes.length * 1_000 + remedy.size : Infinity;
