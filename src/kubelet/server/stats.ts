/**
 * What pods and the node use, for autoscalers and dashboards.
 * upstream: pkg/kubelet/server/stats, pkg/kubelet/metrics/collectors/resource_metrics.go
 */
import { formatTime } from "#base/clock.ts";
import { podGroupPath } from "../container/resources.ts";
import { containerNameOf, ownerOf } from "../container/labels.ts";
import type { Cgroups, GroupUsage } from "../ports.ts";
import type { ContainerRuntime, ContainerStats } from "../runtime.ts";
import type { ServedPod, ServedPods, ServerWorkshop } from "./facts.ts";

export interface PodUsage {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly startedAtMs: number;
  readonly usage: GroupUsage | undefined;
  readonly containers: readonly ContainerUsage[];
}

export interface ContainerUsage {
  readonly name: string;
  readonly id: string;
  readonly image: string;
  readonly startedAtMs: number;
  readonly stats: ContainerStats;
}

export interface Usage {
  readonly atMs: number;
  readonly node: GroupUsage | undefined;
  readonly pods: readonly PodUsage[];
}

interface StatsOptions {
  readonly workshop: ServerWorkshop;
  readonly pods: ServedPods;
}

export class Stats {
  readonly #options: StatsOptions;
  /** The sample before, for rates. */
  readonly #before = new Map<string, Sample>();

  constructor(options: StatsOptions) {
    this.#options = options;
  }

  async take(): Promise<Usage> {
    const { workshop, pods } = this.#options;
    const [node, usages] = await Promise.all([
      workshop.cgroups.usage("/"),
      podUsages(workshop, pods.workers),
    ]);
    return { atMs: workshop.clock.now(), node, pods: usages };
  }

  /** `/stats/summary` */
  async summary(nodeName: string): Promise<object> {
    const usage = await this.take();
    const { disk, folders } = this.#options.workshop;
    const { totalBytes, freeBytes } = await disk.space(folders.root);
    const fs = {
      time: formatTime(usage.atMs),
      availableBytes: freeBytes,
      capacityBytes: totalBytes,
      usedBytes: totalBytes - freeBytes,
    };
    return {
      node: { nodeName, ...this.#groupSummary("node", usage.node, usage.atMs), fs },
      pods: usage.pods.map((pod) => this.#podSummary(pod, usage.atMs)),
    };
  }

  #podSummary({ namespace, name, uid, startedAtMs, usage, containers }: PodUsage, atMs: number) {
    return {
      podRef: { name, namespace, uid },
      startTime: formatTime(startedAtMs),
      containers: containers.map((container) => ({
        name: container.name,
        startTime: formatTime(container.startedAtMs),
        cpu: this.#cpu(container.id, container.stats.cpuNanoseconds, container.stats.atMs),
        memory: {
          time: formatTime(container.stats.atMs),
          usageBytes: container.stats.memoryUsageBytes,
          workingSetBytes: container.stats.memoryWorkingSetBytes,
        },
        rootfs: {
          time: formatTime(container.stats.atMs),
          usedBytes: container.stats.writableLayerBytes,
        },
      })),
      ...this.#groupSummary(uid, usage, atMs),
    };
  }

  #groupSummary(key: string, usage: GroupUsage | undefined, atMs: number): object {
    if (!usage) return {};
    return {
      cpu: this.#cpu(key, usage.cpuNanoseconds, atMs),
      memory: {
        time: formatTime(atMs),
        usageBytes: usage.memoryBytes,
        workingSetBytes: usage.workingSetBytes,
      },
    };
  }

  /** The rate since the sample before; absent the first time. */
  #cpu(key: string, nanoseconds: number, atMs: number): object {
    const before = this.#before.get(key);
    if (this.#before.size > samplesMax) this.#before.clear();
    this.#before.set(key, { nanoseconds, atMs });
    const passedMs = before ? atMs - before.atMs : 0;
    const total = { time: formatTime(atMs), usageCoreNanoSeconds: nanoseconds };
    if (!before || passedMs <= 0) return total;
    const rate = ((nanoseconds - before.nanoseconds) * 1_000) / passedMs;
    return { ...total, usageNanoCores: Math.max(Math.round(rate), 0) };
  }
}

type Sources = Pick<ServerWorkshop, "cgroupRoot"> & {
  readonly cgroups: Pick<Cgroups, "usage">;
  readonly runtime: Pick<ContainerRuntime, "listContainerStats">;
};

/** What these pods use at this moment. */
export async function podUsages(
  { runtime, cgroups, cgroupRoot }: Sources,
  pods: Iterable<Pick<ServedPod, "state">>,
): Promise<readonly PodUsage[]> {
  const all = await runtime.listContainerStats();
  const byPod = Map.groupBy(all, ({ labels }) => ownerOf(labels)?.uid ?? "");
  const usages = [...pods].map(async ({ state }): Promise<PodUsage> => {
    const path = state.pod && podGroupPath(state.pod, cgroupRoot);
    const { namespace, name, uid, startedAtMs } = state;
    const observed = new Map((state.runtime?.containers ?? []).map((c) => [c.id, c]));
    const containers = (byPod.get(uid) ?? []).flatMap((stats) => {
      const container = observed.get(stats.id);
      if (container?.state !== "running") return [];
      const { image, startedAtMs: since } = container;
      const ownName = containerNameOf(stats.labels);
      return [{ name: ownName, id: stats.id, image, startedAtMs: since, stats }];
    });
    const usage = path === undefined ? undefined : await cgroups.usage(path);
    return { namespace, name, uid, startedAtMs, usage, containers };
  });
  return Promise.all(usages);
}

interface Sample {
  readonly nanoseconds: number;
  readonly atMs: number;
}

const samplesMax = 10_000;
