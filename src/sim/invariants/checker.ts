/** Holds all invariants against a run, step by step, and keeps the hash of what happened. */
import { createHash, type Hash } from "node:crypto";
import type { Change, Store } from "#store/store.ts";
import * as catalog from "./catalog.ts";
import type { Checks, Invariant, InvariantWorld } from "./invariant.ts";
import { View } from "./view.ts";

interface Checking {
  readonly says: string;
  readonly checks: Checks;
}

/** A cluster in which something holds no more that always should. */
export class InvariantViolated extends Error {
  override readonly name = "InvariantViolated";
}

export interface CheckerOptions extends Omit<InvariantWorld, "view" | "violated"> {
  readonly store: Store;
  readonly seed: number;
}

export class Checker implements Disposable {
  readonly #options: CheckerOptions;
  readonly #view: View;
  readonly #hash: Hash = createHash("sha256");
  readonly #all: readonly Checking[];
  readonly #watch: Disposable;
  #violation: InvariantViolated | undefined;

  static async start(options: CheckerOptions): Promise<Checker> {
    return new Checker(options, await View.of(options.store));
  }

  private constructor(options: CheckerOptions, view: View) {
    this.#options = options;
    this.#view = view;
    this.#all = Object.values(catalog as Record<string, Invariant>).map(({ says, check }) => {
      const violated = (why: string): void => this.#violated(says, why);
      return { says, checks: check({ ...options, view, violated }) };
    });
    const { store } = options;
    this.#watch = store.watch({ prefix: "", after: view.revision }, (changes) => {
      for (const change of changes) this.#changed(change);
    });
  }

  [Symbol.dispose](): void {
    this.#watch[Symbol.dispose]();
  }

  /** Of every change so far: two runs with the same one were the same run. */
  get trace(): string {
    return this.#hash.copy().digest("hex").slice(0, traceLength);
  }

  /** Throws the first thing that was found to be wrong. */
  step(): void {
    for (const { says, checks } of this.#all) this.#found(says, checks.stepped?.());
    if (this.#violation) throw this.#violation;
  }

  /** Throws what is wrong although nothing is going on any more. */
  rest(): void {
    for (const { says, checks } of this.#all) this.#found(says, checks.rested?.());
    this.step();
  }

  #changed(change: Change): void {
    const { key, revision, entry } = change;
    this.#hash.update(`${revision} ${key} `).update(entry?.value ?? "gone");
    const seen = this.#view.follow(change);
    for (const { says, checks } of this.#all) this.#found(says, checks.changed?.(seen));
  }

  #found(says: string, why: string | undefined): void {
    if (why !== undefined) this.#violated(says, why);
  }

  #violated(says: string, why: string): void {
    const { clock, seed } = this.#options;
    const time = new Date(clock.now()).toISOString();
    this.#violation ??= new InvariantViolated(
      `${says}: ${why} (seed ${seed}, ${time}, revision ${this.#view.revision}, trace ${this.trace})`,
    );
  }
}

const traceLength = 16;
