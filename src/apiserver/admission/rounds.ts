/**
 * Who among those that change objects has to be asked again in the second round.
 * upstream: apiserver/pkg/admission/plugin/webhook/mutating/reinvocationcontext.go
 */
import type { ApiObject } from "#api/kind.ts";
import { draftOf, equal } from "#schema/copy.ts";

export class Rounds {
  round = 0;
  /** Those that want to see later changes, asked since the last change. */
  readonly #asked = new Set<string>();
  readonly #due = new Set<string>();
  #left: ApiObject | undefined;

  isDue(key: string): boolean {
    return this.round === 0 || this.#due.has(key);
  }

  wantsMore(key: string): void {
    this.#asked.add(key);
  }

  changed(): void {
    for (const key of this.#asked) this.#due.add(key);
    this.#asked.clear();
  }

  /** The first round is over. */
  leave(draft: ApiObject): void {
    if (this.#asked.size > 0) this.#left = draftOf(draft) as ApiObject;
  }

  /** Others had another look meanwhile. */
  startAgain(draft: ApiObject): void {
    this.round = 1;
    if (this.#left && !equal(this.#left, draft)) this.changed();
  }
}
