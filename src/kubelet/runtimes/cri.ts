/** The container runtime behind a unix socket that speaks CRI v1: containerd, CRI-O. */
import { type Clock, sleep } from "#base/clock.ts";
import {
  type ContainerRuntime,
  isRuntimeError,
  type LabelFilter,
  RuntimeError,
  type RuntimeVersion,
} from "../runtime.ts";
import { type ChangeSources, criChanges } from "./cri-changes.ts";
import * as messages from "./cri-messages.ts";
import { containerdEventsProto, criProto } from "./cri-proto.ts";
import { callTimeoutMs, type GrpcChannel, type Method, openChannel } from "./grpc-channel.ts";
import { criNamespace, imageLayers, snapshotsProto } from "./image-layers.ts";

export interface CriOptions {
  /** Path of the unix socket. */
  readonly socket: string;
  readonly clock: Clock;
}

export type CriRuntime = ContainerRuntime & Disposable;

/** Making a sandbox includes the network plugins' work. */
const sandboxTimeoutMs = 240_000;

export function criRuntime({ socket, clock }: CriOptions): CriRuntime {
  const channel = openChannel({ socket, clock, proto: criProto });
  const snapshots = openChannel({ socket, clock, proto: snapshotsProto, metadata: criNamespace });
  const containers = containerCalls(channel);
  const sandboxes = sandboxCalls(channel);
  const isShown = async (id: string): Promise<boolean> => {
    const [container, sandbox] = [containers.containerStatus(id), sandboxes.sandboxStatus(id)];
    return (await container)?.state !== "running" && (await sandbox)?.isReady !== true;
  };
  const sources: ChangeSources = {
    channel,
    openEvents: () => openChannel({ socket, clock, proto: containerdEventsProto }),
    untilShown: async (id, signal) => {
      for (let delayMs = 2; delayMs < shownDelayMsMax; delayMs *= 2) {
        if (await isShown(id)) return;
        await sleep(clock, delayMs, signal);
      }
    },
  };
  return {
    ...nodeCalls(channel),
    ...sandboxes,
    ...containers,
    ...streamingCalls(channel),
    ...imageCalls(channel),
    ...imageLayers({ channel: snapshots, ...snapshotNames(channel) }),
    changes: (signal) => criChanges(sources, signal),
    [Symbol.dispose]: () => {
      channel[Symbol.dispose]();
      snapshots[Symbol.dispose]();
    },
  };
}

/** How long an exit may stay hidden; the kubelet's slow relisting sees it after that. */
const shownDelayMsMax = 2_000;

type Calls<K extends keyof ContainerRuntime> = Pick<ContainerRuntime, K>;

/** `name` with the types of its request and its response. */
const method =
  (service: string) =>
  <T = unknown>(name: string, request: string, response: string): Method<T> => ({
    path: `/runtime.v1.${service}/${name}`,
    request,
    response,
  });
const runtimeMethod = method("RuntimeService");
const imageMethod = method("ImageService");

const filterOf = (filter: LabelFilter | undefined): object =>
  filter ? { filter: { labelSelector: filter.labels } } : {};

/** Stopping or removing what is gone already is success. */
async function unlessGone(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!isRuntimeError(error, "NotFound")) throw error;
  }
}

/** An absent thing is a value, not a failure. */
async function orUndefined<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (isRuntimeError(error, "NotFound")) return undefined;
    throw error;
  }
}

/** What a runtime tells of itself beyond CRI, when asked for it: JSON by topic. */
interface Verbose {
  readonly info: Readonly<Record<string, string>>;
}

const statusMethod = runtimeMethod<messages.RawStatus & Verbose>(
  "Status",
  "StatusRequest",
  "StatusResponse",
);

function nodeCalls(channel: GrpcChannel): Calls<"version" | "status" | "updatePodCidr"> {
  const version = runtimeMethod<RuntimeVersion>("Version", "VersionRequest", "VersionResponse");
  const update = runtimeMethod("UpdateRuntimeConfig", "UpdateRuntimeConfigRequest", "Empty");
  return {
    version: () => channel.call(version, { version: "v1" }),
    status: async () => messages.statusOf(await channel.call(statusMethod, {})),
    updatePodCidr: async (podCidr) => {
      await channel.call(update, { runtimeConfig: { networkConfig: { podCidr } } });
    },
  };
}

