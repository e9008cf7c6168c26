import { seconds } from "#base/clock.ts";
import type { Transition } from "./transition.ts";

const transitionsMax = 1_024;
const bytesMax = 8 * 1024 * 1024;
/** As upstream: apiserver/pkg/storage/cacher/watch_cache.go. The store knows what is older. */
const freshMs = seconds(75);

interface Kept {
  readonly transition: Transition;
  readonly atMs: number;
}

/** The latest changes of a kind: watches that were interrupted for a moment resume from it. */
export class History {
  #kept: (Kept | undefined)[] = [];
  #first = 0;
  #bytes = 0;
  #start: number;

  /** Nothing that happened up to and including `start` is known. */
  constructor(start: number) {
    this.#start = start;
  }

  /** What comes after this revision is here, without gaps. */
  get start(): number {
    return this.#start;
  }

  push(transition: Transition, atMs: number): void {
    this.#kept.push({ transition, atMs });
    this.#bytes += transition.bytes;
    while (this.#length > 1 && this.#isTooMuch(atMs - freshMs)) this.#forgetFirst();
  }

  #isTooMuch(sinceMs: number): boolean {
    return (
      this.#length > transitionsMax ||
      this.#bytes > bytesMax ||
      (this.#kept[this.#first] as Kept).atMs < sinceMs
    );
  }

  since(revision: number): readonly Transition[] {
    const { length } = this.#kept;
    let at = length;
    while (at > this.#first && (this.#kept[at - 1] as Kept).transition.revision > revision) at--;
    return Array.from({ length: length - at }, (_, i) => (this.#kept[at + i] as Kept).transition);
  }

  /** A twin that goes its own way. */
  fork(): History {
    const twin = new History(this.#start);
    twin.#kept = this.#kept.slice(this.#first);
    twin.#bytes = this.#bytes;
    return twin;
  }

  get #length(): number {
    return this.#kept.length - this.#first;
  }

  #forgetFirst(): void {
    const { transition } = this.#kept[this.#first] as Kept;
    this.#kept[this.#first++] = undefined;
    this.#bytes -= transition.bytes;
    this.#start = transition.revision;
    if (this.#first < transitionsMax) return;
    this.#kept.splice(0, this.#first);
    this.#first = 0;
  }
}
