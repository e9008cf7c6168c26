import type { ClusterEvent } from "../cluster-event.ts";
import { definePlugin, hopeless, type Plugin, refuse, skip } from "../plugin.ts";
import type { CarriedTerm } from "../snapshot/carried-terms.ts";
import type { DomainCounts } from "../snapshot/node-counts.ts";
import type { NodeView } from "../snapshot/node-view.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import type { AffinityTerm } from "../snapshot/pod-selection.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";

// exact: kube-scheduler
const tooFar = hopeless("node(s) didn't match pod affinity rules");
const tooNear = refuse("node(s) didn't match pod anti-affinity rules");
const unwelcome = refuse("node(s) didn't satisfy existing pods anti-affinity rules");

interface Rules {
  /** Pods that match all the required terms, by each term's topology. */
  readonly needs: readonly DomainCounts[];
  /** Nobody in the cluster fulfils the terms but this pod itself: it may be the first. */
  readonly mayBeFirst: boolean;
  readonly avoids: readonly DomainCounts[];
  /** Terms of others that keep this pod away. */
  readonly avoidedBy: readonly CarriedTerm[];
}

interface Pull {
  readonly weight: number;
  readonly domains: DomainCounts;
}

export interface InterPodAffinityOptions {
  /** How much a required term of another pod draws this one near; 0 to 100. */
  readonly hardPodAffinityWeight: number;
  /** Only what the new pod itself prefers counts. */
  readonly ignorePreferredTermsOfExistingPods?: boolean;
}

/**
 * Pods that have to be, or would like to be, near certain others or away from them, seen from both
 * sides. upstream: pkg/scheduler/framework/plugins/interpodaffinity
 */
export const interPodAffinityWith = (options: InterPodAffinityOptions): Plugin =>
  definePlugin<Rules, readonly Pull[]>({
    name: "InterPodAffinity",
    dependsOn: "cluster",
    preFilter: (pod, cluster) => rulesFor(pod, cluster) ?? skip,
    filter: (_pod, node, rules) => verdict(node, rules),
    explain: (_pod, node, rules) => whyNot(node, rules),
    preScore(pod, cluster) {
      const pulls = pullsOn(pod, cluster, options);
      return pulls.length > 0 ? pulls : skip;
    },
    score: (_pod, { index }, pulls) => {
      let sum = 0;
      for (const { weight, domains } of pulls) sum += weight * domains.at(index);
      return sum;
    },
    normalize: (scores) => spread(scores),
    events: [
      {
        on: ["AssignedPodAdd", "AssignedPodDelete", "AssignedPodUpdatePodLabel"],
        hint: otherPodHelps,
      },
      { on: ["TargetPodUpdatePodLabel"] },
      { on: ["NodeAdd", "NodeUpdateNodeLabel"], hint: nodeHelps },
      { on: ["NamespaceAdd", "NamespaceUpdate"] },
    ],
  });

export const interPodAffinity = definePlugin(interPodAffinityWith({ hardPodAffinityWeight: 1 }));

/** Undefined when there is nothing to keep. */
function rulesFor({ kin }: PodInfo, cluster: Snapshot): Rules | undefined {
  const { terms, labelSet } = kin;
  const { avoids: avoidedBy } = cluster.terms.meaning(labelSet);
  if (terms.needs.length + terms.avoids.length + avoidedBy.length === 0) return undefined;
  const needs = needsOf(terms.needs, cluster);
  const isOwnKind = terms.needs.every(({ selection }) =>
    selection.matches(labelSet, cluster.namespaceLabels),
  );
  return {
    needs,
    mayBeFirst: isOwnKind && needs.every(({ total }) => total === 0),
    avoids: terms.avoids.map((term) => domainsOf([term], term.topologyKey, cluster)),
    avoidedBy,
  };
}

const needsOf = (terms: readonly AffinityTerm[], cluster: Snapshot): readonly DomainCounts[] =>
  terms.map(({ topologyKey }) => domainsOf(terms, topologyKey, cluster));

const domainsOf = (
  terms: readonly AffinityTerm[],
  topologyKey: string,
  cluster: Snapshot,
): DomainCounts =>
  cluster.domainsOf(
    cluster.tally({ selections: terms.map(({ selection }) => selection) }),
    topologyKey,
  );

