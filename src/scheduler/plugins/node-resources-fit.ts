import { type Amounts, amountsOf, countOf, countText, podRequests } from "#api/core/resources.ts";
import type { ClusterEvent } from "../cluster-event.ts";
import { definePlugin, type Plugin, Refusal } from "../plugin.ts";
import type { NodeView } from "../snapshot/node-view.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import { type Requests, requestOf } from "../snapshot/requests.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import { cpuAndMemory, type Share, sharesOf, type WeightedResource } from "./resource-shares.ts";
import { type Strategy, strategyScore } from "./resource-strategies.ts";

export interface FitOptions {
  readonly strategy: Strategy;
  /** What the strategy looks at. */
  readonly resources?: readonly WeightedResource[];
  /** Extended resources that are not checked; whole domains too: `example.com`. */
  readonly ignored?: ReadonlySet<string>;
}

/** Nodes must have as much left of everything as the pod asks for. */
export function nodeResourcesFitWith(options: FitOptions): Plugin {
  const { strategy, resources = cpuAndMemory, ignored } = options;
  const score = strategyScore(strategy);
  return definePlugin<Requests, readonly Share[]>({
    name: "NodeResourcesFit",
    dependsOn: "node",
    preFilter: ({ requests }, cluster) =>
      ignored ? without(requests, ignored, cluster) : requests,
    filter: (_pod, node, requests) => misfit(node, requests),
    explain: (_pod, node, requests) => shortages(node, requests),
    preScore: (pod, cluster) => sharesOf(pod, cluster, { resources, isExact: false }),
    score: (_pod, { index }, shares) => score(shares, index),
    events: [
      { on: ["AssignedPodDelete"], hint: freesSome },
      { on: ["AssignedPodUpdatePodScaleDown"], hint: freesSome },
      { on: ["TargetPodUpdatePodScaleDown"] },
      { on: ["NodeAdd", "NodeUpdateNodeAllocatable"], hint: makesRoom },
    ],
  });
}

export const nodeResourcesFit = definePlugin(
  nodeResourcesFitWith({ strategy: { type: "LeastAllocated" } }),
);

/** Every resource that is short is a reason; hopeless when even the empty node is too small. */
function misfit({ index, resources }: NodeView, { ids, amounts }: Requests): Refusal | undefined {
  let short: Short | undefined;
  if ((resources.podCounts[index] ?? 0) + 1 > resources.podsMax(index))
    short = note(short, "Too many pods");
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i] ?? 0;
    const wanted = amounts[i] ?? 0;
    if (wanted <= resources.free(id, index)) continue;
    short = note(short, `Insufficient ${resources.names.nameOf(id)}`);
    short.isHopeless ||= wanted > (resources.allocatable(id)[index] ?? 0);
  }
  return short && refusalOf(short);
}

function shortages({ index, resources }: NodeView, { ids, amounts }: Requests): readonly string[] {
  const { names } = resources;
  const details: string[] = [];
  const count = resources.podCounts[index] ?? 0;
  const most = resources.podsMax(index);
  if (count + 1 > most) details.push(`has ${count} of ${most} pods`);
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i] ?? 0;
    const wanted = amounts[i] ?? 0;
    const free = resources.free(id, index);
    if (wanted <= free) continue;
    const name = names.nameOf(id);
    const text = (amount: number): string => countText(name, Math.max(amount, 0));
    const all = text(resources.allocatable(id)[index] ?? 0);
    details.push(`asks for ${text(wanted)} ${name}, ${text(free)} of ${all} are free`);
  }
  return details;
}

interface Short {
  readonly reasons: string[];
  isHopeless: boolean;
}

function note(short: Short | undefined, reason: string): Short {
  const noted = short ?? { reasons: [], isHopeless: false };
  noted.reasons.push(reason);
  return noted;
}

/** Thousands of nodes are short of the same: one object for all of them. */
const refusals = new Map<string, Refusal>();
const refusalsMax = 1_024;

function refusalOf({ reasons, isHopeless }: Short): Refusal {
  const key = `${isHopeless} ${reasons.join()}`;
  const known = refusals.get(key);
  if (known) return known;
  if (refusals.size >= refusalsMax) refusals.clear();
  const refusal = new Refusal(reasons, isHopeless);
  refusals.set(key, refusal);
  return refusal;
}

function without(
  requests: Requests,
  ignored: ReadonlySet<string>,
  { resources: { names } }: Snapshot,
): Requests {
  const isIgnored = (name: string): boolean =>
    ignored.has(name) || (name.includes("/") && ignored.has(name.slice(0, name.indexOf("/"))));
  const kept = requests.ids.flatMap((id, i) =>
    isIgnored(names.nameOf(id)) ? [] : [{ id, amount: requests.amounts[i] ?? 0 }],
  );
  return { ...requests, ids: kept.map(({ id }) => id), amounts: kept.map(({ amount }) => amount) };
}

/** Something that this pod asks for became free, or the place of a pod. */
function freesSome({ requests }: PodInfo, { pod }: ClusterEvent): boolean {
  if (!pod?.new) return true;
  const before = pod.old?.requests;
  const after = pod.new.requests;
  return (
    before !== undefined && requests.ids.some((id) => requestOf(after, id) < requestOf(before, id))
  );
}

/** The node could take the pod if it were empty, and has more of something than before. */
function makesRoom({ pod }: PodInfo, { node }: ClusterEvent): boolean {
  if (!node?.new) return true;
  const asked = new Map([["pods", 1], ...counted(podRequests(pod))]);
  const now = new Map(counted(amountsOf(node.new.status.allocatable)));
  const fits = [...asked].every(([name, amount]) => (now.get(name) ?? 0) >= amount);
  if (!fits || !node.old) return fits;
  const before = new Map(counted(amountsOf(node.old.status.allocatable)));
  return [...asked.keys()].some((name) => (now.get(name) ?? 0) > (before.get(name) ?? 0));
}

const counted = (amounts: Amounts): [name: string, count: number][] =>
  [...amounts].map(([name, quantity]) => [name, countOf(name, quantity)]);
