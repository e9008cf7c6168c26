/**
 * The end of containers: hook, signal, kill; and who goes first.
 * upstream: pkg/kubelet/kuberuntime/kuberuntime_container.go#killContainer,
 * kuberuntime_termination_order.go
 */
import { seconds } from "#base/clock.ts";
import type { LifecycleHandler } from "#api/core/probe.ts";
import { nextRetry } from "./backoff.ts";
import type { Did } from "./effects.ts";
import {
  findById,
  mayRun,
  nothingRuns,
  type ObservedContainer,
  runningContainers,
} from "./observed.ts";
import { findContainer } from "./pod-containers.ts";
import { type Stopping, without } from "./state.ts";
import type { Turn } from "./turn.ts";
import type { StopOrder } from "./wanted.ts";

/** However little time is left, a container gets this much between its signal and its end. */
const graceSecondsMin = 2;

/** Decides that a container has to go. Once is enough. */
export function beginStop(turn: Turn, order: StopOrder): void {
  const { instance, message, graceSeconds, isReplaced } = order;
  if (instance.id in turn.state.stopping) return;
  if (isReplaced) turn.track(instance.name, (track) => ({ ...track, replaced: instance.id }));
  const member = turn.state.pod && findContainer(turn.state.pod, instance.name);
  turn.normal("Killing", message || `Stopping container ${instance.name}`, member); // exact: kubelet
  const handler = preStopOf(turn, instance);
  setStopping(turn, instance.id, {
    container: instance.name,
    deadlineMs: turn.atMs + seconds(graceSeconds),
    hook: handler && graceSeconds > 0 ? "pending" : "done",
  });
}

const preStopOf = (turn: Turn, instance: ObservedContainer): LifecycleHandler | undefined => {
  const member = turn.state.pod && findContainer(turn.state.pod, instance.name);
  return member ? member.container.lifecycle?.preStop : instance.preStop;
};

const setStopping = (turn: Turn, id: string, stopping: Stopping): void =>
  turn.set({ stopping: { ...turn.state.stopping, [id]: stopping } });

/** Nobody gets longer than this any more. */
export function shortenDeadlines(turn: Turn, deadlineMs: number): void {
  for (const [id, stopping] of Object.entries(turn.state.stopping))
    if (stopping.deadlineMs > deadlineMs) setStopping(turn, id, { ...stopping, deadlineMs });
}

/** Takes every stop one step further. */
export function advanceStops(turn: Turn): void {
  const runtime = turn.state.runtime ?? nothingRuns;
  for (const [id, stopping] of Object.entries(turn.state.stopping)) {
    const instance = findById(runtime, id);
    if (instance && mayRun(instance)) advance(turn, instance, stopping);
    else if (stopping.sentDeadlineMs === undefined && stopping.hook !== "running") forget(turn, id);
  }
}

function forget(turn: Turn, id: string): void {
  turn.set({ stopping: without(turn.state.stopping, id) });
}

function advance(turn: Turn, instance: ObservedContainer, stopping: Stopping): void {
  const { id, name } = instance;
  const leftSeconds = Math.ceil((stopping.deadlineMs - turn.atMs) / 1_000);
  const isLate = leftSeconds <= 0;
  if (!isLate) turn.wake(stopping.deadlineMs);
  if (stopping.hook === "pending") {
    const handler = preStopOf(turn, instance);
    if (handler && !isLate) {
      setStopping(turn, id, { ...stopping, hook: "running" });
      turn.perform({ do: "preStop", container: name, id, handler, graceSeconds: leftSeconds });
      return;
    }
  }
  const isReady = stopping.hook !== "running" && isItsTurn(turn, instance);
  if (!isReady && !isLate) return;
  const isTold = (stopping.sentDeadlineMs ?? Infinity) <= stopping.deadlineMs;
  if (isTold || !turn.isDue(stopping.retry)) return;
  setStopping(turn, id, { ...stopping, hook: "done", sentDeadlineMs: stopping.deadlineMs });
  const graceSeconds = Math.max(leftSeconds, graceSecondsMin);
  turn.perform({ do: "stopContainer", container: name, id, graceSeconds });
}

/** Sidecars outlive whom they serve, and go in the reverse order of their start. */
function isItsTurn(turn: Turn, instance: ObservedContainer): boolean {
  const { pod, runtime, life } = turn.state;
  const member = pod && findContainer(pod, instance.name);
  if (!pod || !runtime || life.at !== "ending" || member?.sort !== "sidecar") return true;
  return runningContainers(runtime).every(({ name }) => {
    const other = findContainer(pod, name);
    if (!other || other.sort === "ephemeral" || other.sort === "init") return true;
    return other.sort === "sidecar" && other.index <= member.index;
  });
}

export function preStopRan(turn: Turn, { task, outcome }: Did<"preStop">): void {
  const stopping = turn.state.stopping[task.id];
  const member = turn.state.pod && findContainer(turn.state.pod, task.container);
  if (!outcome.ok) turn.warning("FailedPreStopHook", "PreStopHook failed", member); // exact: kubelet
  if (stopping?.hook === "running") setStopping(turn, task.id, { ...stopping, hook: "done" });
}

export function containerStopped(turn: Turn, { task, outcome }: Did<"stopContainer">): void {
  const stopping = turn.state.stopping[task.id];
  if (!stopping) return;
  const rest = without(stopping, "sentDeadlineMs");
  const retry = outcome.ok ? {} : { retry: nextRetry(stopping.retry, turn.atMs) };
  setStopping(turn, task.id, { ...rest, ...retry });
}
