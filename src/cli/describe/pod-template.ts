/** The pods that something will make. */
import type { PodTemplateSpec } from "#api/core/pod-spec.ts";
import { describeContainers } from "./containers.ts";
import { describeAnnotations, pairs } from "./metadata.ts";
import { describeNodeChoice, describeSpreading } from "./placement.ts";
import type { Page } from "./page.ts";
import { describeVolumes } from "./volumes.ts";

export function describePodTemplate(page: Page, template: PodTemplateSpec | undefined): void {
  page.line(0, "Pod Template:");
  if (!template) return page.line(1, "<unset>");
  const { metadata, spec } = template;
  page.list("  Labels", pairs(metadata.labels));
  if (Object.keys(metadata.annotations ?? {}).length > 0)
    describeAnnotations(page, "  Annotations", metadata.annotations);
  page.optional(1, "Service Account:", spec.serviceAccountName);
  const { initContainers = [], containers } = spec;
  const indent = "  ";
  if (initContainers.length > 0)
    describeContainers(page, { indent, title: "Init Containers", containers: initContainers });
  describeContainers(page, { indent, title: "Containers", containers });
  describeVolumes(page, spec.volumes ?? [], indent);
  describeSpreading(page, spec, indent);
  page.optional(1, "Priority Class Name:", spec.priorityClassName);
  describeNodeChoice(page, spec, indent);
}
