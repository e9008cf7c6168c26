/**
 * Pods to which a node was promised that is not free yet. Others of no higher priority have to leave
 * them their room. upstream: pkg/scheduler/backend/queue/nominator.go
 */
import type { PodInfo } from "./pod-info.ts";

interface Nomination {
  readonly pod: PodInfo;
  readonly nodeName: string;
}

export class Nominations {
  readonly #byNode = new Map<string, Map<string, PodInfo>>();
  readonly #ofPods = new Map<string, Nomination>();

  get size(): number {
    return this.#ofPods.size;
  }

  has(nodeName: string): boolean {
    return this.#byNode.size > 0 && this.#byNode.has(nodeName);
  }

  on(nodeName: string): Iterable<PodInfo> {
    return this.#byNode.get(nodeName)?.values() ?? [];
  }

  find(uid: string): string | undefined {
    return this.#ofPods.get(uid)?.nodeName;
  }

  /** Instead of what the pod was promised before. */
  set(pod: PodInfo, nodeName: string): void {
    this.remove(pod.uid);
    this.#ofPods.set(pod.uid, { pod, nodeName });
    const others = this.#byNode.get(nodeName);
    if (others) others.set(pod.uid, pod);
    else this.#byNode.set(nodeName, new Map([[pod.uid, pod]]));
  }

  /** The name of the node. */
  remove(uid: string): string | undefined {
    const nodeName = this.#ofPods.get(uid)?.nodeName;
    if (nodeName === undefined) return undefined;
    this.#ofPods.delete(uid);
    const others = this.#byNode.get(nodeName);
    others?.delete(uid);
    if (others?.size === 0) this.#byNode.delete(nodeName);
    return nodeName;
  }
}
