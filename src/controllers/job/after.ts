/** What came of a look's writes. */
import { isReason } from "#api/errors.ts";
import type { Outcome } from "../runtime/effects.ts";

/** How things stand after what this look has created and deleted. */
export interface After {
  readonly active: number;
  readonly ready: number;
  readonly terminating: number;
  /** What went wrong with it. */
  readonly failure?: unknown;
}

/** Of a pod that was to go, or to be let go: one that went by itself is as good. */
export const isGone = (outcome: Outcome | undefined): boolean =>
  outcome !== undefined && (outcome.ok || isReason(outcome.cause, "NotFound"));
