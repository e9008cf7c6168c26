/**
 * How a pod of the crowd performs what its state machine wants: at once, after a while, or by a call
 * to the API. One more task is one more entry.
 * differs: volumes of simulated nodes that share a crowd are mounted whether or not the objects they
 * show exist, and hooks by HTTP succeed while the container is well.
 */
import type { Container } from "#api/core/container.ts";
import type { LifecycleHandler } from "#api/core/probe.ts";
import type { Pod } from "#api/core/pod.ts";
import type { Random } from "#base/random.ts";
import { seconds } from "#base/clock.ts";
import { messageOf } from "#base/failure.ts";
import { inOnePiece } from "#base/in-one-piece.ts";
import type { Client } from "#client/client.ts";
import { checkNonRoot } from "#kubelet/container/security.ts";
import type { ImageUse, OutcomeOf, ResizeVerdict, TaskName, TaskOf } from "#kubelet/pod/effects.ts";
import { findContainer, imageNameOf } from "#kubelet/pod/pod-containers.ts";
import { probeOf } from "#kubelet/pod/probing.ts";
import { deletePod, writeStatus } from "#kubelet/tasks/status.ts";
import type { Behaviours, Traits } from "../nodes/behaviour.ts";
import { drawInstance, type Instance, isWell } from "../nodes/instance.ts";
import { drawSpan } from "../nodes/span.ts";
import type { Containers } from "./containers.ts";

/** A pod and its node, as tasks need them. */
export interface Scene {
  readonly client: () => Client;
  readonly behaviours: Behaviours;
  readonly random: Random;
  readonly nodeName: string;
  /** As if it asked for what it was given. */
  readonly pod: Pod | undefined;
  readonly containers: Containers;
  readonly nowMs: number;
  readonly newId: (what: string) => string;
  readonly nextAddress: () => string;
  readonly giveBack: (addresses: readonly string[]) => void;
  readonly hasImage: (image: string) => boolean;
  readonly addImage: (image: string) => void;
  /** Sets aside what the pod asks for by now, or says why not. */
  readonly allocate: (pod: Pod) => ResizeVerdict | undefined;
  /** The instance runs from now on; it may end by itself. */
  readonly started: (id: string, instance: Instance) => void;
}

export type Reply<K extends TaskName> =
  | { readonly is: "now"; readonly outcome: OutcomeOf<K> }
  | {
      readonly is: "later";
      readonly afterMs: number;
      readonly outcome: (scene: Scene) => OutcomeOf<K>;
    }
  | { readonly is: "call"; readonly outcome: Promise<OutcomeOf<K>> };

type Answerer<K extends TaskName> = (scene: Scene, task: TaskOf<K>) => Reply<K>;

const ok = { ok: true } as const;
const done = { is: "now", outcome: ok } as const;
const mounted = { is: "now", outcome: { ok: true, refreshAtMs: Infinity } } as const;

/** At once when it takes no time. */
function after<K extends TaskName>(
  scene: Scene,
  afterMs: number,
  outcome: (scene: Scene) => OutcomeOf<K>,
): Reply<K> {
  return afterMs > 0 ? { is: "later", afterMs, outcome } : { is: "now", outcome: outcome(scene) };
}

export const answerers: { readonly [K in TaskName]: Answerer<K> } = {
  mountVolumes: () => mounted,
  refreshVolumes: () => mounted,
  runSandbox: (scene, { attempt }) => ({ is: "now", outcome: runSandbox(scene, attempt) }),
  stopSandbox: (scene, { id }) => {
    scene.giveBack(scene.containers.stopSandbox(id));
    return done;
  },
  removeSandbox: (scene, { id }) => {
    scene.giveBack(scene.containers.stopSandbox(id));
    scene.containers.removeSandbox(id);
    return done;
  },
  inspectImage: (scene, use) => {
    const image = imageOf(scene, use);
    const found = scene.hasImage(image) ? { imageRef: imageRefOf(image) } : {};
    return { is: "now", outcome: { ok: true, ...found } };
  },
  pullImage: (scene, use) => pullImage(scene, imageOf(scene, use)),
  placeImage: () => done,
  createContainer: (scene, task) => ({ is: "now", outcome: createContainer(scene, task) }),
  startContainer: (scene, { id }) =>
    after(scene, scene.containers.instance(id)?.startMs ?? 0, (then) => startContainer(then, id)),
  postStart: (scene, { container, id }) => {
    const handler = containerOf(scene, container)?.lifecycle?.postStart;
    return handler ? hook(scene, handler, id) : done;
  },
  preStop: (scene, { handler, id }) => hook(scene, handler, id),
  stopContainer: (scene, { id, graceSeconds }) => stopContainer(scene, id, graceSeconds),
  removeContainer: (scene, { id }) => {
    scene.containers.remove(id);
    return done;
  },
  probe: (scene, task) => ({ is: "now", outcome: probe(scene, task) }),
  allocate: (scene, { pod }) => {
    const verdict = scene.allocate(pod);
    return { is: "now", outcome: { ok: true, ...(verdict ? { verdict } : {}) } };
  },
  resize: (scene, { containers }) => {
    for (const { name, id } of containers)
      scene.containers.resize(id, containerOf(scene, name)?.resources);
    return done;
  },
  release: () => done,
  remove: (scene) => {
    for (const { ips } of scene.containers.runtime.sandboxes) scene.giveBack(ips);
    scene.containers.clear();
    return done;
  },
  writeStatus: ({ client }, task) => ({ is: "call", outcome: writeStatus(client(), task) }),
  deletePod: ({ client }, task) => ({ is: "call", outcome: deletePod(client(), task) }),
};

