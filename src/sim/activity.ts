/** Notices whether anything still happens in a cluster: heartbeats and event counts do not count. */
import type { Clock } from "#base/clock.ts";
import type { Store } from "#store/store.ts";

/** Keys of what is written for ever, however quiet the cluster is. */
const restless = ["/registry/leases/", "/registry/events/"];

export class Activity implements Disposable {
  readonly #watch: Disposable;
  #lastMs: number;
  #lastKey = "";
  #isNew = false;

  constructor(store: Store, clock: Clock) {
    this.#lastMs = clock.now();
    const after = store.revision();
    this.#watch = store.watch({ prefix: "/registry/", after }, (changes) => {
      for (const { key } of changes) {
        if (restless.some((prefix) => key.startsWith(prefix))) continue;
        this.#lastMs = clock.now();
        this.#lastKey = key;
        this.#isNew = true;
      }
    });
  }

  /** When something last changed. */
  get lastMs(): number {
    return this.#lastMs;
  }

  /** Something changed since `rested` was last called. */
  get isNew(): boolean {
    return this.#isNew;
  }

  rested(): void {
    this.#isNew = false;
  }

  /** Where. */
  get lastKey(): string {
    return this.#lastKey;
  }

  [Symbol.dispose](): void {
    this.#watch[Symbol.dispose]();
  }
}