const sandboxMethods = {
  run: runtimeMethod<{ podSandboxId: string }>(
    "RunPodSandbox",
    "RunPodSandboxRequest",
    "RunPodSandboxResponse",
  ),
  stop: runtimeMethod("StopPodSandbox", "PodSandboxRequest", "Empty"),
  remove: runtimeMethod("RemovePodSandbox", "PodSandboxRequest", "Empty"),
  list: runtimeMethod<{ items: messages.RawSandbox[] }>(
    "ListPodSandbox",
    "ListPodSandboxRequest",
    "ListPodSandboxResponse",
  ),
  status: runtimeMethod<{ status: messages.RawSandboxStatus | null }>(
    "PodSandboxStatus",
    "PodSandboxRequest",
    "PodSandboxStatusResponse",
  ),
};

function sandboxCalls(
  channel: GrpcChannel,
): Calls<"runSandbox" | "stopSandbox" | "removeSandbox" | "listSandboxes" | "sandboxStatus"> {
  const { run, stop, remove, list, status } = sandboxMethods;
  return {
    runSandbox: async (config, handler = "") => {
      const request = { config, runtimeHandler: handler };
      return (await channel.call(run, request, { timeoutMs: sandboxTimeoutMs })).podSandboxId;
    },
    stopSandbox: (podSandboxId) => unlessGone(channel.call(stop, { podSandboxId })),
    removeSandbox: (podSandboxId) => unlessGone(channel.call(remove, { podSandboxId })),
    listSandboxes: async (filter) =>
      (await channel.call(list, filterOf(filter))).items.map(messages.sandboxOf),
    sandboxStatus: async (podSandboxId) => {
      const answer = await orUndefined(channel.call(status, { podSandboxId }));
      return answer?.status ? messages.sandboxStatusOf(answer.status) : undefined;
    },
  };
}

const containerMethods = {
  create: runtimeMethod<{ containerId: string }>(
    "CreateContainer",
    "CreateContainerRequest",
    "CreateContainerResponse",
  ),
  start: runtimeMethod("StartContainer", "ContainerRequest", "Empty"),
  stop: runtimeMethod("StopContainer", "StopContainerRequest", "Empty"),
  remove: runtimeMethod("RemoveContainer", "ContainerRequest", "Empty"),
  update: runtimeMethod("UpdateContainerResources", "UpdateContainerResourcesRequest", "Empty"),
  list: runtimeMethod<{ containers: messages.RawContainer[] }>(
    "ListContainers",
    "ListContainersRequest",
    "ListContainersResponse",
  ),
  status: runtimeMethod<{ status: messages.RawContainerStatus | null }>(
    "ContainerStatus",
    "ContainerRequest",
    "ContainerStatusResponse",
  ),
  reopen: runtimeMethod("ReopenContainerLog", "ContainerRequest", "Empty"),
  stats: runtimeMethod<{ stats: messages.RawContainerStats[] }>(
    "ListContainerStats",
    "Empty",
    "ListContainerStatsResponse",
  ),
};

function containerCalls(
  channel: GrpcChannel,
): Calls<
  | "createContainer"
  | "startContainer"
  | "stopContainer"
  | "removeContainer"
  | "updateContainer"
  | "listContainers"
  | "containerStatus"
  | "reopenLog"
  | "listContainerStats"
> {
  const { create, start, stop, remove, update, list, status, reopen, stats } = containerMethods;
  return {
    createContainer: async ({ sandboxId, config, sandbox }) => {
      const request = { podSandboxId: sandboxId, config, sandboxConfig: sandbox };
      return (await channel.call(create, request)).containerId;
    },
    startContainer: async (containerId) => {
      await channel.call(start, { containerId });
    },
    stopContainer: (containerId, timeoutSeconds) => {
      const timeoutMs = callTimeoutMs + timeoutSeconds * 1_000;
      const request = { containerId, timeout: timeoutSeconds };
      return unlessGone(channel.call(stop, request, { timeoutMs }));
    },
    removeContainer: (containerId) => unlessGone(channel.call(remove, { containerId })),
    updateContainer: async (containerId, linux) => {
      await channel.call(update, { containerId, linux });
    },
    listContainers: async (filter) =>
      (await channel.call(list, filterOf(filter))).containers.map(messages.containerOf),
    containerStatus: async (containerId) => {
      const answer = await orUndefined(channel.call(status, { containerId }));
      return answer?.status ? messages.containerStatusOf(answer.status) : undefined;
    },
    reopenLog: async (containerId) => {
      await channel.call(reopen, { containerId });
    },
    listContainerStats: async () =>
      (await channel.call(stats, {})).stats.map(messages.containerStatsOf),
  };
}

interface RawExecResult {
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
  readonly exitCode: number;
}

