import type { WatchEvent } from "#api/request.ts";
import type { StoredObject } from "../sealed.ts";

/** One change of one object, and the events that watchers see of it: each is made at most once. */
export class Transition {
  readonly revision: number;
  readonly namespace: string;
  readonly before: StoredObject | undefined;
  readonly after: StoredObject | undefined;
  #added: WatchEvent | undefined;
  #modified: WatchEvent | undefined;
  #deleted: WatchEvent | undefined;

  constructor(
    at: { readonly revision: number; readonly namespace: string },
    before: StoredObject | undefined,
    after: StoredObject | undefined,
  ) {
    this.revision = at.revision;
    this.namespace = at.namespace;
    this.before = before;
    this.after = after;
  }

  get bytes(): number {
    return (this.before?.bytes ?? 0) + (this.after?.bytes ?? 0);
  }

  /** For a watcher that selects the object before and after, only one of them, or neither. */
  event(isBefore: boolean, isAfter: boolean): WatchEvent | undefined {
    if (isAfter && this.after) {
      if (isBefore && this.before)
        return (this.#modified ??= eventOf("MODIFIED", this.after, this.before));
      return (this.#added ??= eventOf("ADDED", this.after));
    }
    if (!isBefore || !this.before) return undefined;
    // The last state, under the revision at which it left.
    return (this.#deleted ??= eventOf("DELETED", this.before.at(this.revision)));
  }
}

const eventOf = (
  type: "ADDED" | "MODIFIED" | "DELETED",
  sealed: StoredObject,
  previous?: StoredObject,
): WatchEvent => ({ type, sealed, previous });
