/** The pod as a whole: its sandbox and volumes, its end, and what is left of it. */
import { seconds } from "#base/clock.ts";
import type { Pod } from "#api/core/pod.ts";
import { nextMountRetry, nextRetry } from "./backoff.ts";
import { disruptedByKubelet } from "./conditions.ts";
import type { Did, Observation, VolumeFailure } from "./effects.ts";
import { nothingRuns, runningContainers } from "./observed.ts";
import { advanceStops, beginStop, shortenDeadlines } from "./stopping.ts";
import { type PodState, type Verdict, withMember, withoutMember } from "./state.ts";
import type { Turn } from "./turn.ts";
import { graceSecondsOf } from "./wanted.ts";

/** The pod has to end by then; an earlier deadline stays. */
export function beginEnd(turn: Turn, deadlineMs: number, verdict?: Verdict): void {
  const { life } = turn.state;
  if (verdict) turn.set({ verdict: turn.state.verdict ?? verdict });
  if (life.at === "running") turn.set({ life: { at: "ending", deadlineMs } });
  else if (life.at === "ending" && deadlineMs < life.deadlineMs) {
    turn.set({ life: { at: "ending", deadlineMs } });
    shortenDeadlines(turn, deadlineMs);
  }
}

/** The pod has to go; what it was promised for its end is cut short. */
export function evict(turn: Turn, { reason, message, graceSeconds, isDisruption }: Evicted): void {
  const own = turn.state.pod ? graceSecondsOf(turn.state.pod) : graceSeconds;
  const allowed = Math.max(Math.min(own, graceSeconds), 1);
  if (isDisruption) turn.set({ disruption: { reason: disruptedByKubelet, message } });
  beginEnd(turn, turn.atMs + seconds(allowed), { reason, message });
}

type Evicted = Extract<Observation, { is: "evicted" }>;

/** What the one who deletes the pod allows it, and never less than a second. */
export function deletionDeadlineMs(turn: Turn, pod: Pod): number {
  const { deletionTimestamp, deletionGracePeriodSeconds } = pod.metadata;
  const graceSeconds = Math.max(deletionGracePeriodSeconds ?? graceSecondsOf(pod), 1);
  const before = turn.state.pod?.metadata;
  const isNews =
    before?.deletionTimestamp !== deletionTimestamp ||
    before?.deletionGracePeriodSeconds !== deletionGracePeriodSeconds;
  const { life } = turn.state;
  return life.at === "ending" && !isNews ? life.deadlineMs : turn.atMs + seconds(graceSeconds);
}

/** Stops all containers, then the sandboxes, then lets go of the rest. */
export function advanceEnd(turn: Turn): void {
  const { life, runtime } = turn.state;
  if (life.at !== "ending" || !runtime) return;
  const graceSeconds = Math.max(Math.ceil((life.deadlineMs - turn.atMs) / 1_000), 0);
  for (const instance of runningContainers(runtime))
    beginStop(turn, { instance, message: "", graceSeconds });
  advanceStops(turn);
  if (isQuiet(turn.state) && stopSandboxes(turn)) release(turn);
}

/** Nothing runs, and nothing is on its way to run. */
const isQuiet = ({ runtime, sandbox, tracks, images, stopping, volumes }: PodState): boolean =>
  runningContainers(runtime ?? nothingRuns).length === 0 &&
  volumes.at !== "mounting" &&
  !(volumes.at === "mounted" && volumes.isRefreshing) &&
  Object.keys(stopping).length === 0 &&
  !sandbox.isStarting &&
  Object.values(images).every(({ at }) => at !== "placing") &&
  Object.values(tracks).every(({ starting }) => !starting || !makesContainer.has(starting.at));

/** A pull or a hook may end by itself: its outcome no longer matters. */
const makesContainer: ReadonlySet<string> = new Set(["creating", "starting"]);

/** True when all of them are stopped. Each one is, once: only that gives its network back. */
export function stopSandboxes(turn: Turn): boolean {
  const { runtime, sandbox } = turn.state;
  let areStopped = true;
  for (const { id } of runtime?.sandboxes ?? []) {
    if (sandbox.stopped.has(id)) continue;
    areStopped = false;
    if (turn.state.sandbox.stopping.has(id) || !turn.isDue(sandbox.retry)) continue;
    const stopping = withMember(turn.state.sandbox.stopping, id);
    turn.set({ sandbox: { ...turn.state.sandbox, stopping } });
    turn.perform({ do: "stopSandbox", id });
  }
  return areStopped;
}

export function sandboxStopped(turn: Turn, { task, outcome }: Did<"stopSandbox">): void {
  const { sandbox } = turn.state;
  const stopping = withoutMember(sandbox.stopping, task.id);
  turn.set({
    sandbox: outcome.ok
      ? { ...sandbox, stopping, stopped: withMember(sandbox.stopped, task.id) }
      : { ...sandbox, stopping, retry: nextRetry(sandbox.retry, turn.atMs) },
  });
}

export function runSandbox(turn: Turn, attempt: number): void {
  const { sandbox } = turn.state;
  if (sandbox.isStarting || !turn.isDue(sandbox.retry)) return;
  turn.set({ sandbox: { ...sandbox, isStarting: true } });
  turn.perform({ do: "runSandbox", attempt });
}

