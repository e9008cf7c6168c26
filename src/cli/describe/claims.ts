/** Claims to storage: their own pages, and those that pods and sets bring along. */
import { classText } from "#api/core/storage-columns.ts";
import type { PersistentVolumeClaim } from "#api/core/persistentvolumeclaim.ts";
import type { EphemeralVolumeSource } from "#api/core/volume-sources.ts";
import type { StatefulSet } from "#api/apps/statefulset.ts";
import { pairs } from "./metadata.ts";
import { bracketed, type Page } from "./page.ts";

// exact: kubectl, the texts of this file
export function describeClaimTemplate(page: Page, source: EphemeralVolumeSource | undefined): void {
  page.line(
    2,
    "Type:",
    "EphemeralVolume (an inline specification for a volume that gets created and deleted with the pod)",
  );
  const template = source?.volumeClaimTemplate;
  if (!template) return;
  const { spec, metadata } = template;
  page.line(2, "StorageClass:", spec.storageClassName ?? "");
  page.line(2, "Volume:", spec.volumeName ?? "");
  page.list("    Labels", pairs(metadata.labels));
  page.list("    Annotations", pairs(metadata.annotations));
  page.line(2, "Capacity:", "");
  page.line(2, "Access Modes:", "");
  page.optional(2, "VolumeMode:", spec.volumeMode);
}

type Templates = NonNullable<StatefulSet["spec"]["volumeClaimTemplates"]>;

export function describeVolumeClaims(page: Page, templates: Templates = []): void {
  if (templates.length === 0) return page.line(0, "Volume Claims:", "<none>");
  page.line(0, "Volume Claims:");
  for (const { metadata, spec } of templates) {
    page.line(1, "Name:", metadata.name ?? "");
    page.line(1, "StorageClass:", classOf({ metadata, spec }));
    page.list("  Labels", pairs(metadata.labels));
    page.list("  Annotations", pairs(metadata.annotations));
    page.line(1, "Capacity:", spec.resources.requests?.["storage"] ?? "<default>");
    page.line(1, "Access Modes:", bracketed(spec.accessModes));
  }
}

export const classOf = ({ metadata, spec }: Pick<PersistentVolumeClaim, "metadata" | "spec">) =>
  classText(metadata, spec.storageClassName);
