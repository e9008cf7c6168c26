/** Limits of containers that follow from others. upstream: pkg/apis/core/v1/defaults.go#SetDefaults_LimitRangeItem */
import type { Draft } from "#schema/struct.ts";
import type { LimitRangeItem } from "./limitrange.ts";
import { roundUpToMilli } from "./resource-amounts.ts";

type List = Record<string, string>;

export function defaultLimits(draft: Draft<LimitRangeItem>): void {
  for (const list of ["max", "min", "default", "defaultRequest"] as const) {
    roundUpToMilli(draft[list]);
  }
  if (draft.type !== "Container") return;
  const limits: List = { ...draft.max, ...draft.default };
  const requests: List = { ...draft.min, ...limits, ...draft.defaultRequest };
  setFilled(draft, "default", limits);
  setFilled(draft, "defaultRequest", requests);
}

/** By name, as Go prints maps; an empty one is left out. */
function setFilled(
  draft: Draft<LimitRangeItem>,
  field: "default" | "defaultRequest",
  list: List,
): void {
  const entries = Object.entries(list).toSorted(([a], [b]) => (a < b ? -1 : 1));
  if (entries.length > 0) draft[field] = Object.fromEntries(entries);
}
