/**
 * What the values of a query mean. upstream: apimachinery/pkg/runtime/conversion.go
 */
import { badRequest } from "#api/errors.ts";
import { parseInt64 } from "#api/selectors.ts";

/** Whatever is there means yes, but for two ways to say no: `?stdin` is true. */
export const booleanValue = (text: string): boolean => !/^(false|0)$/i.test(text);

/** As Go's `strconv.ParseBool`, where upstream uses that. */
export const isTrue = (text: string): boolean => /^(1|t|T|true|TRUE|True)$/.test(text);

/** Throws BadRequest. */
export function integerValue(text: string): number {
  const value = parseInt64(text);
  if (value !== undefined) return Number(value);
  const problem = /^[+-]?\d+$/.test(text) ? "value out of range" : "invalid syntax";
  // exact: Go
  throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: ${problem}`);
}
