import { LimitRange } from "#api/core/limitrange.ts";
import { Namespace } from "#api/core/namespace.ts";
import { ResourceQuota } from "#api/core/resourcequota.ts";
import { defineDescriber } from "./describer.ts";
import { describeLabels } from "./metadata.ts";
import type { Page } from "./page.ts";
import { describeScopes, limitHeaders, limitRows, quotaRows } from "./quotas.ts";

// exact: kubectl, the texts of this file
export const namespace = defineDescriber({
  kind: Namespace,
  hidesEvents: true,

  async describe(page, object, { session: { client, shell } }) {
    const inside = { namespace: object.metadata.name ?? "", signal: shell.signal };
    page.line(0, "Name:", object.metadata.name ?? "");
    describeLabels(page, object);
    page.line(0, "Status:", object.status.phase ?? "");
    describeConditions(page, object);
    page.line(0, "");
    describeQuotas(page, (await client.list(ResourceQuota, inside)).items);
    page.line(0, "");
    describeLimits(page, (await client.list(LimitRange, inside)).items);
  },
});

function describeConditions(page: Page, { status: { conditions = [] } }: Namespace): void {
  if (conditions.length === 0) return;
  page.line(0, "Conditions:");
  page.table(
    1,
    ["Type", "Status", "LastTransitionTime", "Reason", "Message"],
    conditions.map(({ type, status, lastTransitionTime, reason = "", message = "" }) => [
      type,
      status,
      lastTransitionTime ?? "<nil>",
      reason,
      message,
    ]),
  );
}

function describeQuotas(page: Page, quotas: readonly ResourceQuota[]): void {
  if (quotas.length === 0) return page.line(0, "No resource quota.");
  page.line(0, "Resource Quotas");
  for (const quota of quotas) {
    page.line(1, "Name:", quota.metadata.name ?? "");
    describeScopes(page, quota, 1);
    page.line(1, "Resource", "Used", "Hard");
    page.line(1, "--------", "---", "---");
    for (const row of quotaRows(quota)) page.line(1, ...row);
  }
}

function describeLimits(page: Page, limits: readonly LimitRange[]): void {
  if (limits.length === 0) return page.line(0, "No LimitRange resource.");
  page.line(0, "Resource Limits");
  const [type = "", ...headers] = limitHeaders;
  page.line(0, ` ${type}`, ...headers);
  page.line(0, " ----", ...headers.map((header) => "-".repeat(header.length)));
  for (const [first = "", ...cells] of limits.flatMap(limitRows))
    page.line(0, ` ${first}`, ...cells);
}
