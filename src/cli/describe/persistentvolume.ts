import { PersistentVolume } from "#api/core/persistentvolume.ts";
import { accessModesText, classText } from "#api/core/storage-columns.ts";
import { defineDescriber } from "./describer.ts";
import { describeLabels } from "./metadata.ts";
import { bracketed, type Page } from "./page.ts";
import { since } from "./times.ts";
import { describeVolumeSource } from "./volumes.ts";

// exact: kubectl, the texts of this file
export const persistentVolume = defineDescriber({
  kind: PersistentVolume,

  describe(page, object, { nowMs }) {
    const { metadata, spec, status } = object;
    const { deletionTimestamp } = metadata;
    page.line(0, "Name:", metadata.name ?? "");
    describeLabels(page, object);
    page.line(0, "Finalizers:", bracketed(metadata.finalizers));
    page.line(0, "StorageClass:", classText(metadata, spec.storageClassName));
    const terminating = `Terminating (lasts ${since(deletionTimestamp, nowMs)})`;
    page.line(0, "Status:", deletionTimestamp ? terminating : (status.phase ?? ""));
    const { claimRef } = spec;
    page.line(0, "Claim:", claimRef ? `${claimRef.namespace}/${claimRef.name}` : "");
    page.line(0, "Reclaim Policy:", spec.persistentVolumeReclaimPolicy ?? "");
    page.line(0, "Access Modes:", accessModesText(spec.accessModes));
    page.optional(0, "VolumeMode:", spec.volumeMode);
    page.line(0, "Capacity:", spec.capacity?.["storage"] ?? "0");
    describeAffinity(page, object);
    page.line(0, "Message:", status.message ?? "");
    page.line(0, "Source:");
    // Affinity and claim are objects too, but no sources.
    const { claimRef: _claim, nodeAffinity: _affinity, capacity: _capacity, ...source } = spec;
    describeVolumeSource(page, source);
  },
});

function describeAffinity(page: Page, { spec: { nodeAffinity } }: PersistentVolume): void {
  if (!nodeAffinity) return page.line(0, "Node Affinity:", "<none>");
  page.line(0, "Node Affinity:", "");
  const terms = nodeAffinity.required?.nodeSelectorTerms ?? [];
  page.line(1, "Required Terms:", terms.length === 0 ? "<none>" : "");
  for (const [at, { matchExpressions = [] }] of terms.entries()) {
    const [first = "<none>", ...more] = matchExpressions.map(
      ({ key, operator, values = [] }) =>
        `${key} ${operator.toLowerCase()}${values.length > 0 ? ` [${values.join(", ")}]` : ""}`,
    );
    page.line(2, `Term ${at}:`, first);
    for (const line of more) page.line(2, "", line);
  }
}
