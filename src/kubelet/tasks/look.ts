/** Looks at everything the runtime has of one pod. What cannot change any more is read once. */
import type { ResourceRequirements } from "#api/core/container.ts";
import type { Disk } from "#base/disk.ts";
import { lastWords } from "../logs/tail.ts";
import { containerNameOf, notesOf, ofPod } from "../container/labels.ts";
import type { ObservedContainer, PodRuntime } from "../pod/observed.ts";
import type {
  ContainerRuntime,
  ContainerStatus,
  ContainerSummary,
  Sandbox,
  SandboxStatus,
} from "../runtime.ts";

interface LookOptions {
  readonly runtime: ContainerRuntime;
  readonly disk: Disk;
  readonly uid: string;
  /** What a container was given since it was made. */
  readonly resizedOf: (id: string) => ResourceRequirements | undefined;
}

export class PodLook {
  readonly #options: LookOptions;
  #containers = new Map<string, ObservedContainer>();
  #sandboxes = new Map<string, SandboxStatus>();

  constructor(options: LookOptions) {
    this.#options = options;
  }

  async take(): Promise<PodRuntime> {
    const { runtime, uid } = this.#options;
    const [sandboxes, containers] = await Promise.all([
      runtime.listSandboxes(ofPod(uid)),
      runtime.listContainers(ofPod(uid)),
    ]);
    const seen = await Promise.all([
      Promise.all(sandboxes.map((sandbox) => this.#sandbox(sandbox))),
      Promise.all(containers.map((container) => this.#container(container))),
    ]);
    const present = {
      sandboxes: seen[0].filter((sandbox) => sandbox !== undefined).sort(newestSandbox),
      containers: seen[1].filter((container) => container !== undefined).sort(newestContainer),
    };
    this.#sandboxes = new Map(present.sandboxes.map((sandbox) => [sandbox.id, sandbox]));
    this.#containers = new Map(present.containers.map((container) => [container.id, container]));
    return present;
  }

  async #sandbox(listed: Sandbox): Promise<SandboxStatus | undefined> {
    const known = this.#sandboxes.get(listed.id);
    if (known?.isReady === listed.isReady) return known;
    return this.#options.runtime.sandboxStatus(listed.id);
  }

  async #container(listed: ContainerSummary): Promise<ObservedContainer | undefined> {
    const { runtime, disk, resizedOf } = this.#options;
    const known = this.#containers.get(listed.id);
    const isSettled = known?.state === listed.state && listed.state !== "unknown";
    const status = isSettled ? undefined : await runtime.containerStatus(listed.id);
    const found = isSettled ? known : status && (await observed(status, listed, disk));
    const resources = resizedOf(listed.id);
    return found && resources && found.resources !== resources ? { ...found, resources } : found;
  }
}

const newestSandbox = (a: Sandbox, b: Sandbox): number =>
  b.createdAtMs - a.createdAtMs || b.metadata.attempt - a.metadata.attempt;

const newestContainer = (a: ObservedContainer, b: ObservedContainer): number =>
  b.createdAtMs - a.createdAtMs || b.restartCount - a.restartCount;

async function observed(
  status: ContainerStatus,
  { sandboxId }: ContainerSummary,
  disk: Disk,
): Promise<ObservedContainer> {
  const { attempt: _attempt, labels, annotations, mounts: _mounts, ...told } = status;
  const { restartCount, hash, preStop, resources } = notesOf(annotations);
  const hasEnded = told.state === "exited";
  return {
    ...told,
    name: containerNameOf(labels),
    sandboxId,
    restartCount,
    hash,
    reason: hasEnded ? told.reason : "",
    message: hasEnded ? await messageOf(status, disk) : "",
    ...(preStop ? { preStop } : {}),
    ...(resources ? { resources } : {}),
  };
}

const messageBytesMax = 4_096;
const logMax = { lines: 80, bytes: 2_048 };

/** The runtime's words, then the container's. upstream: kuberuntime_container.go#getTerminationMessage */
async function messageOf(status: ContainerStatus, disk: Disk): Promise<string> {
  const own = await terminationMessage(status, disk);
  return [status.message, own].filter((text) => text !== "").join(": ");
}

async function terminationMessage(status: ContainerStatus, disk: Disk): Promise<string> {
  const { messagePath, fallsBackToLogs } = notesOf(status.annotations);
  const mount = status.mounts.find(({ containerPath }) => containerPath === messagePath);
  const text = mount ? await fileEnd(disk, mount.hostPath) : "";
  const hasFailed = status.exitCode !== 0 && status.reason !== "ContainerCannotRun";
  if (text !== "" || !fallsBackToLogs || !hasFailed || !status.logPath) return text;
  return (await disk.facts(status.logPath)) ? lastWords(disk, status.logPath, logMax) : "";
}

async function fileEnd(disk: Disk, path: string): Promise<string> {
  const bytes = (await disk.facts(path))?.bytes ?? 0;
  if (bytes === 0) return "";
  const offset = Math.max(bytes - messageBytesMax, 0);
  return new TextDecoder().decode(await disk.readAt(path, { offset, bytesMax: messageBytesMax }));
}
