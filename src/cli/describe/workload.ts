/** What the pages of those that run pods have in common. */
import { Pod } from "#api/core/pod.ts";
import type { Telling } from "./describer.ts";
import type { Page } from "./page.ts";

interface Owner {
  readonly metadata: {
    readonly uid?: string | undefined;
    readonly namespace?: string | undefined;
  };
}

/** exact: kubectl. `2 Running / 0 Waiting / 0 Succeeded / 0 Failed`, of the pods that it controls. */
export async function podsStatus(
  { metadata }: Owner,
  labelSelector: string,
  { session: { client, shell } }: Telling,
): Promise<string> {
  const { namespace = "" } = metadata;
  const { items } = await client.list(Pod, { namespace, labelSelector, signal: shell.signal });
  const own = items.filter(({ metadata: { ownerReferences = [] } }) =>
    ownerReferences.some(({ controller, uid }) => controller && uid === metadata.uid),
  );
  const count = (phase: string): number =>
    own.filter(({ status }) => status.phase === phase).length;
  return `${count("Running")} Running / ${count("Pending")} Waiting / ${count("Succeeded")} Succeeded / ${count("Failed")} Failed`;
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string | undefined;
}

export function describeConditions(page: Page, conditions: readonly Condition[] = []): void {
  if (conditions.length === 0) return;
  page.line(0, "Conditions:");
  page.table(
    1,
    ["Type", "Status", "Reason"],
    conditions.map(({ type, status, reason = "" }) => [`${type} `, status, reason]),
  );
}
