import { Lease } from "#api/coordination/lease.ts";
import { rolesText } from "#api/core/node-columns.ts";
import { Node } from "#api/core/node.ts";
import { isReason } from "#api/errors.ts";
import type { Session } from "../session.ts";
import { describeAmounts } from "./containers.ts";
import { defineDescriber } from "./describer.ts";
import { describeLabels } from "./metadata.ts";
import { describeLoad } from "./node-load.ts";
import type { Page } from "./page.ts";
import { formatMoment } from "./times.ts";

// exact: kubectl, the texts of this file
export const node = defineDescriber({
  kind: Node,

  async describe(page, object, telling) {
    const { metadata, spec, status } = object;
    page.line(0, "Name:", metadata.name ?? "");
    page.line(0, "Roles:", rolesText(object));
    describeLabels(page, object);
    page.line(0, "CreationTimestamp:", formatMoment(metadata.creationTimestamp));
    page.list("Taints", taintTexts(object));
    page.line(0, "Unschedulable:", spec.unschedulable ?? false);
    await describeLease(page, metadata.name ?? "", telling.session);
    describeConditions(page, object);
    page.line(0, "Addresses:");
    for (const { type, address } of status.addresses ?? []) page.line(1, `${type}:`, address);
    describeAmounts(page, 0, { title: "Capacity:", amounts: status.capacity });
    describeAmounts(page, 0, { title: "Allocatable:", amounts: status.allocatable });
    describeSystem(page, object);
    page.optional(0, "PodCIDR:", spec.podCIDR);
    page.optional(0, "PodCIDRs:", spec.podCIDRs?.join(","));
    page.optional(0, "ProviderID:", spec.providerID);
    await describeLoad(page, object, telling);
  },
});

const taintTexts = ({ spec: { taints = [] } }: Node): readonly string[] =>
  taints
    .toSorted((a, b) => (`${a.effect},${a.key}` < `${b.effect},${b.key}` ? -1 : 1))
    .map(({ key, value, effect }) => `${key}${value ? `=${value}` : ""}:${effect}`);

async function describeLease(page: Page, name: string, { client }: Session): Promise<void> {
  try {
    const { spec } = await client.get(Lease, { namespace: "kube-node-lease", name });
    const { holderIdentity = "<unset>", acquireTime, renewTime } = spec;
    page.line(0, "Lease:");
    page.line(1, "HolderIdentity:", holderIdentity);
    page.line(1, "AcquireTime:", acquireTime ? formatMoment(acquireTime) : "<unset>");
    page.line(1, "RenewTime:", renewTime ? formatMoment(renewTime) : "<unset>");
  } catch (cause) {
    if (!isReason(cause, "NotFound") && !isReason(cause, "Forbidden")) throw cause;
    page.line(0, "Lease:", `Failed to get lease: ${cause.message}`);
  }
}

function describeConditions(page: Page, { status: { conditions = [] } }: Node): void {
  if (conditions.length === 0) return;
  page.line(0, "Conditions:");
  page.table(
    1,
    ["Type", "Status", "LastHeartbeatTime", "LastTransitionTime", "Reason", "Message"],
    conditions.map(({ type, status, lastHeartbeatTime, lastTransitionTime, reason, message }) => [
      `${type} `,
      `${status} `,
      `${formatMoment(lastHeartbeatTime)} `,
      `${formatMoment(lastTransitionTime)} `,
      `${reason ?? ""} `,
      message ?? "",
    ]),
  );
}

function describeSystem(page: Page, { status: { nodeInfo } }: Node): void {
  page.line(0, "System Info:");
  const rows = [
    ["Machine ID:", nodeInfo.machineID],
    ["System UUID:", nodeInfo.systemUUID],
    ["Boot ID:", nodeInfo.bootID],
    ["Kernel Version:", nodeInfo.kernelVersion],
    ["OS Image:", nodeInfo.osImage],
    ["Operating System:", nodeInfo.operatingSystem],
    ["Architecture:", nodeInfo.architecture],
    ["Container Runtime Version:", nodeInfo.containerRuntimeVersion],
    ["Kubelet Version:", nodeInfo.kubeletVersion],
  ] as const;
  for (const [title, text] of rows) page.line(1, title, text);
}
