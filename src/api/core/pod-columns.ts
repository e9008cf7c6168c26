/**
 * How `kubectl get pods` sums a pod up: one word for its state, how much of it is ready, how often
 * it restarted. upstream: pkg/printers/internalversion/printers.go#printPod
 */
import { ageColumn, humanDuration, nameColumn, orNone, textColumn, wide } from "#api/columns.ts";
import type { Column } from "#api/kind.ts";
import { isConditionTrue } from "#api/meta/conditions.ts";
import { isPodTerminal } from "./pod-conditions.ts";
import type { PodParts } from "./pod-parts.ts";
import { isSidecar } from "./resources.ts";
import type { ContainerState, ContainerStatus } from "./pod-status.ts";

export interface PodSummary {
  readonly status: string;
  readonly ready: number;
  readonly total: number;
  readonly restarts: number;
  /** When the newest of those restarts was due; 0 when it is not known. */
  readonly restartedMs: number;
}

/** Filled in step by step, as the containers are looked at. */
type Tally = { -readonly [K in keyof PodSummary]: PodSummary[K] };

const summaries = new WeakMap<PodParts, PodSummary>();

/** Several columns ask for it; stored pods never change. */
export function summarizePod(pod: PodParts): PodSummary {
  const known = summaries.get(pod);
  if (known) return known;
  const summary = summarize(pod);
  summaries.set(pod, summary);
  return summary;
}

function summarize(pod: PodParts): PodSummary {
  const { spec, status } = pod;
  const tally: Tally = {
    status: textOfStatus(pod),
    ready: 0,
    total: spec.containers.length + (spec.initContainers?.filter(isSidecar).length ?? 0),
    restarts: 0,
    restartedMs: 0,
  };
  const sidecars: Tally = { ...tally, restarts: 0 };
  const isInitializing = countInit(pod, tally, sidecars);
  if (!isInitializing || isConditionTrue(status.conditions, "Initialized")) {
    Object.assign(tally, { restarts: sidecars.restarts, restartedMs: sidecars.restartedMs });
    countMain(pod, tally);
  }
  tally.status = whileDeleting(pod, tally.status);
  return tally;
}

function textOfStatus({ status }: PodParts): string {
  const isGated = status.conditions?.some(
    ({ type, reason }) => type === "PodScheduled" && reason === "SchedulingGated",
  );
  if (isGated) return "SchedulingGated";
  return status.reason || (status.phase ?? "");
}

function whileDeleting(pod: PodParts, text: string): string {
  if (pod.metadata.deletionTimestamp === undefined) return text;
  if (pod.status.reason === "NodeLost") return "Unknown";
  return isPodTerminal(pod) ? text : "Terminating";
}

/** Walks the init containers up to the one that is not done; says whether there is one. */
function countInit({ spec, status }: PodParts, tally: Tally, sidecars: Tally): boolean {
  const containers = spec.initContainers ?? [];
  for (const [i, report] of (status.initContainerStatuses ?? []).entries()) {
    countRestarts(tally, report);
    const container = containers.find(({ name }) => name === report.name);
    const isBeside = container !== undefined && isSidecar(container);
    if (isBeside) countRestarts(sidecars, report);
    if (report.state.terminated?.exitCode === 0) continue;
    if (isBeside && report.started) {
      if (report.ready) tally.ready += 1;
      continue;
    }
    tally.status = `Init:${initReason(report.state) ?? `${i}/${containers.length}`}`;
    return true;
  }
  return false;
}

function initReason({ terminated, waiting }: ContainerState): string | undefined {
  if (terminated) return terminated.reason || exitText(terminated);
  return waiting?.reason && waiting.reason !== "PodInitializing" ? waiting.reason : undefined;
}

type Terminated = NonNullable<ContainerState["terminated"]>;

const exitText = ({ signal, exitCode }: Terminated): string =>
  signal ? `Signal:${signal}` : `ExitCode:${exitCode}`;

function countRestarts(tally: Tally, { restartCount, lastState }: ContainerStatus): void {
  tally.restarts += restartCount;
  const finished = lastState.terminated?.finishedAt;
  if (finished) tally.restartedMs = Math.max(tally.restartedMs, Date.parse(finished));
}

/** From last to first, so that what the first container says counts most. */
function countMain({ status }: PodParts, tally: Tally): void {
  let isRunning = false;
  let failure = "";
  for (const report of (status.containerStatuses ?? []).toReversed()) {
    countRestarts(tally, report);
    const { waiting, terminated, running } = report.state;
    if (waiting?.reason) tally.status = waiting.reason;
    else if (terminated) {
      tally.status = terminated.reason || exitText(terminated);
      if (terminated.exitCode !== 0) failure = tally.status;
    } else if (report.ready && running) {
      isRunning = true;
      tally.ready += 1;
    }
  }
  if (tally.status !== "Completed") return;
  const isReady = isConditionTrue(status.conditions, "Ready");
  tally.status = mixedStatus({ isRunning, isReady, failure });
}

/** Some containers completed: what of the others? */
function mixedStatus(rest: { isRunning: boolean; isReady: boolean; failure: string }): string {
  if (rest.isRunning && rest.isReady) return "Running";
  return rest.failure || (rest.isRunning ? "NotReady" : "Completed");
}

function restartsText({ restarts, restartedMs }: PodSummary, nowMs: number): string {
  if (restarts === 0 || restartedMs === 0) return String(restarts);
  return `${restarts} (${humanDuration(nowMs - restartedMs)} ago)`;
}

function readinessGatesText({ spec, status }: PodParts): string {
  const gates = spec.readinessGates ?? [];
  if (gates.length === 0) return "<none>";
  const passed = gates.filter(({ conditionType }) =>
    isConditionTrue(status.conditions, conditionType),
  );
  return `${passed.length}/${gates.length}`;
}

export const podColumns: readonly Column<PodParts & { apiVersion: string; kind: string }>[] = [
  nameColumn,
  textColumn(
    "Ready",
    (pod) => {
      const { ready, total } = summarizePod(pod);
      return `${ready}/${total}`;
    },
    "Containers that are ready, of all that keep running.",
  ),
  textColumn("Status", (pod) => summarizePod(pod).status, "The state of the pod in a word."),
  textColumn(
    "Restarts",
    (pod, nowMs) => restartsText(summarizePod(pod), nowMs),
    "How often its containers were started again, and when last.",
  ),
  ageColumn,
  wide(textColumn("IP", ({ status }) => status.podIPs?.[0]?.ip || "<none>", "Its first address.")),
  wide(textColumn("Node", ({ spec }) => orNone(spec.nodeName), "The node it runs on.")),
  wide(
    textColumn(
      "Nominated Node",
      ({ status }) => orNone(status.nominatedNodeName),
      "The node where room is being made for it.",
    ),
  ),
  wide(textColumn("Readiness Gates", readinessGatesText, "Further conditions that hold, of all.")),
];

/** Clients can hide what is over. */
export function podRowConditions({ status }: PodParts): readonly object[] {
  if (status.phase !== "Succeeded" && status.phase !== "Failed") return [];
  return [{ type: "Completed", status: "True", reason: status.phase }];
}