function verdict({ index }: NodeView, rules: Rules) {
  const { needs, mayBeFirst, avoids, avoidedBy } = rules;
  for (const domains of needs) {
    if (domains.at(index) > 0) continue;
    // Even the first of its kind needs a node that has the labels.
    if (!mayBeFirst || domains.column.idOf(index) === 0) return tooFar;
  }
  for (const domains of avoids) if (domains.at(index) > 0) return tooNear;
  for (const { domains } of avoidedBy) if (domains.at(index) > 0) return unwelcome;
  return undefined;
}

function whyNot({ index }: NodeView, rules: Rules): readonly string[] {
  const { needs, mayBeFirst, avoids, avoidedBy } = rules;
  const where = ({ column }: DomainCounts): string =>
    `${column.key}=${column.valueOf(column.idOf(index)) ?? ""}`;
  const missing = needs.flatMap((domains) => {
    if (domains.column.idOf(index) === 0) return [`has no label ${domains.column.key}`];
    const isMissed = domains.at(index) === 0 && !mayBeFirst;
    return isMissed ? [`no pod that it has to be near to is in ${where(domains)}`] : [];
  });
  const tooMany = avoids
    .filter((domains) => domains.at(index) > 0)
    .map((domains) => `${domains.at(index)} pods that it keeps away from are in ${where(domains)}`);
  const unwanted = avoidedBy
    .filter(({ domains }) => domains.at(index) > 0)
    .map(({ domains }) => `${domains.at(index)} pods in ${where(domains)} keep it away`);
  return [...missing, ...tooMany, ...unwanted];
}

function pullsOn(
  { kin }: PodInfo,
  cluster: Snapshot,
  options: InterPodAffinityOptions,
): readonly Pull[] {
  const own = kin.terms.prefers.map((term) => ({
    weight: term.weight,
    domains: domainsOf([term], term.topologyKey, cluster),
  }));
  const isSelfish = options.ignorePreferredTermsOfExistingPods && own.length === 0;
  const { needs, prefers } = cluster.terms.meaning(kin.labelSet);
  const drawn = isSelfish ? [] : prefers.map(({ domains }) => ({ weight: 1, domains }));
  const needed =
    isSelfish || options.hardPodAffinityWeight === 0
      ? []
      : needs.map(({ domains }) => ({ weight: options.hardPodAffinityWeight, domains }));
  return [...own, ...drawn, ...needed];
}

/** From the lowest to the highest, whatever they are. */
function spread(scores: Float64Array): void {
  let least = Infinity;
  let most = -Infinity;
  for (const score of scores) {
    if (score < least) least = score;
    if (score > most) most = score;
  }
  const width = most - least;
  for (let i = 0; i < scores.length; i++)
    scores[i] = width > 0 ? Math.trunc(100 * (((scores[i] ?? 0) - least) / width)) : 0;
}

/** Whether a pod that came, went or changed its labels may have let this one in. */
function otherPodHelps({ kin }: PodInfo, { pod }: ClusterEvent): boolean {
  const { needs, avoids } = kin.terms;
  const matches = (terms: readonly AffinityTerm[], other: PodInfo | undefined): boolean =>
    other !== undefined && terms.some(({ selection }) => isMeant(selection, other));
  if (matches(needs, pod?.new)) return true;
  if (matches(avoids, pod?.old)) return true;
  return pod?.old?.kin.terms.avoids.some(({ selection }) => isMeant(selection, { kin })) ?? false;
}

/** Namespaces picked by their labels are not looked up here: they count as picked. */
const isMeant = (
  selection: AffinityTerm["selection"],
  { kin: { labelSet } }: Pick<PodInfo, "kin">,
): boolean =>
  (selection.namespaces.has(labelSet.namespace) || selection.namespaceMatcher !== undefined) &&
  selection.matcher.matches(labelSet.labels);

function nodeHelps({ kin: { terms } }: PodInfo, { node }: ClusterEvent): boolean {
  if (terms.avoids.length > 0 || terms.needs.length === 0) return true;
  const labels = node?.new?.metadata.labels ?? {};
  return terms.needs.some(({ topologyKey }) => labels[topologyKey] !== undefined);
}
