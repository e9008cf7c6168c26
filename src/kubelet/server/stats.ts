/**
 * What pods and the node use, for autoscalers and dashboards.
 * upstream: pkg/kubelet/server/stats, pkg/kubelet/metrics/collectors/resource_metrics.go
 */
import { podGroupPath } from "../container/resources.ts";
import { containerNameOf, ownerOf } from "../container/labels.ts";
import type { Cgroups, GroupUsage } from "../ports.ts";
import type { ContainerRuntime, ContainerStats } from "../runtime.ts";
import type { ServedPod, ServedPods, ServerWorkshop } from "./facts.ts";

export interface PodContainers {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly startedAtMs: number;
  readonly containers: readonly ContainerUsage[];
}

export interface PodUsage extends PodContainers {
  readonly usage: GroupUsage | undefined;
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
    podUsages(workshop, [...workers]),
  ]);
  return { atMs: workshop.clock.now(), node, pods };
}

interface Sources extends Pick<ServerWorkshop, "cgroupRoot"> {
  readonly cgroups: Pick<Cgroups, "usage">;
  readonly runtime: Pick<ContainerRuntime, "listContainerStats">;
}

type Pod = Pick<ServedPod, "state">;

/** What these pods use at this moment. */
export async function podUsages(
  { runtime, cgroups, cgroupRoot }: Sources,
  pods: readonly Pod[],
): Promise<readonly PodUsage[]> {
  const usageOf = async (pod: Pod | undefined): Promise<GroupUsage | undefined> =>
    pod?.state.pod && cgroups.usage(podGroupPath(pod.state.pod, cgroupRoot));
  const all = await podContainers(runtime, pods);
  return Promise.all(all.map(async (one, i) => ({ ...one, usage: await usageOf(pods[i]) })));
}

/** What the runtime tells of the containers of these pods that run: in the order of the pods. */
export async function podContainers(
  runtime: Sources["runtime"],
  pods: readonly Pod[],
): Promise<readonly PodContainers[]> {
  const all = await runtime.listContainerStats();
  const byPod = Map.groupBy(all, ({ labels }) => ownerOf(labels)?.uid ?? "");
  return pods.map(({ state }) => {
    const { namespace, name, uid, startedAtMs } = state;
    const observed = new Map((state.runtime?.containers ?? []).map((c) => [c.id, c]));
    const containers = (byPod.get(uid) ?? []).flatMap((stats) => {
      const container = observed.get(stats.id);
      if (container?.state !== "running") return [];
      const { image, startedAtMs: since } = container;
      const ownName = containerNameOf(stats.labels);
      return [{ name: ownName, id: stats.id, image, startedAtMs: since, stats }];
    });
    return { namespace, name, uid, startedAtMs, containers };
  });
}
