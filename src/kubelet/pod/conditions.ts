/**
 * The conditions of a pod that its kubelet answers for.
 * upstream: pkg/kubelet/status/generate.go
 */
import type { Pod } from "#api/core/pod.ts";
import type { ContainerStatus, PodCondition } from "#api/core/pod-status.ts";
import { findCondition } from "#api/meta/conditions.ts";
import { formatTime } from "#base/clock.ts";
import { hasAnyMainStarted, findStatus, type Phase } from "./phase.ts";
import { initContainersOf, mainContainersOf } from "./pod-containers.ts";
import type { Resize, Verdict } from "./state.ts";

export interface ConditionFacts {
  readonly pod: Pod;
  readonly statuses: readonly ContainerStatus[];
  readonly phase: Phase;
  readonly hasSandbox: boolean;
  readonly before: readonly PodCondition[];
  readonly resize?: Pick<Resize, "pending" | "progress"> | undefined;
  readonly disruption?: Verdict | undefined;
  readonly atMs: number;
}

const ours = new Set([
  "PodScheduled",
  "PodReadyToStartContainers",
  "Initialized",
  "Ready",
  "ContainersReady",
  "PodResizePending",
  "PodResizeInProgress",
]);

/** Why a pod is disrupted may be for others to say. exact: kubelet */
const disruptionType = "DisruptionTarget";
export const disruptedByKubelet = "TerminationByKubelet";

export const isOwnCondition = ({ type, reason }: PodCondition): boolean =>
  ours.has(type) || (type === disruptionType && reason === disruptedByKubelet);

interface Answer {
  readonly status: "True" | "False";
  readonly reason?: string;
  readonly message?: string;
}

const yes: Answer = { status: "True" };

/** Those of others first, as they are; then ours. */
export function conditionsOf(facts: ConditionFacts): readonly PodCondition[] {
  const { pod, before, hasSandbox, disruption } = facts;
  const others = (pod.status.conditions ?? []).filter(
    ({ type }) => !ours.has(type) && !(disruption && type === disruptionType),
  );
  const containersReady = containersReadyOf(facts);
  const answers: readonly (readonly [string, Answer])[] = [
    ["PodReadyToStartContainers", hasSandbox ? yes : { status: "False" }],
    ["Initialized", initializedOf(facts)],
    ["Ready", readyOf(pod, others, containersReady)],
    ["ContainersReady", containersReady],
    ["PodScheduled", yes],
  ];
  return [
    ...others,
    ...disruptionConditions(facts),
    ...answers.map(([type, answer]) =>
      conditionOf(type, answer, { before, atMs: facts.atMs, generation: pod.metadata.generation }),
    ),
    ...resizeConditions(facts),
  ];
}

function disruptionConditions(facts: ConditionFacts): readonly PodCondition[] {
  const { disruption, before, atMs, pod } = facts;
  if (!disruption) return [];
  const stamp = { before, atMs, generation: pod.metadata.generation };
  return [conditionOf(disruptionType, { ...yes, ...disruption }, stamp)];
}

/** They are there only while there is something to say. */
function resizeConditions({ resize, before, atMs }: ConditionFacts): readonly PodCondition[] {
  const { pending, progress } = resize ?? {};
  const conditions: PodCondition[] = [];
  if (pending) {
    const { generation, reason, message } = pending;
    const stamp = { before, atMs, generation };
    conditions.push(conditionOf("PodResizePending", { ...yes, reason, message }, stamp));
  }
  if (progress) {
    const { generation, error } = progress;
    const answer = error === undefined ? yes : { ...yes, reason: "Error", message: error };
    conditions.push(conditionOf("PodResizeInProgress", answer, { before, atMs, generation }));
  }
  return conditions;
}

interface Stamp {
  readonly before: readonly PodCondition[];
  readonly atMs: number;
  readonly generation: number | undefined;
}

function conditionOf(type: string, answer: Answer, { before, atMs, generation }: Stamp) {
  const old = findCondition(before, type);
  const isSame = old?.status === answer.status && old.lastTransitionTime !== null;
  return {
    type,
    ...(generation ? { observedGeneration: generation } : {}),
    status: answer.status,
    lastProbeTime: null,
    lastTransitionTime: isSame ? old.lastTransitionTime : formatTime(atMs),
    ...(answer.reason ? { reason: answer.reason } : {}),
    ...(answer.message ? { message: answer.message } : {}),
  };
}

function containersReadyOf({ pod, statuses, phase }: ConditionFacts): Answer {
  const unknown: string[] = [];
  const unready: string[] = [];
  const sidecars = initContainersOf(pod).filter(({ sort }) => sort === "sidecar");
  for (const { container } of [...sidecars, ...mainContainersOf(pod)]) {
    const status = findStatus(statuses, container.name);
    if (!status) unknown.push(container.name);
    else if (!status.ready) unready.push(container.name);
  }
  if (phase === "Succeeded" && unknown.length === 0)
    return { status: "False", reason: "PodCompleted" };
  if (phase === "Failed") return { status: "False", reason: "PodFailed" };
  const message = listed(
    ["containers with unknown status", unknown],
    ["containers with unready status", unready],
  );
  return message === "" ? yes : { status: "False", reason: "ContainersNotReady", message };
}

function initializedOf({ pod, statuses, phase }: ConditionFacts): Answer {
  const unknown: string[] = [];
  const incomplete: string[] = [];
  for (const { container, sort } of initContainersOf(pod)) {
    const status = findStatus(statuses, container.name);
    if (!status) unknown.push(container.name);
    else if (!(sort === "sidecar" ? status.started : status.ready)) incomplete.push(container.name);
  }
  if (phase === "Succeeded" && unknown.length === 0)
    return { status: "True", reason: "PodCompleted" };
  if (hasAnyMainStarted(pod, statuses)) return yes;
  const message = listed(
    ["containers with unknown status", unknown],
    ["containers with incomplete status", incomplete],
  );
  return message === "" ? yes : { status: "False", reason: "ContainersNotInitialized", message };
}

function readyOf(pod: Pod, others: readonly PodCondition[], containersReady: Answer): Answer {
  if (containersReady.status !== "True") return containersReady;
  const messages = (pod.spec.readinessGates ?? []).flatMap(({ conditionType: gate }) => {
    const found = findCondition(others, gate);
    if (!found)
      return `corresponding condition of pod readiness gate ${JSON.stringify(gate)} does not exist.`;
    return found.status === "True"
      ? []
      : `the status of pod readiness gate ${JSON.stringify(gate)} is not "True", but ${found.status}`;
  });
  if (messages.length === 0) return yes;
  return { status: "False", reason: "ReadinessGatesNotReady", message: messages.join(", ") };
}

/** exact: kubelet. `containers with unready status: [a b]` */
const listed = (...groups: readonly (readonly [what: string, names: readonly string[]])[]) =>
  groups
    .filter(([, names]) => names.length > 0)
    .map(([what, names]) => `${what}: [${names.join(" ")}]`)
    .join(", ");
