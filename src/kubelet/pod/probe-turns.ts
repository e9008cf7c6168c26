/** Brings the probes' rhythm into the pod's: when they are due, and what an answer changes. */
import type { Pod } from "#api/core/pod.ts";
import { findContainerStatus } from "#api/core/pod-conditions.ts";
import type { Did, ProbeType, TaskOf } from "./effects.ts";
import { findById, findLatest, nothingRuns } from "./observed.ts";
import { containersOf, findContainer, type PodContainer } from "./pod-containers.ts";
import { judge, newProbes, planProbes, probeOf } from "./probing.ts";
import { type Probes, trackOf } from "./state.ts";
import type { Turn } from "./turn.ts";

export function probeContainers(
  turn: Turn,
  pod: Pod,
  { isEnding }: { readonly isEnding: boolean },
): void {
  for (const member of containersOf(pod)) {
    const { container } = member;
    const isProbed = container.startupProbe ?? container.readinessProbe ?? container.livenessProbe;
    const probes = isProbed && currentProbes(turn, pod, member);
    if (!probes) continue;
    const { tasks, wakeAtMs, ...plan } = planProbes(container, probes, {
      isEnding,
      atMs: turn.atMs,
    });
    turn.track(container.name, (track) => ({ ...track, probes: plan.probes }));
    for (const task of tasks) turn.perform(task);
    turn.wake(wakeAtMs);
  }
}

/** The probes of the instance that runs now; none when none runs. */
function currentProbes(turn: Turn, pod: Pod, { container }: PodContainer): Probes | undefined {
  const instance = findLatest(turn.state.runtime ?? nothingRuns, container.name);
  if (instance?.state !== "running") return undefined;
  const { probes } = trackOf(turn.state, container.name);
  if (probes?.id === instance.id) return probes;
  const before = findContainerStatus(pod, container.name);
  return newProbes({ container, instance, before, atMs: turn.atMs });
}

const titles = { startup: "Startup", readiness: "Readiness", liveness: "Liveness" } as const;

export function probeAnswered(turn: Turn, { task, outcome }: Did<"probe">): void {
  const asked = findAsked(turn, task);
  if (!asked) return;
  const { member, probe, probes, state, instance } = asked;
  const isHealthy = outcome.ok ? outcome.isHealthy : undefined;
  const answer = { isHealthy, startedAtMs: instance.startedAtMs, atMs: turn.atMs };
  const judged = judge(task.probe, probe, { state, answer });
  turn.track(task.container, (track) => ({
    ...track,
    probes: { ...probes, states: { ...probes.states, [task.probe]: judged.state } },
  }));
  if (!judged.isSilent && instance.state === "running")
    announce(turn, member, { type: task.probe, outcome });
}

/** What the answer is about, if it still matters. */
function findAsked(turn: Turn, task: TaskOf<"probe">) {
  const { pod, runtime = nothingRuns } = turn.state;
  const member = pod && findContainer(pod, task.container);
  const probe = member && probeOf(member.container, task.probe);
  const { probes } = trackOf(turn.state, task.container);
  const state = probes?.states[task.probe];
  const instance = findById(runtime, task.id);
  if (!member || !probe || !state || !instance || probes.id !== task.id) return undefined;
  return { member, probe, probes, state, instance };
}

interface Answered {
  readonly type: ProbeType;
  readonly outcome: Did<"probe">["outcome"];
}

/** exact: kubelet */
function announce(turn: Turn, member: PodContainer, { type, outcome }: Answered): void {
  const title = titles[type];
  if (!outcome.ok) {
    const text = `${title} probe errored and resulted in unknown state: ${outcome.message}`;
    turn.warning("Unhealthy", text, member);
  } else if (!outcome.isHealthy) {
    turn.warning("Unhealthy", `${title} probe failed: ${outcome.output}`, member);
  }
}