export function sandboxRan(turn: Turn, { outcome }: Did<"runSandbox">): void {
  const { retry, ...sandbox } = { ...turn.state.sandbox, isStarting: false };
  if (outcome.ok) {
    turn.set({ sandbox });
    return;
  }
  turn.set({ sandbox: { ...sandbox, retry: nextRetry(retry, turn.atMs) } });
  if (turn.state.life.at !== "running") return;
  // exact: kubelet
  const { reason = "FailedCreatePodSandBox", message } = outcome;
  const what = outcome.reason ? "prepare dynamic resources" : "create pod sandbox";
  turn.warning(reason, `Failed to ${what}: ${message}`);
}

/** Volumes come first and stay up to date. */
export function advanceVolumes(turn: Turn): void {
  const { volumes } = turn.state;
  if (volumes.at === "missing" && turn.isDue(volumes.retry)) {
    turn.set({ volumes: { ...volumes, at: "mounting" } });
    turn.perform({ do: "mountVolumes" });
  }
  if (volumes.at !== "mounted" || volumes.isRefreshing) return;
  const isOld = volumes.refreshAtMs <= turn.atMs;
  if (!isOld) turn.wake(volumes.refreshAtMs);
  if (!(volumes.isStale || isOld) || !turn.isDue(volumes.retry)) return;
  turn.set({ volumes: { ...volumes, isStale: false, isRefreshing: true } });
  turn.perform({ do: "refreshVolumes" });
}

export function volumesMounted(turn: Turn, { outcome }: Did<"mountVolumes">): void {
  const { volumes, life } = turn.state;
  // Something has changed while they were looked at: what was seen of it is not known.
  const isStale = volumes.at === "mounting" && volumes.isStale === true;
  if (outcome.ok) {
    const { refreshAtMs } = outcome;
    turn.set({ volumes: { at: "mounted", isStale, isRefreshing: false, refreshAtMs } });
    return;
  }
  const retry = nextMountRetry(volumes.retry, turn.atMs);
  const waitsSinceMs = waitingSince(turn, outcome.volumes);
  turn.set({
    volumes: {
      at: "missing",
      retry: isStale ? { ...retry, atMs: turn.atMs } : retry,
      ...(waitsSinceMs === undefined ? {} : { waitsSinceMs }),
    },
  });
  if (life.at !== "running") return;
  // exact: kubelet
  for (const { volume, message, step = "SetUp", waits = false } of outcome.volumes) {
    const text = `MountVolume.${step} failed for volume ${JSON.stringify(volume)} : ${message}`;
    if (!waits) turn.warning("FailedMount", text);
  }
}

/** exact: kubelet */
const attachLimitMs = seconds(123);

/** Who has waited for others for too long says so, now and again. */
function waitingSince(turn: Turn, failures: readonly VolumeFailure[]): number | undefined {
  const { volumes, life } = turn.state;
  const names = failures.flatMap((failure) => (failure.waits ? [nameInPod(failure)] : []));
  if (names.length === 0) return undefined;
  const sinceMs = volumes.at === "mounted" ? undefined : volumes.waitsSinceMs;
  if (sinceMs === undefined || turn.atMs - sinceMs < attachLimitMs) return sinceMs ?? turn.atMs;
  const unmounted = failures.map(nameInPod).join(" ");
  // exact: kubelet
  const text = `Unable to attach or mount volumes: unmounted volumes=[${unmounted}], unattached volumes=[${names.join(" ")}], failed to process volumes=[]: context deadline exceeded`;
  if (life.at === "running") turn.warning("FailedMount", text);
  return turn.atMs;
}

const nameInPod = ({ volume, inPod = volume }: VolumeFailure): string => inPod;

export function volumesRefreshed(turn: Turn, { outcome }: Did<"refreshVolumes">): void {
  const { volumes } = turn.state;
  if (volumes.at !== "mounted") return;
  const { retry, ...rest } = { ...volumes, isRefreshing: false };
  turn.set({
    volumes: outcome.ok
      ? { ...rest, refreshAtMs: outcome.refreshAtMs }
      : { ...rest, isStale: true, retry: nextRetry(retry, turn.atMs) },
  });
}

function release(turn: Turn): void {
  turn.set({ life: { at: "releasing", isBusy: true } });
  turn.perform({ do: "release" });
}

export function released(turn: Turn, { outcome }: Did<"release">): void {
  const { life } = turn.state;
  if (life.at !== "releasing") return;
  const retry = outcome.ok ? undefined : nextRetry(life.retry, turn.atMs);
  turn.set({ life: retry ? { at: "releasing", isBusy: false, retry } : { at: "ended" } });
}

/** What remains to do for a pod that is over. */
export function advanceAfterEnd(turn: Turn): void {
  const { life, isForgotten } = turn.state;
  if (life.at === "releasing" && !life.isBusy && turn.isDue(life.retry)) {
    turn.set({ life: { ...life, isBusy: true } });
    turn.perform({ do: "release" });
  } else if (life.at === "ended" && isForgotten) {
    turn.set({ life: { at: "removing", isBusy: true } });
    turn.perform({ do: "remove" });
  } else if (life.at === "removing" && !life.isBusy && turn.isDue(life.retry)) {
    turn.set({ life: { ...life, isBusy: true } });
    turn.perform({ do: "remove" });
  }
}

export function removed(turn: Turn, { outcome }: Did<"remove">): void {
  const { life } = turn.state;
  if (life.at !== "removing") return;
  const retry = outcome.ok ? undefined : nextRetry(life.retry, turn.atMs);
  turn.set({ life: retry ? { at: "removing", isBusy: false, retry } : { at: "gone" } });
}
