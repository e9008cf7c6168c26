/** How objects of one kind are told to people: one file per kind, listed in `describers.ts`. */
import type { ApiObject, Kind } from "#api/kind.ts";
import type { Event } from "#api/core/event.ts";
import type { Session } from "../session.ts";
import type { Page } from "./page.ts";

export interface Telling {
  readonly session: Session;
  readonly nowMs: number;
  /** About the object, oldest first; undefined when nobody wants them. */
  readonly events: readonly Event[] | undefined;
}

export interface Describer<T extends ApiObject> {
  readonly kind: Kind<T>;
  /** Its page does not end with the events. */
  readonly hidesEvents?: true;
  readonly describe: (page: Page, object: T, telling: Telling) => void | Promise<void>;
}

// oxlint-disable-next-line typescript/no-explicit-any -- describers of all kinds stand in one list.
export type AnyDescriber = Describer<any>;

export const defineDescriber = <T extends ApiObject, In>(
  describer: Omit<Describer<T>, "kind"> & { readonly kind: Kind<T, In> },
): Describer<T> => Object.freeze(describer);
