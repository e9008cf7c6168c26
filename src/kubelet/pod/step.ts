/**
 * The pod worker's state machine: what was observed goes in, what is to be done comes out. Pure:
 * the kubelet runs it against a real runtime, the simulator against an imagined one, tests by
 * values.
 */
import { isPodTerminal } from "#api/core/pod-conditions.ts";
import type { Pod } from "#api/core/pod.ts";
import { seconds } from "#base/clock.ts";
import type { Did, Effect, Observation, Task, TaskName } from "./effects.ts";
import { imagePlaced } from "./image-volumes.ts";
import * as life from "./life.ts";
import { mayRun, nothingRuns, type ObservedContainer, type PodRuntime } from "./observed.ts";
import { probeContainers, probeAnswered } from "./probe-turns.ts";
import * as resizing from "./resizing.ts";
import { deletionAsked, report, statusWritten } from "./report.ts";
import { removed, removeEnded, removeSoon } from "./removing.ts";
import { seePod, staleVolumes } from "./seen.ts";
import * as starting from "./starting.ts";
import type { PodState } from "./state.ts";
import * as stopping from "./stopping.ts";
import { Turn } from "./turn.ts";
import { graceSecondsOf, wantedOf } from "./wanted.ts";

export function step(
  state: PodState,
  observation: Observation,
): readonly [PodState, readonly Effect[]] {
  const turn = look(state, observation);
  report(turn);
  return [turn.state, withWake(turn, turn.effects)];
}

/**
 * The same where most tasks take no time: what `atOnce` answers is observed at the same moment, and
 * the API hears of the outcome only. Everything else is left to the caller.
 */
export function stepThrough(
  state: PodState,
  observation: Observation,
  atOnce: (task: Task, state: PodState) => Observation | undefined,
): readonly [PodState, readonly Effect[]] {
  const observed = [observation];
  const left: Effect[] = [];
  let turn = new Turn(state, observation.atMs);
  for (const next of observed) {
    turn = look(turn.state, next);
    for (const effect of turn.effects) {
      const isTask = effect.do !== "event" && effect.do !== "wakeAt";
      const answer = isTask ? atOnce(effect, turn.state) : undefined;
      if (answer) observed.push(answer);
      else left.push(effect);
    }
  }
  const before = turn.effects.length;
  report(turn);
  left.push(...turn.effects.slice(before));
  return [turn.state, withWake(turn, left)];
}

function look(state: PodState, observation: Observation): Turn {
  const turn = new Turn(state, observation.atMs);
  observe(turn, observation);
  decide(turn);
  return turn;
}

const withWake = ({ wakeAtMs }: Turn, effects: readonly Effect[]): readonly Effect[] =>
  Number.isFinite(wakeAtMs) ? [...effects, { do: "wakeAt", atMs: wakeAtMs }] : effects;

function observe(turn: Turn, observation: Observation): void {
  switch (observation.is) {
    case "pod":
      return seePod(turn, observation.pod);
    case "forgotten":
      return forget(turn);
    case "runtime":
      return observeRuntime(turn, observation.runtime);
    case "objects":
      return staleVolumes(turn);
    case "room":
      return resizing.noticeRoom(turn);
    case "evicted":
      return life.evict(turn, observation);
    case "reclaim":
      return removeEnded(turn);
    case "time":
      return;
    case "did":
      if (observation.runtime) turn.set({ runtime: observation.runtime });
      return finish(turn, observation);
  }
}

function observeRuntime(turn: Turn, runtime: PodRuntime): void {
  const isFirst = !turn.state.runtime;
  turn.set({ runtime });
  if (isFirst) resizing.recallResize(turn);
}

function forget(turn: Turn): void {
  const { pod } = turn.state;
  turn.set({ isForgotten: true });
  if (pod) life.beginEnd(turn, life.deletionDeadlineMs(turn, pod));
}

type Finishers = { readonly [K in TaskName]: (turn: Turn, did: Did<K>) => void };

