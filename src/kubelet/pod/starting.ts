/**
 * From "it should run" to "it runs": image, creation, start, hook. Every step is a task; the
 * outcome of one decides about the next.
 * upstream: pkg/kubelet/kuberuntime/kuberuntime_container.go#startContainer,
 * pkg/kubelet/images/image_manager.go
 */
import { formatDuration } from "#base/duration.ts";
import type { Pod } from "#api/core/pod.ts";
import { parseImageName } from "#api/core/image-name.ts";
import { crashUntilMs, nextCrash, nextPull, nextRetry } from "./backoff.ts";
import type { Did } from "./effects.ts";
import { findLatest, mayRun, nothingRuns, type ObservedContainer } from "./observed.ts";
import { findContainer, type PodContainer, podText } from "./pod-containers.ts";
import { beginStop } from "./stopping.ts";
import { removeSoon } from "./removing.ts";
import { type Starting, trackOf, without } from "./state.ts";
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
    if (mayStart(turn, { pod, member, latest })) inspect(turn, member);
  }
}

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
  const { retry, pull } = trackOf(turn.state, name);
  if (!turn.isDue(retry)) return false;
  if (pull && pull.untilMs > turn.atMs) {
    noticePull(turn, candidate.member);
    return false;
  }
  return mayRestart(turn, candidate);
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

/** The failed pull is shown first; a little later, that we wait. */
function noticePull(turn: Turn, member: PodContainer): void {
  const { name, image = "" } = member.container;
  const { pull, waiting } = trackOf(turn.state, name);
  if (!pull) return;
  if (pull.noticeAtMs > turn.atMs) {
    turn.wake(pull.noticeAtMs);
    return;
  }
  turn.wake(pull.untilMs);
  if (waiting?.reason === "ImagePullBackOff") return;
  // exact: kubelet
  const text = `Back-off pulling image ${JSON.stringify(image)}`;
  turn.normal("BackOff", text, member);
  failStart(turn, member, {
    reason: "ImagePullBackOff",
    message: `${text}: ErrImagePull: ${pull.error}`,
    text: "ImagePullBackOff",
  });
}

function inspect(turn: Turn, member: PodContainer): void {
  const { name, image = "" } = member.container;
  if (!parseImageName(image)) {
    const message = `Failed to apply default image tag ${JSON.stringify(image)}: couldn't parse image name ${JSON.stringify(image)}: invalid reference format`; // exact: kubelet
    turn.warning("InspectFailed", message, member);
    failStart(turn, member, { reason: "InvalidImageName", message, text: "InvalidImageName" });
    return;
  }
  setStarting(turn, name, { at: "inspecting" });
  turn.perform({ do: "inspectImage", container: name });
}

const setStarting = (turn: Turn, name: string, starting: Starting): void =>
  turn.track(name, (track) => ({ ...track, starting }));

interface StartFailure {
  readonly reason: string;
  readonly message: string;
  /** What the event says after "Error: ". */
  readonly text: string;
}

/** It did not come to run; the container's state says why, and there is an event. */
function failStart(turn: Turn, member: PodContainer, failure: StartFailure): void {
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
  const member = memberOf(turn, task.container);
  if (!member) return;
  const { image = "", imagePullPolicy = "IfNotPresent" } = member.container;
  const quoted = JSON.stringify(image);
  if (!outcome.ok) {
    const message = `Failed to inspect image ${quoted}: ${outcome.message}`; // exact: kubelet
    turn.warning("InspectFailed", message, member);
    failStart(turn, member, { reason: "ImageInspectError", message, text: "ImageInspectError" });
  } else if (imagePullPolicy === "Always" || (!outcome.imageRef && imagePullPolicy !== "Never")) {
    turn.normal("Pulling", `Pulling image ${quoted}`, member);
    setStarting(turn, task.container, { at: "pulling" });
    turn.perform({ do: "pullImage", container: task.container });
  } else if (outcome.imageRef) {
    // exact: kubelet
    const text = `Container image ${quoted} already present on machine and can be accessed by the pod`;
    turn.normal("Pulled", text, member);
    create(turn, member, outcome.imageRef);
  } else {
    const message = `Container image ${quoted} is not present with pull policy of Never`;
    turn.warning("ErrImageNeverPull", message, member);
    failStart(turn, member, { reason: "ErrImageNeverPull", message, text: "ErrImageNeverPull" });
  }
}

export function imagePulled(turn: Turn, { task, outcome }: Did<"pullImage">): void {
  const member = memberOf(turn, task.container);
  if (!member) return;
  const quoted = JSON.stringify(member.container.image ?? "");
  if (outcome.ok) {
    const took = formatDuration(Math.round(outcome.tookMs));
    // exact: kubelet
    const text = `Successfully pulled image ${quoted} in ${took} (${took} including waiting). Image size: ${outcome.bytes} bytes.`;
    turn.normal("Pulled", text, member);
    turn.track(task.container, (track) => without(track, "pull"));
    create(turn, member, outcome.imageRef);
    return;
  }
  const { message } = outcome;
  turn.warning("Failed", `Failed to pull image ${quoted}: ${message}`, member);
  failStart(turn, member, { reason: "ErrImagePull", message, text: "ErrImagePull" });
  // A pull has its own back-off.
  turn.track(task.container, (track) => ({
    ...without(track, "retry"),
    pull: nextPull(track.pull, message, turn.atMs),
  }));
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
