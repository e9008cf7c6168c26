/** What is said to the next machine only, and not to the one behind it. */
import type { HttpHeaders } from "./http.ts";

const ofOneHop: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

export const isOfOneHop = (name: string): boolean => ofOneHop.has(name);

export const endToEnd = (headers: HttpHeaders): HttpHeaders =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !ofOneHop.has(name)));
