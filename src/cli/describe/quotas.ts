/** Quotas and limits, alone and as part of their namespace. */
import type { LimitRange } from "#api/core/limitrange.ts";
import type { ResourceQuota } from "#api/core/resourcequota.ts";
import type { Page } from "./page.ts";

type Row = readonly [resource: string, used: string, hard: string];

export const quotaRows = ({ status: { hard = {}, used = {} } }: ResourceQuota): readonly Row[] =>
  Object.keys(hard)
    .toSorted()
    .map((name) => [name, used[name] ?? "0", hard[name] ?? "0"]);

// exact: kubectl
const scopeTexts: Readonly<Record<string, string>> = {
  Terminating:
    "Matches all pods that have an active deadline. These pods have a limited lifespan on a node before being actively terminated by the system.",
  NotTerminating:
    "Matches all pods that do not have an active deadline. These pods usually include long running pods whose container command is not expected to terminate.",
  BestEffort:
    "Matches all pods that do not have resource requirements set. These pods have a best effort quality of service.",
  NotBestEffort:
    "Matches all pods that have at least one resource requirement set. These pods have a burstable or guaranteed quality of service.",
};

export function describeScopes(page: Page, quota: ResourceQuota, level: number): void {
  const scopes = (quota.spec.scopes ?? []).toSorted();
  if (scopes.length === 0) return;
  page.line(level, "Scopes:", scopes.join(", "));
  const mark = level === 0 ? " *" : "*";
  for (const scope of scopes) {
    const text = scopeTexts[scope];
    if (text !== undefined) page.line(level, `${mark} ${text}`);
  }
}

export const limitHeaders = [
  "Type",
  "Resource",
  "Min",
  "Max",
  "Default Request",
  "Default Limit",
  "Max Limit/Request Ratio",
];

export function limitRows({ spec }: LimitRange): readonly (readonly string[])[] {
  return spec.limits.flatMap((item) => {
    const { type, min, max, defaultRequest, default: limit, maxLimitRequestRatio } = item;
    const lists = [min, max, defaultRequest, limit, maxLimitRequestRatio];
    const names = new Set(lists.flatMap((list) => Object.keys(list ?? {})));
    return [...names]
      .toSorted()
      .map((name) => [type, name, ...lists.map((list) => list?.[name] ?? "-")]);
  });
}
