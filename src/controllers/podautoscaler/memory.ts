/** What is known of autoscalers between two looks at them. A restart begins with cautious values. */
import type { LabelMatcher } from "#api/selectors.ts";
import type { Key } from "../runtime/controller.ts";
import { freshPast, type Past } from "./past.ts";

export class Memory {
  readonly #pasts = new Map<Key, Past>();
  readonly #selectors = new Map<Key, LabelMatcher>();

  past(key: Key, replicas: number, now: number): Past {
    const known = this.#pasts.get(key) ?? freshPast(replicas, now);
    this.#pasts.set(key, known);
    return known;
  }

  keep(key: Key, past: Past): void {
    this.#pasts.set(key, past);
  }

  selects(key: Key, selector: LabelMatcher): void {
    this.#selectors.set(key, selector);
  }

  /** Of the namespace, with the pods that they scale. */
  selectorsIn(namespace: string): readonly (readonly [Key, LabelMatcher])[] {
    return Array.from(this.#selectors).filter(([key]) => key.startsWith(`${namespace}/`));
  }

  forget(key: Key): void {
    this.#pasts.delete(key);
    this.#selectors.delete(key);
  }
}
