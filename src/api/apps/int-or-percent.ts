/**
 * Numbers that may also be given as a share of something: `2` or `25%`.
 * upstream: pkg/apis/apps/validation/validation.go, apimachinery/pkg/util/intstr
 */
import { nonNegative } from "#api/field-rules.ts";
import { invalidEach, percent } from "#api/names.ts";
import { type FieldError, invalid } from "#schema/field-error.ts";

export type IntOrPercent = number | string;

export function* nonNegativeIntOrPercent(path: string, value: IntOrPercent): Iterable<FieldError> {
  if (typeof value === "number") yield* nonNegative(path, value);
  else yield* invalidEach(path, value, percent(value));
}

export function* atMost100Percent(path: string, value: IntOrPercent): Iterable<FieldError> {
  if (typeof value !== "string" || percent(value).length > 0) return;
  if (Number.parseInt(value, 10) > 100) yield invalid(path, value, "must not be greater than 100%");
}

/** The number itself, or that before the percent sign: good for telling whether it is zero. */
export const amountOf = (value: IntOrPercent | undefined): number =>
  typeof value === "number" ? value : Number.parseInt(value ?? "0", 10) || 0;

/** The number meant, as a share of `total` when it is a percentage. */
export function scaledValue(
  value: IntOrPercent,
  { total, round }: { total: number; round: "up" | "down" },
): number {
  if (typeof value === "number") return value;
  const share = (amountOf(value) * total) / 100;
  return round === "up" ? Math.ceil(share) : Math.floor(share);
}
