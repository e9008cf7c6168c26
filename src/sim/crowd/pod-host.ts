/** What a pod of the crowd needs of its node. */
import type { Pod } from "#api/core/pod.ts";
import type { Clock } from "#base/clock.ts";
import type { Log } from "#base/log.ts";
import type { EventText } from "#client/events.ts";
import type { Behaviours } from "../nodes/behaviour.ts";
import type { Scene } from "./crowd-tasks.ts";

export interface PodHost {
  readonly clock: Clock;
  readonly log: Log;
  readonly behaviours: Behaviours;
  /** The part of a scene that is the same for all pods of the node. */
  readonly shared: Omit<Scene, "pod" | "containers" | "nowMs" | "started">;
  /** One of its containers runs, and uses something. */
  readonly usageGrew: () => void;
  readonly record: (pod: Pod, event: EventText & { readonly fieldPath?: string }) => void;
}
