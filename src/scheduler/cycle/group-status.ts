/** Tells in a pod group's status whether its pods got their nodes. upstream: schedule_one_podgroup.go#updatePodGroupCondition */
import { findCondition, withCondition } from "#api/meta/conditions.ts";
import { PodGroup } from "#api/scheduling/podgroup.ts";
import { formatTime } from "#base/clock.ts";
import type { Ports } from "../plugin.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import type { Outbox } from "./outbox.ts";

export interface GroupState {
  readonly status: "True" | "False";
  readonly reason: "Scheduled" | "Unschedulable" | "SchedulerError";
  readonly message: string;
}

interface Options {
  readonly snapshot: Snapshot;
  readonly outbox: Outbox;
  readonly ports: Ports;
}

const type = "PodGroupScheduled";

export class GroupStatus {
  readonly #options: Options;

  constructor(options: Options) {
    this.#options = options;
  }

  /** A group that was scheduled once stays so, whatever becomes of pods that come later. */
  tell({ namespace, groupName = "", groupKey = "" }: PodInfo, state: GroupState): void {
    const { snapshot, outbox, ports } = this.#options;
    const group = snapshot.objects.get(PodGroup, namespace, groupName);
    const { conditions = [] } = group?.status ?? {};
    const before = findCondition(conditions, type);
    if (!group || (before?.status === "True" && state.status !== "True")) return;
    const lastTransitionTime = formatTime(ports.clock.now());
    const after = withCondition(conditions, { type, ...state, lastTransitionTime });
    const key = `podgroup ${groupKey}`;
    if (after === conditions) return void outbox.drop(key);
    const condition = findCondition(after, type);
    const change = { metadata: { uid: group.metadata.uid }, status: { conditions: [condition] } };
    outbox.put(key, async () => {
      const at = { namespace, name: groupName, subresource: "status" };
      await ports.client.patch(PodGroup, at, { is: "strategic", change, signal: ports.signal });
    });
  }
}
