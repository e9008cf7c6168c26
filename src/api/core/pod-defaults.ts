/**
 * What a pod gets that its template does not: amounts that follow from others, ports of the node,
 * its first status. upstream: pkg/apis/core/v1/defaults.go#SetDefaults_Pod, pkg/registry/core/pod
 */
import { equal } from "#schema/copy.ts";
import type { Draft } from "#schema/struct.ts";
import type { Affinity, PodAffinityTerm, TopologySpreadConstraint } from "./affinity.ts";
import type { Container } from "./container.ts";
import { dropInitContainerAnnotations } from "./pod-annotations.ts";
import type { PodParts } from "./pod-parts.ts";
import { isHugePages, isOvercommitAllowed, isPodLevelResource } from "./resource-names.ts";
import { podLimits, podRequests, qosClassOf } from "./resources.ts";

type PodDraft = Draft<PodParts>;

export function defaultPod(draft: PodDraft): void {
  const { spec, metadata } = draft;
  dropInitContainerAnnotations(metadata);
  spec.enableServiceLinks ??= true;
  if ((spec.terminationGracePeriodSeconds ?? 0) < 0) spec.terminationGracePeriodSeconds = 1;
  for (const container of [...spec.containers, ...(spec.initContainers ?? [])]) {
    requestLimits(container);
    if (spec.hostNetwork) useHostPorts(container);
  }
  if (spec.resources) defaultPodLevel(draft, spec.resources);
}

/** What is limited but not requested is requested as far as it is limited. */
function requestLimits({ resources }: Draft<Container>): void {
  const { limits = none, requests = none } = resources;
  const missing = Object.keys(limits).filter((name) => requests[name] === undefined);
  if (missing.length === 0) return;
  const added = Object.fromEntries(missing.map((name) => [name, limits[name] ?? ""]));
  resources.requests = inOrder({ ...requests, ...added });
}

const none: Readonly<Record<string, string>> = {};

/** By name, as Go prints maps. */
const inOrder = (list: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(list).toSorted(([a], [b]) => (a < b ? -1 : 1)));

/** On the node's network there is no difference between the two. */
function useHostPorts(container: Draft<Container>): void {
  if (!container.ports?.some(({ hostPort }) => !hostPort)) return;
  container.ports = container.ports.map((port) => (port.hostPort ? port : portOnHost(port)));
}

type PortDraft = NonNullable<Draft<Container>["ports"]>[number];

/** Laid out anew, to keep the order of the fields. */
function portOnHost({ name, containerPort, protocol, hostIP }: PortDraft): PortDraft {
  return {
    ...(name === undefined ? {} : { name }),
    hostPort: containerPort,
    containerPort,
    ...(protocol === undefined ? {} : { protocol }),
    ...(hostIP === undefined ? {} : { hostIP }),
  };
}

type PodLevel = NonNullable<PodDraft["spec"]["resources"]>;

const containersOnly = { excludesPodLevel: true, excludesOverhead: true };

/** upstream: #defaultPodRequests, #defaultHugePagePodLimits (PodLevelResources) */
function defaultPodLevel(draft: PodDraft, resources: PodLevel): void {
  const limits = { ...resources.limits };
  const requests = { ...resources.requests };
  if (isEmpty(limits) && isEmpty(requests)) return;
  for (const [name, amount] of podLimits(draft, containersOnly)) {
    const isSaid = limits[name] !== undefined || requests[name] !== undefined;
    if (isHugePages(name) && !isSaid) limits[name] = amount.format();
  }
  if (isEmpty(limits)) return;
  const all = withRequests(draft, { requests, limits });
  if (!equal(limits, resources.limits)) resources.limits = inOrder(limits);
  if (!isEmpty(all) && !equal(all, resources.requests)) resources.requests = inOrder(all);
}

interface Sides {
  readonly requests: Record<string, string>;
  readonly limits: Record<string, string>;
}

