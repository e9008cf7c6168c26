/**
 * Pods that every node refused, until something happens that may change that. Pods that are alike
 * are asked about together: thousands of one template cost one question per event.
 */
import type { ClusterEvent } from "../cluster-event.ts";
import type { Kin } from "../snapshot/pod-info.ts";
import type { Interested } from "./interests.ts";
import type { QueuedPod } from "./queued-pod.ts";

export class RefusedPods {
  /** In the order in which they came. */
  readonly #pods = new Map<QueuedPod, Kin>();
  readonly #kins = new Map<Kin, Set<QueuedPod>>();

  get size(): number {
    return this.#pods.size;
  }

  oldest(): QueuedPod | undefined {
    const [pod] = this.#pods.keys();
    return pod;
  }

  *all(): Iterable<QueuedPod> {
    yield* this.#pods.keys();
  }

  add(queued: QueuedPod): void {
    const { kin } = queued.pod;
    this.#pods.set(queued, kin);
    const alike = this.#kins.get(kin);
    if (alike) alike.add(queued);
    else this.#kins.set(kin, new Set([queued]));
  }

  remove(queued: QueuedPod): void {
    const kin = this.#pods.get(queued);
    if (!kin) return;
    this.#pods.delete(queued);
    const alike = this.#kins.get(kin);
    alike?.delete(queued);
    if (alike?.size === 0) this.#kins.delete(kin);
  }

  /** Those that the event may help. */
  helpedBy(event: ClusterEvent, interested: readonly Interested[]): readonly QueuedPod[] {
    const helped: QueuedPod[] = [];
    for (const alike of this.#kins.values()) {
      const helps = onceEach(interested, event);
      for (const queued of alike) {
        // Who was refused by nobody in particular is tried again whatever happens.
        const isHelped =
          queued.refusedBy.size === 0 ||
          interested.some((by) => queued.refusedBy.has(by.plugin) && helps(by, queued));
        if (isHelped) helped.push(queued);
      }
    }
    return helped;
  }
}

/** Asks each hint at most once, for the first pod that wants to know. */
function onceEach(
  interested: readonly Interested[],
  event: ClusterEvent,
): (by: Interested, queued: QueuedPod) => boolean {
  if (interested.length === 0) return () => false;
  const known = new Map<Interested, boolean>();
  return (by, { pod }) => {
    if (pod.shape.isPersonal) return by.hint(pod, event);
    const answer = known.get(by) ?? by.hint(pod, event);
    known.set(by, answer);
    return answer;
  };
}
