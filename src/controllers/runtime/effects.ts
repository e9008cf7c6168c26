/** What a controller wants done. Plain data: the runtime performs it, a test compares it. */
import type { AnyKind, ApiObject } from "#api/kind.ts";
import type { DeleteOptions, Patch } from "#client/client.ts";

export type Effect =
  | { readonly do: "create"; readonly kind: AnyKind; readonly object: object }
  /** The whole object, as it should be; fails with Conflict when it changed meanwhile. */
  | { readonly do: "update"; readonly kind: AnyKind; readonly object: ApiObject }
  | {
      readonly do: "patch";
      readonly kind: AnyKind;
      readonly object: ApiObject;
      readonly patch: Patch;
    }
  | {
      readonly do: "delete";
      readonly kind: AnyKind;
      readonly object: ApiObject;
      readonly options: DeleteOptions;
    }
  /** Not written when it already is like that. */
  | {
      readonly do: "setStatus";
      readonly kind: AnyKind;
      readonly object: ApiObject;
      readonly status: object;
    }
  | { readonly do: "event"; readonly about: ApiObject; readonly event: EventText }
  | { readonly do: "wakeIn"; readonly delayMs: number }
  /** Talks to the outside (or does what no other effect says), then the object is looked at again. */
  | { readonly do: "perform"; readonly name: string; readonly io: Io };

export interface EventText {
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
}

export type Io = (signal: AbortSignal) => Promise<void>;