const containerOf = ({ pod }: Scene, name: string): Container | undefined =>
  pod && findContainer(pod, name)?.container;

const imageOf = ({ pod }: Scene, use: ImageUse): string => (pod && imageNameOf(pod, use)) ?? "";

function runSandbox(scene: Scene, attempt: number): OutcomeOf<"runSandbox"> {
  const { pod, containers, nowMs } = scene;
  if (!pod) return { ok: false, message: "the pod is gone" };
  const ips = pod.spec.hostNetwork ? [] : [scene.nextAddress()];
  containers.runSandbox(pod, { id: scene.newId("sandbox"), ips, createdAtMs: nowMs }, attempt);
  return ok;
}

const imageRefOf = (image: string): string => inOnePiece("sha256:", image);

function pullImage(scene: Scene, image: string): Reply<"pullImage"> {
  const { pullMs = 0, pullError } = scene.behaviours.ofImage(image, scene.nodeName);
  const tookMs = drawSpan(pullMs, scene.random);
  return after(scene, tookMs, (then) => {
    if (pullError !== undefined) return { ok: false, message: pullError };
    then.addImage(image);
    return { ok: true, imageRef: imageRefOf(image), bytes: 1_000_000, tookMs };
  });
}

function createContainer(
  scene: Scene,
  task: TaskOf<"createContainer">,
): OutcomeOf<"createContainer"> {
  const { pod, containers, behaviours, random, nowMs } = scene;
  const container = containerOf(scene, task.container);
  if (!pod || !container) return misconfigured("the container is gone");
  try {
    checkNonRoot({ pod, container }, () => {
      const { imageUser: uid = 0 } = behaviours.ofImage(container.image ?? "", scene.nodeName);
      return { uid, username: "" };
    });
  } catch (error) {
    return misconfigured(messageOf(error));
  }
  const traits = traitsOf(scene, pod, container);
  const { attempt } = task;
  const instance = drawInstance(traits, behaviours.of(traits), { attempt, random });
  const id = scene.newId("container");
  const { imageRef, sandboxId } = task;
  containers.create(pod, { id, container, attempt, imageRef, sandboxId, atMs: nowMs, instance });
  return { ok: true, id };
}

const misconfigured = (message: string): OutcomeOf<"createContainer"> => ({
  ok: false,
  reason: "CreateContainerConfigError",
  message,
});

const traitsOf = (
  { nodeName }: Scene,
  { metadata }: Pod,
  { name, image = "" }: Container,
): Traits => ({
  image,
  container: name,
  namespace: metadata.namespace ?? "",
  node: nodeName,
  labels: metadata.labels ?? {},
  annotations: metadata.annotations ?? {},
});

function startContainer(scene: Scene, id: string): OutcomeOf<"startContainer"> {
  const { containers, nowMs } = scene;
  const instance = containers.instance(id);
  if (!instance) return { ok: false, message: "the container is gone" };
  const { startError } = instance;
  if (startError !== undefined) {
    containers.end(id, { exitCode: 128, reason: "StartError", message: startError, atMs: nowMs });
    return { ok: false, message: startError };
  }
  containers.start(id, nowMs);
  scene.started(id, instance);
  return ok;
}

/** It takes its time; when that is too long, it is killed. */
function stopContainer(scene: Scene, id: string, graceSeconds: number): Reply<"stopContainer"> {
  const stopsAfterMs = scene.containers.instance(id)?.stopsAfterMs ?? 0;
  const limitMs = seconds(graceSeconds);
  const exitCode = stopsAfterMs > limitMs ? 137 : 0;
  return after(scene, Math.min(stopsAfterMs, limitMs), (then) => {
    then.containers.end(id, { exitCode, atMs: then.nowMs });
    return ok;
  });
}

function hook(scene: Scene, handler: LifecycleHandler, id: string): Reply<"postStart"> {
  if (handler.sleep) return after(scene, seconds(handler.sleep.seconds), () => ok);
  const command = handler.exec?.command;
  const isDone = command ? exitCodeOf(scene, id, command) === 0 : runsAt(scene, id);
  return { is: "now", outcome: isDone ? ok : { ok: false, message: "the hook failed" } };
}

const runsAt = ({ containers }: Scene, id: string): boolean =>
  containers.instance(id)?.runsSinceMs !== undefined;

/** Commands succeed while the container is well, unless a rule answers them. */
function exitCodeOf(scene: Scene, id: string, command: readonly string[]): number {
  const instance = scene.containers.instance(id);
  if (!instance) return 1;
  const answer = scene.behaviours.of(instance.traits).exec?.(command);
  return answer ? (answer.exitCode ?? 0) : isWell(instance, scene.behaviours, scene.nowMs) ? 0 : 1;
}

function probe(scene: Scene, { container, id, probe: type }: TaskOf<"probe">): OutcomeOf<"probe"> {
  const found = containerOf(scene, container);
  const handler = found && probeOf(found, type);
  const instance = scene.containers.instance(id);
  if (!handler || !instance) return { ok: false, message: "the probe is gone" };
  const isHealthy = handler.exec
    ? exitCodeOf(scene, id, handler.exec.command ?? []) === 0
    : isWell(instance, scene.behaviours, scene.nowMs);
  // exact: kubelet
  const output = isHealthy ? "" : handler.httpGet ? "HTTP probe failed with statuscode: 503" : "";
  return { ok: true, isHealthy, output };
}
