/**
 * Pods for which others have to leave. They are held until those are on their way out: tried before
 * that, they would choose further victims. upstream: preemption.go#prepareCandidateAsync
 */
import { AssertionFailed } from "#base/assert.ts";
import type { Log } from "#base/log.ts";
import type { Ports, PostFilterResult } from "../plugin.ts";
import type { QueuedPod } from "../queue/queued-pod.ts";
import type { SchedulingQueue } from "../queue/queue.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";

interface Options {
  readonly queue: SchedulingQueue;
  readonly snapshot: Snapshot;
  readonly log: Log;
}

interface Request {
  readonly queued: QueuedPod;
  /** Called when it goes on waiting because victims take their time. */
  readonly onWait: () => void;
}

interface Making extends Request {
  /** Victims that are not seen to leave yet. */
  readonly staying: Set<string>;
  readonly victims: readonly string[];
  isDone: boolean;
}

export class RoomMaking {
  readonly #options: Options;
  readonly #byVictim = new Map<string, Set<Making>>();

  constructor(options: Options) {
    this.#options = options;
  }

  async start(
    request: Request,
    { victims = [], perform }: PostFilterResult,
    ports: Ports,
  ): Promise<void> {
    const uids = victims.map(({ uid }) => uid);
    const making: Making = { ...request, staying: new Set(uids), victims: uids, isDone: false };
    for (const uid of uids) this.#await(uid, making);
    try {
      await perform?.(ports);
    } catch (cause) {
      if (cause instanceof AssertionFailed) throw cause;
      if (!ports.signal.aborted) {
        const { fullName } = request.queued.pod;
        this.#options.log.error("making room for a pod failed", { pod: fullName, cause });
      }
      // Those that left have left; it is tried again with what there is.
      for (const uid of uids) this.#heard(uid, making);
      making.staying.clear();
      return this.#release(making, true);
    }
    making.isDone = true;
    for (const uid of uids) if (this.#isLeaving(uid)) this.#left(uid, making);
    this.#check(making);
  }

  /** A pod is gone, or on its way out. */
  readonly seen = (uid: string): void => {
    for (const making of this.#byVictim.get(uid) ?? []) {
      this.#left(uid, making);
      this.#check(making);
    }
  };

  #check(making: Making): void {
    if (!making.isDone || making.staying.size > 0) return;
    making.isDone = false;
    const { snapshot } = this.#options;
    this.#release(
      making,
      making.victims.every((uid) => !snapshot.findPod(uid)),
    );
  }

  #release({ queued, onWait }: Making, isFree: boolean): void {
    this.#options.queue.release(queued, isFree ? "AssignedPodDelete" : undefined);
    if (!isFree) onWait();
  }

  #isLeaving(uid: string): boolean {
    return this.#options.snapshot.findPod(uid)?.pod.isTerminating ?? true;
  }

  #await(uid: string, making: Making): void {
    const others = this.#byVictim.get(uid);
    if (others) others.add(making);
    else this.#byVictim.set(uid, new Set([making]));
  }

  #left(uid: string, making: Making): void {
    making.staying.delete(uid);
    this.#heard(uid, making);
  }

  #heard(uid: string, making: Making): void {
    const others = this.#byVictim.get(uid);
    others?.delete(making);
    if (others?.size === 0) this.#byVictim.delete(uid);
  }
}