/** What its containers request together; else as far as it is limited. */
function withRequests(draft: PodDraft, { requests, limits }: Sides): Record<string, string> {
  for (const [name, amount] of podRequests(draft, containersOnly)) {
    if (isPodLevelResource(name) && isOvercommitAllowed(name)) requests[name] ??= amount.format();
  }
  for (const [name, limit] of Object.entries(limits)) {
    if (isPodLevelResource(name)) requests[name] ??= limit;
  }
  return requests;
}

const isEmpty = (list: object): boolean => Object.keys(list).length === 0;

/** A new pod: nothing is known of it yet. */
export function preparePod(draft: PodDraft): void {
  const { spec, metadata } = draft;
  const isGated = (spec.schedulingGates?.length ?? 0) > 0;
  draft.status = {
    phase: "Pending",
    ...(isGated ? { conditions: [gated()] } : {}),
    qosClass: qosClassOf(draft),
  };
  mergeLabelKeys(spec.affinity, metadata.labels ?? {});
  for (const constraint of spec.topologySpreadConstraints ?? []) {
    mergeSpreadKeys(constraint, metadata.labels ?? {});
  }
}

/** What old kubelets leave out, and owners that they garble, stay. upstream: #podStatusStrategy */
export function preparePodStatus({ metadata, status }: PodDraft, old: PodParts): void {
  const { ownerReferences } = old.metadata;
  if (ownerReferences) metadata.ownerReferences = [...ownerReferences];
  else delete metadata.ownerReferences;
  if (old.status.qosClass) status.qosClass ||= old.status.qosClass;
  if (old.status.observedGeneration) status.observedGeneration ||= old.status.observedGeneration;
  const before = Map.groupBy(old.status.conditions ?? [], ({ type }) => type);
  const kept = status.conditions?.map((condition) => {
    const observedGeneration = before.get(condition.type)?.shift()?.observedGeneration;
    const isLost = observedGeneration && !condition.observedGeneration;
    return isLost ? { ...condition, observedGeneration } : condition;
  });
  if (kept?.some((condition, i) => condition !== status.conditions?.[i])) status.conditions = kept;
}

// exact: apiserver
const gated = (): NonNullable<PodDraft["status"]["conditions"]>[number] => ({
  type: "PodScheduled",
  status: "False",
  lastProbeTime: null,
  lastTransitionTime: null,
  reason: "SchedulingGated",
  message: "Scheduling is blocked due to non-empty scheduling gates",
});

type Labels = { readonly [key: string]: string };

/** `matchLabelKeys` stands for the pod's own values: they become part of the selector. */
function mergeLabelKeys(affinity: Draft<Affinity> | undefined, labels: Labels): void {
  for (const side of [affinity?.podAffinity, affinity?.podAntiAffinity]) {
    const preferred = side?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    const terms = [
      ...(side?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
      ...preferred.map(({ podAffinityTerm }) => podAffinityTerm),
    ];
    for (const term of terms) mergeTermKeys(term, labels);
  }
}

function mergeTermKeys(term: Draft<PodAffinityTerm>, labels: Labels): void {
  addExpressions(term, { keys: term.matchLabelKeys, operator: "In", labels });
  addExpressions(term, { keys: term.mismatchLabelKeys, operator: "NotIn", labels });
}

const mergeSpreadKeys = (constraint: Draft<TopologySpreadConstraint>, labels: Labels): void =>
  addExpressions(constraint, { keys: constraint.matchLabelKeys, operator: "In", labels });

interface Merging {
  readonly keys: readonly string[] | undefined;
  readonly operator: "In" | "NotIn";
  readonly labels: Labels;
}

function addExpressions(
  { labelSelector }: Pick<Draft<PodAffinityTerm>, "labelSelector">,
  { keys = [], operator, labels }: Merging,
): void {
  if (!labelSelector) return;
  const added = keys.flatMap((key) => {
    const value = labels[key];
    return value === undefined ? [] : [{ key, operator, values: [value] }];
  });
  if (added.length === 0) return;
  labelSelector.matchExpressions = [...(labelSelector.matchExpressions ?? []), ...added];
}
