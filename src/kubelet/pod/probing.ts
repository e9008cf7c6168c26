/**
 * When a container's probes run and what their answers mean.
 * upstream: pkg/kubelet/prober/worker.go
 * differs: until its first success, readiness and startup are also asked for at short intervals
 * right after the start; failures then do not count. So a pod is Ready as soon as it answers.
 */
import type { Container } from "#api/core/container.ts";
import type { Probe } from "#api/core/probe.ts";
import type { ContainerStatus } from "#api/core/pod-status.ts";
import { seconds } from "#base/clock.ts";
import type { ProbeType, TaskOf } from "./effects.ts";
import type { ObservedContainer } from "./observed.ts";
import type { Probes, ProbeState } from "./state.ts";

const probeTypes = ["startup", "readiness", "liveness"] as const;

export function probeOf(container: Container, type: ProbeType): Probe | undefined {
  switch (type) {
    case "startup":
      return container.startupProbe;
    case "readiness":
      return container.readinessProbe;
    case "liveness":
      return container.livenessProbe;
    default:
      return undefined;
  }
}

const periodMs = (probe: Probe): number => seconds(probe.periodSeconds || 10);
const delayMs = (probe: Probe): number => seconds(probe.initialDelaySeconds ?? 0);

interface NewProbes {
  readonly container: Container;
  readonly instance: ObservedContainer;
  /** What was reported of this instance before this kubelet started. */
  readonly before: ContainerStatus | undefined;
  readonly atMs: number;
}

/** The probes of a new instance, or of one that was found running. */
export function newProbes({ container, instance, before, atMs }: NewProbes): Probes {
  const isKnown = before?.containerID === `containerd://${instance.id}`;
  const states: Partial<Record<ProbeType, ProbeState>> = {};
  for (const type of probeTypes) {
    const probe = probeOf(container, type);
    if (!probe) continue;
    const was = isKnown && (type === "startup" ? before.started : before.ready);
    // An instance that was ready before we came is ready until it fails.
    const kept = was ? "success" : undefined;
    states[type] = {
      result: kept ?? initialResult(type),
      run: 0,
      dueAtMs: Math.max(firstDueMs(type, probe, instance.startedAtMs), atMs),
      isBusy: false,
      isOnHold: type === "startup" && kept !== undefined,
      attempts: 0,
    };
  }
  return { id: instance.id, states };
}

const initialResult = (type: ProbeType): ProbeState["result"] =>
  type === "readiness" ? "failure" : type === "liveness" ? "success" : "unknown";

/** A liveness probe does not disturb a container that is just starting. */
const firstDueMs = (type: ProbeType, probe: Probe, startedAtMs: number): number =>
  startedAtMs + (delayMs(probe) || (type === "liveness" ? periodMs(probe) : 0));

export interface ProbePlan {
  readonly probes: Probes;
  readonly tasks: readonly TaskOf<"probe">[];
  /** When to look again. */
  readonly wakeAtMs: number;
}

/** Which probes to run now. `isEnding`: only readiness still matters. */
export function planProbes(
  container: Container,
  probes: Probes,
  { isEnding, atMs }: { readonly isEnding: boolean; readonly atMs: number },
): ProbePlan {
  const states = { ...probes.states };
  const tasks: TaskOf<"probe">[] = [];
  let wakeAtMs = Infinity;
  const isStarted = (states.startup?.result ?? "success") === "success";
  for (const type of probeTypes) {
    const state = states[type];
    const isAsked = type === "startup" ? !isStarted : isStarted;
    const isWanted = isAsked && (!isEnding || type === "readiness");
    if (!state || !isWanted || state.isBusy || state.isOnHold) continue;
    if (state.dueAtMs > atMs) {
      wakeAtMs = Math.min(wakeAtMs, state.dueAtMs);
      continue;
    }
    states[type] = { ...state, isBusy: true };
    tasks.push({ do: "probe", container: container.name, id: probes.id, probe: type });
  }
  return { probes: { ...probes, states }, tasks, wakeAtMs };
}

interface Answer {
  /** Undefined when the probe itself went wrong: that says nothing of the container. */
  readonly isHealthy: boolean | undefined;
  readonly startedAtMs: number;
  readonly atMs: number;
}

interface Judged {
  readonly state: ProbeState;
  /** A failure in the eager time is nobody's business. */
  readonly isSilent: boolean;
}

/** The state of a probe after an answer. */
export function judge(
  type: ProbeType,
  probe: Probe,
  { state, answer }: { readonly state: ProbeState; readonly answer: Answer },
): Judged {
  const eager = eagerDueMs(type, probe, { state, answer });
  const dueAtMs = eager ?? answer.atMs + periodMs(probe);
  const asked = { ...state, isBusy: false, dueAtMs, attempts: state.attempts + 1 };
  if (answer.isHealthy === undefined) return { state: asked, isSilent: eager !== undefined };
  if (eager !== undefined) return { state: asked, isSilent: true };
  return {
    state: counted(type, probe, { state: asked, isHealthy: answer.isHealthy }),
    isSilent: false,
  };
}

/** The result changes when enough equal answers came in a row. */
function counted(
  type: ProbeType,
  probe: Probe,
  { state, isHealthy }: { readonly state: ProbeState; readonly isHealthy: boolean },
): ProbeState {
  const run = state.lastWasHealthy === isHealthy ? state.run + 1 : 1;
  const threshold = isHealthy ? probe.successThreshold || 1 : probe.failureThreshold || 3;
  if (run < threshold) return { ...state, run, lastWasHealthy: isHealthy };
  // What failed for good is restarted; probing it meanwhile only disturbs.
  const isOnHold = type === "startup" || (type === "liveness" && !isHealthy);
  const result = isHealthy ? "success" : "failure";
  return { ...state, run: isOnHold ? 0 : run, lastWasHealthy: isHealthy, result, isOnHold };
}

const eagerMs = 100;

/** When to ask again, for a failure soon after the start that does not count yet. */
function eagerDueMs(
  type: ProbeType,
  probe: Probe,
  { state, answer }: { readonly state: ProbeState; readonly answer: Answer },
): number | undefined {
  const isFirst = state.result !== "success" && state.lastWasHealthy === undefined;
  if (type === "liveness" || answer.isHealthy || !isFirst) return undefined;
  const dueAtMs = answer.atMs + eagerMs * 2 ** state.attempts;
  const endsAtMs = answer.startedAtMs + delayMs(probe) + periodMs(probe);
  return dueAtMs < endsAtMs ? dueAtMs : undefined;
}
