/**
 * Keeps a client from flooding the server: of its calls so many are under way at once, the others
 * wait here, where that costs nothing, instead of being told to come back.
 */
import type { Gate } from "#base/gate.ts";
import type { Transport, TransportRequest } from "../transport.ts";

/** Several clients may share a gate. */
export const gated = (transport: Transport, gate: Gate): Transport => ({
  ...transport,
  request: (request) =>
    isWriting(request)
      ? gate.through(() => transport.request(request))
      : transport.request(request),
});

/** Reading may last as long as a watch does. */
const isWriting = ({ method }: TransportRequest): boolean => method !== "GET";
