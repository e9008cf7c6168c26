/** Making a container: everything its spec refers to is fetched, then the runtime is asked. */
import type { Container } from "#api/core/container.ts";
import type { Pod } from "#api/core/pod.ts";
import { messageOf } from "#base/failure.ts";
import { containerConfig } from "../container/container-config.ts";
import {
  ConfigError,
  environmentOf,
  type Reference,
  referencesOf,
} from "../container/environment.ts";
import { hostsFile } from "../container/host-names.ts";
import {
  devicesOf,
  fileMount,
  mountOf,
  plannedMounts,
  type PlannedMount,
} from "../container/mounts.ts";
import { targetOf } from "../container/security.ts";
import { serviceVariables } from "../container/service-links.ts";
import { editsFor, withEdits } from "../devices/cdi.ts";
import {
  hostsPath,
  logLink,
  logPath,
  messageFolder,
  podFolder,
  podLogFolder,
  seccompFolder,
} from "../paths.ts";
import type { TaskOf } from "../pod/effects.ts";
import { findLatest, nothingRuns } from "../pod/observed.ts";
import { findContainer } from "../pod/pod-containers.ts";
import type { ContainerConfig, Mount } from "../runtime.ts";
import { resolveSubPath } from "../volumes/sub-path.ts";
import { detailOf, type Job, type Performer, podOf } from "./job.ts";
import { configOf } from "./sandbox.ts";

type Task = TaskOf<"createContainer">;

export const createContainer: Performer<"createContainer"> = async (job, task) => {
  const { runtime } = job.workshop;
  const pod = podOf(job);
  const container = findContainer(pod, task.container)?.container;
  if (!container) return failed("CreateContainerConfigError", "the container is gone");
  let request;
  try {
    request = await requestOf(job, task, container);
  } catch (error) {
    return failed("CreateContainerConfigError", messageOf(error));
  }
  try {
    const id = await runtime.createContainer(request);
    await linkLog(job, id, request.config);
    return { ok: true, id };
  } catch (error) {
    return failed("CreateContainerError", detailOf(error));
  }
};

/** Log collectors look for containers' logs in one folder. */
async function linkLog({ workshop, state }: Job, id: string, { metadata }: ContainerConfig) {
  const { disk, folders } = workshop;
  const of = { pod: state, container: metadata.name };
  await disk.makeFolder(folders.logLinks, 0o755);
  await disk.link(
    logLink(folders, { ...of, id }),
    logPath(folders, { ...of, attempt: metadata.attempt }),
  );
}

const failed = (reason: "CreateContainerConfigError" | "CreateContainerError", message: string) =>
  ({ ok: false, reason, message }) as const;

async function requestOf(job: Job, task: Task, container: Container) {
  const { workshop, state, volumes } = job;
  const { runtime, node, folders, disk, devices } = workshop;
  const pod = podOf(job);
  const attempt = task.attempt || (await nextAttempt(job, container.name));
  const [environment, image, sandbox] = await Promise.all([
    resolveEnvironment(job, pod, container),
    runtime.imageStatus(task.imageRef),
    configOf(job, state.runtime?.sandboxes[0]?.metadata.attempt ?? 0),
  ]);
  const planned = plannedMounts(container, volumes.mounted, environment);
  const mounts = await Promise.all(planned.map((plan) => resolveMount(job, container, plan)));
  await disk.makeFolder(`${podLogFolder(folders, state)}/${container.name}`, 0o755);
  const targetId = findTarget(job, container);
  const config = containerConfig({
    pod,
    container,
    attempt,
    imageRef: task.imageRef,
    imageUser: image ?? { username: "" },
    environment,
    devices: devicesOf(container, volumes.mounted),
    mounts: [...mounts, ...(await ownFiles(job, container))],
    machine: node.machine(),
    seccompFolder: seccompFolder(folders),
    ...(targetId ? { targetId } : {}),
  });
  const edits = await editsFor(await devices.devicesOf(pod, container), disk);
  return { sandboxId: task.sandboxId, config: withEdits(config, edits), sandbox };
}

/** The runtime may have forgotten instances whose logs are still there. */
async function nextAttempt({ workshop, state }: Job, container: string): Promise<number> {
  const folder = `${podLogFolder(workshop.folders, state)}/${container}`;
  const names = (await workshop.disk.list(folder)) ?? [];
  const attempts = names.map((name) => Number.parseInt(name, 10)).filter(Number.isInteger);
  return Math.max(-1, ...attempts) + 1;
}

