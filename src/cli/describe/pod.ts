import { Pod } from "#api/core/pod.ts";
import { isPodTerminal } from "#api/core/pod-conditions.ts";
import { qosClassOf } from "#api/core/resources.ts";
import { describeContainers, describeResources } from "./containers.ts";
import { defineDescriber } from "./describer.ts";
import { controllerOf, describeLabels, describeName } from "./metadata.ts";
import type { Page } from "./page.ts";
import { describeNodeChoice, describeSpreading } from "./placement.ts";
import { formatMoment, since } from "./times.ts";
import { describeVolumes } from "./volumes.ts";

// exact: kubectl, the texts of this file
export const pod = defineDescriber({
  kind: Pod,

  describe(page, object, { nowMs }) {
    const { spec, status } = object;
    describeName(page, object);
    describePlace(page, object);
    describeLabels(page, object);
    describeStatus(page, object, nowMs);
    describeAddresses(page, object);
    page.optional(0, "Controlled By:", controllerOf(object.metadata));
    page.optional(0, "NominatedNodeName:", status.nominatedNodeName);
    if (spec.resources) {
      page.line(0, "Resources:");
      describeResources(page, 1, spec.resources);
    }
    describeAllContainers(page, object);
    describeConditions(page, object);
    describeVolumes(page, spec.volumes ?? [], "");
    page.line(0, "QoS Class:", status.qosClass ?? qosClassOf(object));
    describeNodeChoice(page, spec, "");
    describeSpreading(page, spec, "");
  },
});

function describePlace(page: Page, { spec, status }: Pod): void {
  page.optional(0, "Priority:", spec.priority);
  page.optional(0, "Priority Class Name:", spec.priorityClassName);
  page.optional(0, "Runtime Class Name:", spec.runtimeClassName);
  page.optional(0, "Service Account:", spec.serviceAccountName);
  page.line(0, "Node:", spec.nodeName ? `${spec.nodeName}/${status.hostIP ?? ""}` : "<none>");
  if (status.startTime) page.line(0, "Start Time:", formatMoment(status.startTime));
}

function describeStatus(page: Page, object: Pod, nowMs: number): void {
  const { metadata, spec, status } = object;
  const { deletionTimestamp, deletionGracePeriodSeconds = 0 } = metadata;
  if (deletionTimestamp && !isPodTerminal(object)) {
    page.line(0, "Status:", `Terminating (lasts ${since(deletionTimestamp, nowMs)})`);
    page.line(0, "Termination Grace Period:", `${deletionGracePeriodSeconds}s`);
  } else page.line(0, "Status:", status.phase ?? "");
  page.optional(0, "Reason:", status.reason);
  page.optional(0, "Message:", status.message);
  const profile = spec.securityContext?.seccompProfile;
  page.optional(0, "SeccompProfile:", profile?.type);
  page.optional(0, "LocalhostProfile:", profile?.localhostProfile);
}

function describeAddresses(page: Page, { status: { podIP = "", podIPs = [] } }: Pod): void {
  page.line(0, "IP:", podIP);
  if (podIPs.length === 0) return page.line(0, "IPs:", "<none>");
  page.line(0, "IPs:");
  for (const { ip } of podIPs) page.line(1, "IP:", ip);
}

function describeAllContainers(page: Page, object: Pod): void {
  const { spec, status } = object;
  const groups = [
    ["Init Containers", spec.initContainers, status.initContainerStatuses],
    ["Containers", spec.containers, status.containerStatuses],
    ["Ephemeral Containers", spec.ephemeralContainers, status.ephemeralContainerStatuses],
  ] as const;
  for (const [title, containers = [], statuses] of groups)
    if (containers.length > 0)
      describeContainers(page, { indent: "", title, containers, statuses, pod: object });
}

function describeConditions(page: Page, { spec, status: { conditions = [] } }: Pod): void {
  const gates = (spec.readinessGates ?? []).map(({ conditionType }) => ({
    type: conditionType,
    status: conditions.find(({ type }) => type === conditionType)?.status ?? "<none>",
  }));
  const groups = [
    ["Readiness Gates:", gates],
    ["Conditions:", conditions],
  ] as const;
  for (const [title, rows] of groups) {
    if (rows.length === 0) continue;
    page.line(0, title);
    page.line(1, "Type", "Status");
    for (const { type, status } of rows) page.line(1, `${type} `, `${status} `);
  }
}
