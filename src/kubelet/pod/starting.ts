/**
 * From "it should run" to "it runs": image, creation, start, hook. Every step is a task; the
 * outcome of one decides about the next.
 * upstream: pkg/kubelet/kuberuntime/kuberuntime_container.go#startContainer
 */
import { formatDuration } from "#base/duration.ts";
import type { Pod } from "#api/core/pod.ts";
import { crashUntilMs, nextCrash, nextRetry } from "./backoff.ts";
import type { Did, ImageUse } from "./effects.ts";
import { seekImages, volumeErrand } from "./image-volumes.ts";
import { findLatest, mayRun, nothingRuns, type ObservedContainer } from "./observed.ts";
import { findContainer, type PodContainer, podText } from "./pod-containers.ts";
import { type Errand, type ImageFailure, inspect, inspected, mayPull, pulled } from "./pulling.ts";
import { beginStop } from "./stopping.ts";
import { removeSoon } from "./removing.ts";
import { type Starting, trackOf, type Verdict, without } from "./state.ts";
import type { Turn } from "./turn.ts";
import { graceSecondsOf } from "./wanted.ts";

/** Starts what is wanted and not yet on its way. */
export function startContainers(turn: Turn, pod: Pod, wanted: readonly PodContainer[]): void {
  if (turn.state.volumes.at !== "mounted") return;
  for (const member of wanted) {
    const { name } = member.container;
    const latest = findLatest(turn.state.runtime ?? nothingRuns, name);
    const isUnderWay = trackOf(turn.state, name).starting !== undefined;
    if (isUnderWay || (latest && isLeaving(turn, latest)) || isHeldUp(turn, pod, member)) continue;
    // Someone who is no more made it, and might yet start it: only its removal rules that out.
    if (latest?.state === "created") {
      removeSoon(turn, { do: "removeContainer", id: latest.id });
      continue;
    }
    if (mayStart(turn, { pod, member, latest }) && hasVolumes(turn, pod, member))
      inspect(turn, containerErrand(turn, member));
  }
}

/** False while images that it mounts are on their way; says so when they cannot be had. */
function hasVolumes(turn: Turn, pod: Pod, member: PodContainer): boolean {
  const { name } = member.container;
  const { areThere, failure } = seekImages(turn, pod, member.container);
  const { waiting } = trackOf(turn.state, name);
  if (areThere || !failure || isSame(waiting, failure)) return areThere;
  const { reason, message, text } = failure;
  turn.warning("Failed", `Error: ${text}`, member); // exact: kubelet
  turn.track(name, (track) => ({ ...track, waiting: { reason, message } }));
  return false;
}

const isSame = (a: Verdict | undefined, b: Verdict): boolean =>
  a?.reason === b.reason && a.message === b.message;

const isLeaving = (turn: Turn, latest: ObservedContainer): boolean =>
  mayRun(latest) || latest.id in turn.state.stopping;

/**
 * A main container waits for the start hooks of those before it, on which sidecars of old rely
 * (upstream starts them strictly one after the other).
 */
const isHeldUp = (turn: Turn, pod: Pod, { sort, index }: PodContainer): boolean =>
  sort === "main" &&
  pod.spec.containers
    .slice(0, index)
    .some(({ name, lifecycle }) => lifecycle?.postStart && trackOf(turn.state, name).starting);

interface Candidate {
  readonly pod: Pod;
  readonly member: PodContainer;
  readonly latest: ObservedContainer | undefined;
}

/** False while a back-off lasts; says so in the container's state. */
function mayStart(turn: Turn, candidate: Candidate): boolean {
  const { name } = candidate.member.container;
  const { retry } = trackOf(turn.state, name);
  if (!turn.isDue(retry)) return false;
  return mayPull(turn, containerErrand(turn, candidate.member)) && mayRestart(turn, candidate);
}

function mayRestart(turn: Turn, { pod, member, latest }: Candidate): boolean {
  if (latest?.state !== "exited") return true;
  const { name } = member.container;
  const { crash } = trackOf(turn.state, name);
  const untilMs = crashUntilMs(crash, latest.finishedAtMs);
  if (untilMs <= turn.atMs) return true;
  turn.wake(untilMs);
  const isAnnounced = crash?.announcedId === latest.id;
  if (!crash || isAnnounced) return false;
  // exact: kubelet
  const delay = formatDuration(crash.delayMs);
  const message = `back-off ${delay} restarting failed container=${name} pod=${podText(pod)}`;
  const text = `Back-off restarting failed container ${name} in pod ${podText(pod)}`;
  turn.warning("BackOff", text, member);
  turn.track(name, (track) => ({
    ...track,
    crash: { ...crash, announcedId: latest.id },
    waiting: { reason: "CrashLoopBackOff", message },
  }));
  return false;
}

/** Undefined when the pod has lost the container meanwhile, or the volume. */
const errandOf = (turn: Turn, use: ImageUse): Errand | undefined => {
  if ("volume" in use) return volumeErrand(turn, use.volume);
  const member = memberOf(turn, use.container);
  return member && containerErrand(turn, member);
};

