/**
 * What pods and the node use, for autoscalers and dashboards.
 * upstream: pkg/kubelet/server/stats, pkg/kubelet/metrics/collectors/resource_metrics.go
 */
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

/** At this moment. */
export async function takeUsage(
  workshop: Sources & Pick<ServerWorkshop, "clock">,
  { workers }: ServedPods,
): Promise<Usage> {
  const [node, pods] = await Promise.all([
    workshop.cgroups.usage("/"),
    podUsages(workshop, workers),
  ]);
  return { atMs: workshop.clock.now(), node, pods };
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
