import type { Transition } from "./transition.ts";

const transitionsMax = 1_024;
const bytesMax = 8 * 1024 * 1024;

/** The latest changes of a kind: watches that were interrupted for a moment resume from it. */
export class History {
  #transitions: (Transition | undefined)[] = [];
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

  push(transition: Transition): void {
    this.#transitions.push(transition);
    this.#bytes += transition.bytes;
    while (this.#length > transitionsMax || (this.#bytes > bytesMax && this.#length > 1)) {
      this.#forgetFirst();
    }
  }

  since(revision: number): readonly Transition[] {
    let at = this.#transitions.length;
    while (at > this.#first && (this.#transitions[at - 1] as Transition).revision > revision) at--;
    return this.#transitions.slice(at) as Transition[];
  }

  /** A twin that goes its own way. */
  fork(): History {
    const twin = new History(this.#start);
    twin.#transitions = this.#transitions.slice(this.#first);
    twin.#bytes = this.#bytes;
    return twin;
  }

  get #length(): number {
    return this.#transitions.length - this.#first;
  }

  #forgetFirst(): void {
    const forgotten = this.#transitions[this.#first] as Transition;
    this.#transitions[this.#first++] = undefined;
    this.#bytes -= forgotten.bytes;
    this.#start = forgotten.revision;
    if (this.#first < transitionsMax) return;
    this.#transitions.splice(0, this.#first);
    this.#first = 0;
  }
}