function containerErrand(turn: Turn, member: PodContainer): Errand {
  const { name, image = "", imagePullPolicy = "IfNotPresent" } = member.container;
  const { pull, waiting } = trackOf(turn.state, name);
  return {
    use: { container: name },
    image,
    policy: imagePullPolicy,
    member,
    pull,
    isAnnounced: waiting?.reason === "ImagePullBackOff",
    begin: (at) => setStarting(turn, name, { at }),
    setPull: (next) =>
      turn.track(name, (track) =>
        next ? { ...without(track, "retry"), pull: next } : without(track, "pull"),
      ),
    found: (imageRef) => create(turn, member, imageRef),
    failed: (failure) => failStart(turn, member, failure),
  };
}

const setStarting = (turn: Turn, name: string, starting: Starting): void =>
  turn.track(name, (track) => ({ ...track, starting }));

/** It did not come to run; the container's state says why, and there is an event. */
function failStart(turn: Turn, member: PodContainer, failure: ImageFailure): void {
  const { reason, message, text } = failure;
  turn.warning("Failed", `Error: ${text}`, member); // exact: kubelet
  turn.track(member.container.name, (track) => ({
    ...without(track, "starting"),
    waiting: { reason, message },
    retry: nextRetry(track.retry, turn.atMs),
  }));
}

/** The container that a task was about, unless the pod has lost it meanwhile. */
function memberOf(turn: Turn, name: string): PodContainer | undefined {
  const { pod, life } = turn.state;
  if (life.at === "running") return pod && findContainer(pod, name);
  turn.track(name, (track) => without(track, "starting"));
  return undefined;
}

export function imageInspected(turn: Turn, { task, outcome }: Did<"inspectImage">): void {
  const errand = errandOf(turn, task);
  if (errand) inspected(turn, errand, outcome);
}

export function imagePulled(turn: Turn, { task, outcome }: Did<"pullImage">): void {
  const errand = errandOf(turn, task);
  if (errand) pulled(turn, errand, outcome);
}

function create(turn: Turn, { container }: PodContainer, imageRef: string): void {
  const { runtime } = turn.state;
  const sandbox = runtime?.sandboxes[0];
  const latest = runtime && findLatest(runtime, container.name);
  if (!sandbox?.isReady) {
    // It went away while the image came: begin again in the next one.
    turn.track(container.name, (track) => without(track, "starting"));
    return;
  }
  if (latest?.state === "exited")
    turn.track(container.name, (track) => ({
      ...track,
      crash: nextCrash(track.crash, latest.finishedAtMs, turn.atMs),
    }));
  setStarting(turn, container.name, { at: "creating" });
  turn.perform({
    do: "createContainer",
    container: container.name,
    attempt: latest ? latest.restartCount + 1 : 0,
    imageRef,
    sandboxId: sandbox.id,
  });
}

export function containerCreated(turn: Turn, { task, outcome }: Did<"createContainer">): void {
  const member = memberOf(turn, task.container);
  if (!member) return;
  if (!outcome.ok) {
    const { reason, message } = outcome;
    failStart(turn, member, { reason, message, text: message });
    return;
  }
  turn.normal("Created", "Container created", member); // exact: kubelet
  setStarting(turn, task.container, { at: "starting", id: outcome.id });
  turn.perform({ do: "startContainer", container: task.container, id: outcome.id });
}

export function containerStarted(turn: Turn, { task, outcome }: Did<"startContainer">): void {
  const member = memberOf(turn, task.container);
  if (!member) return;
  if (!outcome.ok) {
    failStart(turn, member, {
      reason: "RunContainerError",
      message: outcome.message,
      text: outcome.message,
    });
    return;
  }
  turn.normal("Started", "Container started", member); // exact: kubelet
  if (!member.container.lifecycle?.postStart) {
    up(turn, task.container);
    return;
  }
  setStarting(turn, task.container, { at: "hooking", id: task.id });
  turn.perform({ do: "postStart", container: task.container, id: task.id });
}

const up = (turn: Turn, name: string): void =>
  turn.track(name, (track) => without(track, "starting", "waiting", "retry"));

export function hookRan(turn: Turn, { task, outcome }: Did<"postStart">): void {
  const member = memberOf(turn, task.container);
  const { pod, runtime } = turn.state;
  if (!member || !pod) return;
  up(turn, task.container);
  if (outcome.ok) return;
  // exact: kubelet. Without the output, which may hold secrets.
  turn.warning("FailedPostStartHook", "PostStartHook failed", member);
  turn.track(task.container, (track) => ({
    ...track,
    waiting: { reason: "PostStartHookError", message: outcome.message },
  }));
  const instance = runtime?.containers.find(({ id }) => id === task.id);
  if (instance && mayRun(instance))
    beginStop(turn, {
      instance,
      message: "FailedPostStartHook",
      graceSeconds: graceSecondsOf(pod),
    });
}