async function resolveEnvironment(
  { workshop, state }: Job,
  pod: Pod,
  container: Container,
): Promise<ReadonlyMap<string, string>> {
  const { objects, services, node } = workshop;
  const { namespace } = state;
  const keyOf = ({ kind, name }: Reference): string => `${kind}/${name}`;
  const objectOf = new Map(
    await Promise.all(
      referencesOf(container).map(async (ref) => {
        const found = await objects.find(namespace, ref);
        return [keyOf(ref), found] as const;
      }),
    ),
  );
  await services.synced;
  const areLinked = pod.spec.enableServiceLinks ?? true;
  return environmentOf(pod, container, {
    configMap: (name) => objectOf.get(keyOf({ kind: "ConfigMap", name })),
    secret: (name) => objectOf.get(keyOf({ kind: "Secret", name })),
    services: serviceVariables(services.list(), { namespace, areLinked }),
    podIps: podIpsOf(state, pod, node.hostIps()),
    hostIps: node.hostIps(),
    allocatable: node.allocatable(),
  });
}

const podIpsOf = (
  { runtime }: Job["state"],
  { spec }: Pod,
  hostIps: readonly string[],
): readonly string[] => (spec.hostNetwork ? hostIps : (runtime?.sandboxes[0]?.ips ?? []));

async function resolveMount(job: Job, container: Container, plan: PlannedMount): Promise<Mount> {
  const { volume, subPath, mount } = plan;
  if (subPath === "") return mountOf(plan, volume.path);
  const path = await resolveSubPath(job.workshop.disk, volume, subPath);
  // exact: kubelet
  if (path === undefined)
    throw new ConfigError(
      `failed to prepare subPath for volumeMount ${JSON.stringify(mount.name)} of container ${JSON.stringify(container.name)}`,
    );
  return mountOf(plan, path);
}

function findTarget({ state }: Job, container: Container): string | undefined {
  const name = targetOf(container);
  if (name === "") return undefined;
  const target = findLatest(state.runtime ?? nothingRuns, name);
  // exact: kubelet
  if (!target) throw new ConfigError(`unable to find target container ${name}`);
  return target.id;
}

/** /etc/hosts and the file for last words. */
async function ownFiles(job: Job, container: Container): Promise<readonly Mount[]> {
  const mounts: Mount[] = [];
  const { terminationMessagePath = "", volumeMounts = [] } = container;
  if (!volumeMounts.some(({ mountPath }) => mountPath === "/etc/hosts")) {
    const path = await writeHosts(job);
    if (path) mounts.push(fileMount("/etc/hosts", path));
  }
  if (terminationMessagePath !== "")
    mounts.push(fileMount(terminationMessagePath, await messageFile(job, container.name)));
  return mounts;
}

/** Undefined while the pod has no address to put into it. */
async function writeHosts(job: Job): Promise<string | undefined> {
  const { disk, folders, node } = job.workshop;
  const pod = podOf(job);
  const podIps = podIpsOf(job.state, pod, node.hostIps());
  if (podIps.length === 0) return undefined;
  const nodeHosts = pod.spec.hostNetwork ? await disk.read("/etc/hosts") : undefined;
  const { clusterDomain } = await node.dns();
  const content = hostsFile({
    pod,
    podIps,
    clusterDomain,
    nodeHosts: new TextDecoder().decode(nodeHosts),
  });
  const path = hostsPath(folders, job.state.uid);
  await disk.makeFolder(podFolder(folders, job.state.uid), 0o750);
  // What runs has the old file mounted: it is replaced only when it says something else.
  const present = await disk.read(path);
  if (!present) await disk.append(path, content);
  else if (new TextDecoder().decode(present) !== content) await disk.write(path, content, 0o644);
  return path;
}

/** One for each instance, writable by whoever the container runs as. */
async function messageFile(job: Job, container: string): Promise<string> {
  const { disk, folders, random } = job.workshop;
  const folder = messageFolder(folders, job.state.uid, container);
  const path = `${folder}/${Buffer.from(random.bytes(4)).toString("hex")}`;
  await disk.makeFolder(folder, 0o750);
  await disk.append(path, "");
  await disk.setMode(path, 0o666);
  return path;
}