interface StreamingUrl {
  readonly url: string;
}

const streamingMethods = {
  execSync: runtimeMethod<RawExecResult>("ExecSync", "ExecSyncRequest", "ExecSyncResponse"),
  exec: runtimeMethod<StreamingUrl>("Exec", "ExecRequest", "StreamingResponse"),
  attach: runtimeMethod<StreamingUrl>("Attach", "AttachRequest", "StreamingResponse"),
  portForward: runtimeMethod<StreamingUrl>(
    "PortForward",
    "PortForwardRequest",
    "StreamingResponse",
  ),
};

function streamingCalls(
  channel: GrpcChannel,
): Calls<"execSync" | "exec" | "attach" | "portForward"> {
  const { execSync, exec, attach, portForward } = streamingMethods;
  return {
    execSync: async ({ id, command, timeoutSeconds }) => {
      const request = { containerId: id, cmd: command, timeout: timeoutSeconds };
      // The runtime ends the command at its timeout; ours only catches a runtime that hangs.
      const timeoutMs = timeoutSeconds === 0 ? Infinity : callTimeoutMs + timeoutSeconds * 1_000;
      const answer = await channel.call(execSync, request, { timeoutMs });
      return { output: answer.stdout, errors: answer.stderr, exitCode: answer.exitCode };
    },
    exec: async ({ id, command, ...streams }) =>
      (await channel.call(exec, { containerId: id, cmd: command, ...streams })).url,
    attach: async ({ id, ...streams }) =>
      (await channel.call(attach, { containerId: id, ...streams })).url,
    portForward: async (podSandboxId, ports) =>
      (await channel.call(portForward, { podSandboxId, port: ports })).url,
  };
}

const imageMethods = {
  list: imageMethod<{ images: messages.RawImage[] }>("ListImages", "Empty", "ListImagesResponse"),
  status: imageMethod<{ image: messages.RawImage | null } & Verbose>(
    "ImageStatus",
    "ImageStatusRequest",
    "ImageStatusResponse",
  ),
  pull: imageMethod<{ imageRef: string }>("PullImage", "PullImageRequest", "PullImageResponse"),
  remove: imageMethod("RemoveImage", "ImageRequest", "Empty"),
  fsInfo: imageMethod<{ imageFilesystems: messages.RawFileSystem[] }>(
    "ImageFsInfo",
    "Empty",
    "ImageFsInfoResponse",
  ),
};

function imageCalls(
  channel: GrpcChannel,
): Calls<"listImages" | "imageStatus" | "pullImage" | "removeImage" | "imageFileSystems"> {
  const { list, status, pull, remove, fsInfo } = imageMethods;
  return {
    listImages: async () => (await channel.call(list, {})).images.map(messages.imageOf),
    imageStatus: async (image) => {
      const answer = await channel.call(status, { image: { image } });
      return answer.image ? messages.imageOf(answer.image) : undefined;
    },
    pullImage: async ({ image, auth, sandbox, signal }) => {
      const request = { image: { image }, auth, sandboxConfig: sandbox };
      // Without a deadline: large images take long, and `signal` ends the wait.
      const options = { timeoutMs: Infinity, ...(signal ? { signal } : {}) };
      const { imageRef } = await channel.call(pull, request, options);
      if (imageRef === "") throw new RuntimeError("Internal", "imageRef is empty");
      return imageRef;
    },
    removeImage: (image) => unlessGone(channel.call(remove, { image: { image } })),
    imageFileSystems: async () =>
      (await channel.call(fsInfo, {})).imageFilesystems.map(messages.fileSystemOf),
  };
}

/** How containerd calls things: what CRI lets it tell beside its answers. */
function snapshotNames(channel: GrpcChannel) {
  return {
    snapshotter: async (): Promise<string> => {
      const { info } = await channel.call(statusMethod, { verbose: true });
      const { containerd } = JSON.parse(info["config"] ?? "{}") as RawConfig;
      // Since containerd 2 its configuration is not told; this is its own choice, and ours.
      return containerd?.snapshotter ?? "overlayfs";
    },
    chainOf: async (image: string): Promise<string> => {
      const request = { image: { image }, verbose: true };
      const { info } = await channel.call(imageMethods.status, request);
      const { chainID } = JSON.parse(info["info"] ?? "{}") as { readonly chainID?: string };
      if (!chainID) throw new RuntimeError("NotFound", `image ${image} has no layers here`);
      return chainID;
    },
  };
}

interface RawConfig {
  readonly containerd?: { readonly snapshotter?: string };
}
