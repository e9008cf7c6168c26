/**
 * What carries a request to the server and its answer back. `typed.ts` says what to ask; a
 * transport knows how: by a call in the same process, or over HTTPS.
 */
import type { AnyKind } from "#api/kind.ts";
import type { ApiRequest, ApiResponse } from "#api/request.ts";
import type { Connection } from "./client.ts";

export interface TransportRequest extends Omit<ApiRequest, "caller" | "upgrade"> {
  /** How to read a successful answer that came as bytes; left as it is when absent. */
  readonly expects?: "object" | "list" | "watch" | undefined;
  /** The kind of the object, of the list's items, of the watched objects. */
  readonly kind?: AnyKind | undefined;
}

export interface Transport {
  /** Failures of the API are answers too; throws only when there is no answer. */
  readonly request: (request: TransportRequest) => Promise<ApiResponse>;
  readonly connect: (request: TransportRequest) => Promise<Connection>;
  /** How many objects a list should ask for at once; everything when absent. */
  readonly pageSize?: number;
}
