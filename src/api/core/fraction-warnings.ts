/** Bytes come whole. upstream: pkg/api/pod/warnings.go, pkg/api/persistentvolumeclaim/util.go */
import { quantityOf } from "#base/quantity.ts";

// exact: apiserver
export function* fractionWarnings(amount: string | undefined, at: string): Iterable<string> {
  if (amount === undefined || quantityOf(amount).milliValue() % 1_000 === 0) return;
  yield `${at}: fractional byte value "${amount}" is invalid, must be an integer`;
}