const finishers: Finishers = {
  mountVolumes: life.volumesMounted,
  refreshVolumes: life.volumesRefreshed,
  runSandbox: life.sandboxRan,
  stopSandbox: life.sandboxStopped,
  removeSandbox: removed,
  inspectImage: starting.imageInspected,
  pullImage: starting.imagePulled,
  placeImage: imagePlaced,
  createContainer: starting.containerCreated,
  startContainer: starting.containerStarted,
  postStart: starting.hookRan,
  preStop: stopping.preStopRan,
  stopContainer: stopping.containerStopped,
  removeContainer: removed,
  probe: probeAnswered,
  allocate: resizing.allocated,
  resize: resizing.resized,
  release: life.released,
  remove: life.removed,
  writeStatus: statusWritten,
  deletePod: deletionAsked,
};

const finish = (turn: Turn, did: AnyDid): void => finishers[did.do](turn, did as never);

type AnyDid = Extract<Observation, { is: "did" }>;

function decide(turn: Turn): void {
  const { pod, runtime } = turn.state;
  if (turn.state.life.at === "running" && pod && runtime) keepRunning(turn, pod);
  if (turn.state.life.at === "ending") {
    life.advanceEnd(turn);
    if (pod) probeContainers(turn, pod, { isEnding: true });
  }
  life.advanceAfterEnd(turn);
}

function keepRunning(turn: Turn, pod: Pod): void {
  endIfOverdue(turn, pod);
  if (turn.state.life.at !== "running") return;
  life.advanceVolumes(turn);
  probeContainers(turn, pod, { isEnding: false });
  const wanted = wantedOf(turn.state, pod);
  if (wanted.isOver) {
    life.beginEnd(turn, turn.atMs + seconds(graceSecondsOf(pod)));
    return;
  }
  for (const order of wanted.stop) stopping.beginStop(turn, order);
  stopping.advanceStops(turn);
  resizing.advanceResize(turn, pod);
  if (wanted.sandboxAttempt !== undefined) replaceSandbox(turn, wanted.sandboxAttempt);
  else if (!resizing.holdsStarts(turn.state)) starting.startContainers(turn, pod, wanted.start);
  collect(turn);
}

function endIfOverdue(turn: Turn, pod: Pod): void {
  const inGraceMs = turn.atMs + seconds(graceSecondsOf(pod));
  if (isPodTerminal(pod)) life.beginEnd(turn, inGraceMs);
  // It was deleted before this kubelet began: nobody is going to say so again.
  if (pod.metadata.deletionTimestamp) life.beginEnd(turn, life.deletionDeadlineMs(turn, pod));
  const { activeDeadlineSeconds } = pod.spec;
  if (activeDeadlineSeconds === undefined) return;
  const deadlineMs = turn.state.startedAtMs + seconds(activeDeadlineSeconds);
  if (turn.atMs < deadlineMs) turn.wake(deadlineMs);
  // exact: kubelet
  else
    life.beginEnd(turn, inGraceMs, {
      reason: "DeadlineExceeded",
      message: "Pod was active on the node longer than the specified deadline",
    });
}

/** First everything of the old sandbox has to end. */
function replaceSandbox(turn: Turn, attempt: number): void {
  const { runtime, stopping: leaving, sandbox } = turn.state;
  const isBusy = (runtime?.containers.some(mayRun) ?? false) || Object.keys(leaving).length > 0;
  if (isBusy || !life.stopSandboxes(turn)) return;
  const isChange = attempt > 0 && !sandbox.isStarting && !sandbox.retry;
  if (isChange)
    turn.normal("SandboxChanged", "Pod sandbox changed, it will be killed and re-created."); // exact: kubelet
  life.runSandbox(turn, attempt);
}

/** Of every container the last two instances are kept: one that is, one that was. */
const instancesKept = 2;

function collect(turn: Turn): void {
  const { containers, sandboxes } = turn.state.runtime ?? nothingRuns;
  if (containers.length <= instancesKept && sandboxes.length <= 1) return;
  const seen = new Map<string, number>();
  const kept: ObservedContainer[] = [];
  for (const container of containers) {
    const count = (seen.get(container.name) ?? 0) + 1;
    seen.set(container.name, count);
    const isOld = count > instancesKept && !mayRun(container);
    if (isOld) removeSoon(turn, { do: "removeContainer", id: container.id });
    else kept.push(container);
  }
  for (const { id, isReady } of sandboxes.slice(1)) {
    const isEmpty = kept.every(({ sandboxId }) => sandboxId !== id);
    if (!isReady && isEmpty) removeSoon(turn, { do: "removeSandbox", id });
  }
}
