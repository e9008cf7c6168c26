import type { WatchEvent } from "#api/request.ts";
import type { Selection } from "./selection.ts";
import type { Transition } from "./transition.ts";
import { WatchStream } from "./watch-stream.ts";

export interface WatcherOptions {
  /** Changes up to and including this revision are known already. */
  readonly after: number;
  readonly wantsBookmarks: boolean;
  readonly onEnd: () => void;
}

/** One watch: which changes concern it, and how far it has seen. */
export class Watcher {
  readonly selection: Selection;
  readonly stream: WatchStream;
  readonly #after: number;
  readonly #wantsBookmarks: boolean;
  /** The newest revision that the reader was told. */
  #told: number;

  constructor(selection: Selection, options: WatcherOptions) {
    this.selection = selection;
    this.stream = new WatchStream(options.onEnd);
    this.#after = options.after;
    this.#wantsBookmarks = options.wantsBookmarks;
    this.#told = options.after;
  }

  /** True when there is something new to read. */
  offer(transition: Transition): boolean {
    const event = this.#eventOf(transition);
    if (!event) return false;
    this.stream.push(event);
    this.#told = transition.revision;
    return true;
  }

  #eventOf(transition: Transition): WatchEvent | undefined {
    const { namespace, isEverything, matches } = this.selection;
    if (transition.revision <= this.#after) return undefined;
    if (namespace !== "" && namespace !== transition.namespace) return undefined;
    if (isEverything) return transition.event(true, true);
    const { before, after } = transition;
    return transition.event(
      before !== undefined && matches(before.object),
      after !== undefined && matches(after.object),
    );
  }

  /** How far the server has come would be news. */
  isBehind(revision: number): boolean {
    return this.#wantsBookmarks && revision > this.#told;
  }

  /** Says how far the server has come, when that is news. */
  bookmark(revision: number): void {
    if (!this.isBehind(revision)) return;
    this.#told = revision;
    this.stream.push({ type: "BOOKMARK", revision, isInitialEnd: false });
    this.stream.flush();
  }
}
