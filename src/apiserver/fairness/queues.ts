/**
 * Requests that wait, in queues that are dealt to flows by hash and served in fair turns: each queue has a
 * virtual time, which what its requests use moves on; the queue that is furthest behind is next.
 * upstream: staging/src/k8s.io/apiserver/pkg/util/flowcontrol/fairqueuing/queueset/queueset.go
 */
import type { QueuingConfiguration } from "#api/flowcontrol/prioritylevelconfiguration.ts";
import { dealHand } from "#api/flowcontrol/shuffle-sharding.ts";
import { estimatedSeconds } from "./numbers.ts";
import type { Context } from "../context.ts";
import type { Flow } from "./flow.ts";

export interface Waiting {
  readonly flow: Flow;
  readonly distinguisher: string;
  /** Of flow and distinguisher. */
  readonly hash: bigint;
  readonly width: number;
  readonly context: Context;
  /** For people. */
  readonly arrived: number;
  readonly start: (from: Queue) => void;
}

export interface Queue {
  readonly index: number;
  readonly waiting: Waiting[];
  executing: number;
  seats: number;
  /** Virtual seconds at which its next request is due. */
  nextR: number;
}

const waitingSeats = ({ waiting }: Queue): number =>
  waiting.reduce((all, { width }) => all + width, 0);

export class Queues {
  readonly #configuration: QueuingConfiguration;
  readonly #queues: readonly Queue[];
  /** Virtual seconds. */
  #now = 0;
  #atMs: number;
  #turn = 0;
  #length = 0;

  constructor(configuration: QueuingConfiguration, atMs: number) {
    this.#configuration = configuration;
    this.#atMs = atMs;
    this.#queues = Array.from({ length: configuration.queues }, (_, index) => ({
      index,
      waiting: [],
      executing: 0,
      seats: 0,
      nextR: 0,
    }));
  }

  get length(): number {
    return this.#length;
  }

  get all(): readonly Queue[] {
    return this.#queues;
  }

  isLike({ queues, handSize, queueLengthLimit }: QueuingConfiguration): boolean {
    const own = this.#configuration;
    const isSize = own.queues === queues && own.handSize === handSize;
    return isSize && own.queueLengthLimit === queueLengthLimit;
  }

  /** False: the shortest queue of the flow's hand is full. */
  add(one: Waiting, isKnown = false): boolean {
    const queue = this.#shortestOf(one.hash);
    if (!queue) return false;
    const isFull = queue.waiting.length >= this.#configuration.queueLengthLimit;
    if (isFull && !isKnown) return false;
    // Nobody saves up time while he does nothing.
    if (queue.waiting.length === 0 && queue.executing === 0) queue.nextR = this.#now;
    queue.waiting.push(one);
    this.#length++;
    return true;
  }

  remove(one: Waiting): void {
    for (const { waiting } of this.#queues) {
      const at = waiting.indexOf(one);
      if (at < 0) continue;
      waiting.splice(at, 1);
      this.#length--;
      return;
    }
  }

  /** The queue whose turn it is, among those where somebody waits. */
  next(): Queue | undefined {
    let found: Queue | undefined;
    let least = Infinity;
    const count = this.#queues.length;
    for (let i = 1; i <= count; i++) {
      const queue = this.#queues[(this.#turn + i) % count];
      const first = queue?.waiting[0];
      if (!queue || !first) continue;
      const due = queue.nextR + first.width * estimatedSeconds;
      if (due < least) [found, least] = [queue, due];
    }
    return found;
  }

  /** Its first request is served from now on. */
  start(queue: Queue): Waiting | undefined {
    const first = queue.waiting.shift();
    if (!first) return undefined;
    this.#length--;
    this.#turn = queue.index;
    queue.executing++;
    queue.seats += first.width;
    queue.nextR += first.width * estimatedSeconds;
    return first;
  }

  /** A request of the queue was served: what it really took is charged. */
  end(queue: Queue, { width }: Waiting, tookMs: number): void {
    queue.executing--;
    queue.seats -= width;
    queue.nextR += width * (tookMs / 1_000 - estimatedSeconds);
  }

  /** Virtual time goes on as fast as one queue among all that want something is served. */
  pass(nowMs: number, seatsUsed: number): void {
    const active = this.#queues.filter((each) => each.waiting.length > 0 || each.executing > 0);
    const tookMs = nowMs - this.#atMs;
    this.#atMs = nowMs;
    if (active.length > 0) this.#now += ((tookMs / 1_000) * seatsUsed) / active.length;
  }

  #shortestOf(hash: bigint): Queue | undefined {
    const { queues, handSize } = this.#configuration;
    let found: Queue | undefined;
    let least = Infinity;
    for (const index of dealHand(hash, queues, handSize)) {
      const queue = this.#queues[index];
      if (!queue) continue;
      const load = waitingSeats(queue) + queue.seats;
      if (load < least) [found, least] = [queue, load];
    }
    return found;
  }
}
