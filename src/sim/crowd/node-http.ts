/** What a node of the crowd answers the API server: the kubelet's own server over what is imagined. */
import type { Pod } from "#api/core/pod.ts";
import type { HttpHandler } from "#base/http.ts";
import type { Metrics } from "#base/metrics.ts";
import type { Client } from "#client/client.ts";
import { containerLabels } from "#kubelet/container/labels.ts";
import type { Folders } from "#kubelet/paths.ts";
import type { ObservedContainer } from "#kubelet/pod/observed.ts";
import { findContainer } from "#kubelet/pod/pod-containers.ts";
import type { GroupUsage, MachineFacts } from "#kubelet/ports.ts";
import { type ContainerStats, RuntimeError } from "#kubelet/runtime.ts";
import type { ServedPod, ServedPods } from "#kubelet/server/facts.ts";
import { createHandler } from "#kubelet/server/handler.ts";
import { ageMs } from "../nodes/instance.ts";
import { logLines } from "../nodes/log-lines.ts";
import { MemoryDisk } from "../nodes/memory-disk.ts";
import { nodeUsage, statsOf } from "../nodes/usage.ts";
import type { CrowdPorts } from "./crowd.ts";
import type { CrowdPod } from "./crowd-pod.ts";

export const folders: Folders = {
  root: "/var/lib/kubelet",
  logs: "/var/log/pods",
  logLinks: "/var/log/containers",
  cniConfig: "/etc/cni/net.d",
};

interface NodeHttpOptions {
  readonly node: { readonly name: string; readonly pods: Iterable<CrowdPod> };
  readonly ports: Pick<CrowdPorts, "clock" | "log" | "behaviours" | "random" | "version">;
  readonly client: Client;
  readonly diskBytes: number;
  readonly machine: () => MachineFacts | undefined;
  readonly metrics: Metrics;
}

/** Files of logs are written when somebody asks for them. */
export function nodeHandler(options: NodeHttpOptions): HttpHandler {
  const { node, ports, client, machine, diskBytes, metrics } = options;
  const { clock, log } = ports;
  const disk = new MemoryDisk({ clock, totalBytes: diskBytes });
  const stats = (): readonly ContainerStats[] =>
    [...node.pods].flatMap((pod) => podStats(pod, clock.now()));
  const ofMachine = async (path: string): Promise<GroupUsage | undefined> =>
    path === "/" ? nodeUsage(stats(), clock.monotonic()) : undefined;
  const handle = createHandler({
    nodeName: node.name,
    machine,
    program: { version: ports.version, random: ports.random },
    pods: servedPods(node.pods),
    workshop: {
      client,
      clock,
      log,
      disk,
      folders,
      http: { call: notHere, upgrade: notHere },
      metrics,
      cgroupRoot: "/kubepods",
      cgroups: { usage: ofMachine, details: ofMachine, traffic: async () => undefined },
      runtime: {
        exec: notHere,
        attach: notHere,
        portForward: notHere,
        listContainerStats: async () => stats(),
      },
    },
  });
  return async (request) => {
    if (request.target.startsWith("/containerLogs/")) await writeLogs(disk, options);
    return handle(request);
  };
}

const notHere = async (): Promise<never> => {
  throw new RuntimeError("Unimplemented", "simulated containers have no programs to talk to");
};

/** Nobody waits for observations of these: they are at rest until something happens. */
const served = ({ state }: CrowdPod): ServedPod => ({
  state,
  observed: (signal) =>
    new Promise((resolve) => {
      signal.addEventListener("abort", () => resolve(), { once: true });
    }),
});

const servedPods = (pods: Iterable<CrowdPod>): ServedPods => ({
  get workers() {
    return [...pods].map(served);
  },
  findByName: (namespace, name) => {
    const found = [...pods].find(
      ({ state }) => state.namespace === namespace && state.name === name && !state.isForgotten,
    );
    return found && served(found);
  },
});

function podStats({ state, containers }: CrowdPod, atMs: number): readonly ContainerStats[] {
  return containers.runtime.containers.flatMap(({ id, name }) => {
    const instance = containers.instance(id);
    const ranMs = instance && ageMs(instance, atMs);
    const labels = labelsOf(state.pod, name);
    return !instance || ranMs === undefined
      ? []
      : [statsOf({ id, labels }, instance.usage, { atMs, ranMs })];
  });
}

function labelsOf(pod: Pod | undefined, name: string): ContainerStats["labels"] {
  const container = pod && findContainer(pod, name)?.container;
  return container ? containerLabels(pod, container) : {};
}

async function writeLogs(disk: MemoryDisk, { node, ports }: NodeHttpOptions): Promise<void> {
  for (const { containers } of node.pods)
    for (const container of containers.runtime.containers) {
      if (container.startedAtMs === 0 || (await disk.facts(container.logPath))) continue;
      const { logs = [] } = ports.behaviours.of(containers.instance(container.id)?.traits ?? noOne);
      await disk.makeFolder(folderOf(container));
      await disk.append(container.logPath, logLines(logs, container.startedAtMs));
    }
}

const folderOf = ({ logPath }: ObservedContainer): string =>
  logPath.slice(0, logPath.lastIndexOf("/"));

const noOne = { image: "", container: "", namespace: "", node: "", labels: {}, annotations: {} };
