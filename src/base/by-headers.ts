import type { HttpHeaders } from "./http.ts";

/**
 * What follows from headers, found out once: the requests of a connection mostly come with the very same ones, which
 * never change (docs/decisions/0003-http.md).
 */
export function byHeaders<T>(derive: (headers: HttpHeaders) => T): (headers: HttpHeaders) => T {
  const known = new WeakMap<HttpHeaders, { readonly value: T }>();
  return (headers) => {
    const found = known.get(headers);
    if (found) return found.value;
    const value = derive(headers);
    if (Object.isFrozen(headers)) known.set(headers, { value });
    return value;
  };
}
