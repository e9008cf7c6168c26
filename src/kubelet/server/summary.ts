/**
 * `/stats/summary`: what the node and its pods use, as one object.
 * upstream: pkg/kubelet/server/stats/summary.go, pkg/kubelet/stats/cri_stats_provider.go
 * differs: /stats/summary has the pods alone of systemContainers: the kubelet and the runtime have no groups of their own.
 */
import { formatTime } from "#base/clock.ts";
import type {
  DetailedContainer,
  DetailedPod,
  DetailedUsage,
  FileSystem,
} from "./detailed-usage.ts";
import type { ProcessIds } from "../ports.ts";
import type { PodFiles } from "./pod-files.ts";
import type { Rates } from "./rates.ts";
import {
  filesPart,
  ioPart,
  type Moment,
  networkPart,
  usageParts,
  type Used,
} from "./summary-parts.ts";

export interface SummaryOptions {
  readonly nodeName: string;
  /** Since when the node is looked at. */
  readonly startedAtMs: number;
  readonly rates: Rates;
  /** By the pod's uid. */
  readonly files: ReadonlyMap<string, PodFiles>;
  readonly processIds?: ProcessIds | undefined;
}

/** `?only_cpu_and_memory=true` */
export function smallSummary(usage: DetailedUsage, options: SummaryOptions): object {
  const moment = { rates: options.rates, atMs: usage.atMs };
  return {
    node: nodeUsage(usage, options, moment),
    pods: usage.pods.map((pod) => ({
      ...podUsage(pod, moment),
      containers: pod.containers.map((container) => containerUsage(container, moment)),
    })),
  };
}

export function wholeSummary(usage: DetailedUsage, options: SummaryOptions): object {
  const { atMs, node, nodeFs, imageFs } = usage;
  const { rates, files, processIds } = options;
  const moment = { rates, atMs };
  const images = imageFs && filesPart(imageFs.space, atMs, imagesIn(imageFs));
  return {
    node: {
      ...nodeUsage(usage, options, moment),
      io: ioPart(node.details, atMs),
      network: networkPart(node.traffic, atMs),
      fs: filesPart(nodeFs.space, atMs),
      runtime: images && { imageFs: images, containerFs: images },
      rlimit: processIds && {
        time: formatTime(atMs),
        maxpid: processIds.max,
        curproc: processIds.used,
      },
    },
    pods: usage.pods.map((pod) => podSummary(pod, usage, { moment, files: files.get(pod.uid) })),
  };
}

const imagesIn = ({ images }: FileSystem): Used | undefined =>
  images && { bytes: images.usedBytes, inodes: images.inodesUsed };

const nodeUsage = (
  { node, groups }: DetailedUsage,
  { nodeName, startedAtMs }: SummaryOptions,
  moment: Moment,
): object => ({
  nodeName,
  // The first of the groups is that of all pods. The kubelet and the runtime have none of ours.
  systemContainers: groups.slice(0, 1).map(({ details }) => ({
    name: "pods",
    startTime: formatTime(startedAtMs),
    ...usageParts(details, { key: "pods" }, moment),
  })),
  startTime: formatTime(startedAtMs),
  ...usageParts(node.details, { key: "node" }, moment),
});

const podUsage = ({ name, namespace, uid, startedAtMs, details }: DetailedPod, moment: Moment) => ({
  podRef: { name, namespace, uid },
  startTime: formatTime(startedAtMs),
  ...usageParts(details, { key: uid, sinceMs: startedAtMs }, moment),
});

const containerUsage = ({ name, id, startedAtMs, details }: DetailedContainer, moment: Moment) => ({
  name,
  startTime: formatTime(startedAtMs),
  ...usageParts(details, { key: id, sinceMs: startedAtMs }, moment),
});

interface PodFacts {
  readonly moment: Moment;
  readonly files: PodFiles | undefined;
}

function podSummary(
  pod: DetailedPod,
  { nodeFs, imageFs, atMs }: DetailedUsage,
  { moment, files }: PodFacts,
): object {
  const layers = pod.containers.map(({ stats }) => layerOf(stats));
  const ephemeral = [
    ...layers,
    ...(files?.logs.values() ?? []),
    ...(files?.volumes ?? []).flatMap(({ used, isEphemeral }) =>
      used && isEphemeral ? [used] : [],
    ),
  ];
  return {
    ...podUsage(pod, moment),
    io: ioPart(pod.details, atMs),
    network: networkPart(pod.traffic, atMs),
    containers: pod.containers.map((container) => {
      const logs = files?.logs.get(container.name);
      const root = layerOf(container.stats);
      return {
        ...containerUsage(container, moment),
        io: ioPart(container.details, atMs),
        rootfs: filesPart((imageFs ?? nodeFs).space, atMs, root),
        logs: logs && filesPart(nodeFs.space, atMs, logs),
      };
    }),
    volume: files?.volumes.map(({ name, claim, space, used }) => ({
      ...filesPart(space, atMs, used),
      name,
      pvcRef: claim,
    })),
    "ephemeral-storage": filesPart(nodeFs.space, atMs, {
      bytes: ephemeral.reduce((sum, { bytes }) => sum + bytes, 0),
      inodes: files && sumOfInodes(ephemeral),
    }),
    process_stats: processesPart(pod),
  };
}

const layerOf = (stats: DetailedContainer["stats"]): Used => ({
  bytes: stats.writableLayerBytes,
  inodes: stats.writableLayerInodes,
});

const sumOfInodes = (parts: readonly Used[]): number =>
  parts.reduce((sum, { inodes = 0 }) => sum + inodes, 0);

/** Those of its containers and of its sandbox; absent where nobody counts. */
function processesPart({ containers, sandbox }: DetailedPod): object | undefined {
  const counts = [...containers, ...(sandbox ? [sandbox] : [])].flatMap(({ details }) =>
    details?.processes === undefined ? [] : [details.processes],
  );
  if (counts.length === 0) return undefined;
  return { process_count: counts.reduce((sum, count) => sum + count, 0) };
}
