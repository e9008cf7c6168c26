/** What the pods of a node ask for, and how much of the node that is. */
import type { Node } from "#api/core/node.ts";
import { Pod } from "#api/core/pod.ts";
import { type Amounts, podLimits, podRequests } from "#api/core/resources.ts";
import { isReason } from "#api/errors.ts";
import { type Quantity, quantityOf, zeroQuantity } from "#base/quantity.ts";
import type { Telling } from "./describer.ts";
import type { Page } from "./page.ts";
import { since } from "./times.ts";

const always = ["cpu", "memory", "ephemeral-storage"];

// exact: kubectl, the texts of this file
export async function describeLoad(page: Page, node: Node, telling: Telling): Promise<void> {
  const pods = await podsOn(node, telling);
  if (!pods) return page.line(0, "Pods:", "not authorized");
  const share = sharesOf(node);
  page.line(0, "Non-terminated Pods:", `(${pods.length} in total)`);
  const headers = ["CPU Requests", "CPU Limits", "Memory Requests", "Memory Limits", "Age"];
  page.line(1, "Namespace", "Name", "", ...headers);
  page.line(1, "---------", "----", "", ...headers.map((header) => "-".repeat(header.length)));
  for (const pod of pods) {
    const { namespace = "", name = "", creationTimestamp } = pod.metadata;
    const [requests, limits] = [podRequests(pod), podLimits(pod)];
    const cells = ["cpu", "memory"].flatMap((resource) => [
      share(requests, resource),
      share(limits, resource),
    ]);
    page.line(1, namespace, name, "", ...cells, since(creationTimestamp, telling.nowMs));
  }
  describeTotals(page, node, pods);
}

async function podsOn(
  { metadata }: Node,
  { session: { client, shell } }: Telling,
): Promise<readonly Pod[] | undefined> {
  const fieldSelector = `spec.nodeName=${metadata.name},status.phase!=Succeeded,status.phase!=Failed`;
  try {
    return (await client.list(Pod, { fieldSelector, signal: shell.signal })).items;
  } catch (cause) {
    if (isReason(cause, "Forbidden")) return undefined;
    throw cause;
  }
}

function describeTotals(page: Page, node: Node, pods: readonly Pod[]): void {
  const requests = sum(pods.map((pod) => podRequests(pod)));
  const limits = sum(pods.map((pod) => podLimits(pod)));
  const share = sharesOf(node);
  page.line(0, "Allocated resources:");
  page.line(1, "(Total limits may be over 100 percent, i.e., overcommitted.)");
  const isHuge = (name: string): boolean => name.startsWith("hugepages-");
  const others = Object.keys(allocatableOf(node))
    .filter((name) => !always.includes(name) && name !== "pods")
    .toSorted();
  const shared = [...always, ...others.filter(isHuge)];
  page.table(
    1,
    ["Resource", "Requests", "Limits"],
    [
      ...shared.map((name) => [name, share(requests, name), share(limits, name)]),
      ...others
        .filter((name) => !isHuge(name))
        .map((name) => [name, amountOf(requests, name), amountOf(limits, name)]),
    ],
  );
}

const allocatableOf = ({ status }: Node): Readonly<Record<string, string>> =>
  status.allocatable ?? status.capacity ?? {};

const quantityIn = (amounts: Amounts, name: string): Quantity => amounts.get(name) ?? zeroQuantity;
const amountOf = (amounts: Amounts, name: string): string => quantityIn(amounts, name).format();

/** `100m (2%)` */
function sharesOf(node: Node): (amounts: Amounts, name: string) => string {
  const whole = allocatableOf(node);
  return (amounts, name) => {
    const amount = quantityIn(amounts, name);
    const total = quantityOf(whole[name] ?? "0").milliValue();
    const percent = total === 0 ? 0 : Math.trunc((amount.milliValue() / total) * 100);
    return `${amount.format()} (${percent}%)`;
  };
}

function sum(all: readonly Amounts[]): Amounts {
  const total = new Map<string, Quantity>();
  for (const amounts of all)
    for (const [name, amount] of amounts) {
      const before = total.get(name);
      total.set(name, before ? before.add(amount) : amount);
    }
  return total;
}
