/** What the pods of one node take, kept as they come and go. */
import type { Pod } from "#api/core/pod.ts";
import { countOf, podRequests } from "#api/core/resources.ts";
import { hostPortsOf, type Occupancy } from "#kubelet/admission.ts";

interface Share {
  readonly amounts: readonly (readonly [resource: string, amount: number])[];
  readonly hostPorts: readonly string[];
}

export class RunningOccupancy implements Occupancy {
  readonly #shares = new Map<string, Share>();
  readonly #used = new Map<string, number>();
  readonly #ports = new Set<string>();

  get pods(): number {
    return this.#shares.size;
  }

  readonly used = (resource: string): number => this.#used.get(resource) ?? 0;

  readonly isTaken = (hostPort: string): boolean => this.#ports.has(hostPort);

  add(uid: string, pod: Pod): void {
    if (this.#shares.has(uid)) return;
    const amounts = [...podRequests(pod)].map(
      ([name, quantity]) => [name, countOf(name, quantity)] as const,
    );
    const hostPorts = hostPortsOf(pod);
    this.#shares.set(uid, { amounts, hostPorts });
    for (const [name, amount] of amounts) this.#used.set(name, this.used(name) + amount);
    for (const port of hostPorts) this.#ports.add(port);
  }

  /** False when it was not there. */
  remove(uid: string): boolean {
    const share = this.#shares.get(uid);
    if (!share) return false;
    this.#shares.delete(uid);
    for (const [name, amount] of share.amounts) this.#used.set(name, this.used(name) - amount);
    for (const port of share.hostPorts) this.#ports.delete(port);
    return true;
  }

  clear(): void {
    this.#shares.clear();
    this.#used.clear();
    this.#ports.clear();
  }
}
