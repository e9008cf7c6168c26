import { PersistentVolumeClaim } from "#api/core/persistentvolumeclaim.ts";
import { Pod } from "#api/core/pod.ts";
import { accessModesText } from "#api/core/storage-columns.ts";
import { classOf } from "./claims.ts";
import { defineDescriber, type Telling } from "./describer.ts";
import { describeLabels, describeName } from "./metadata.ts";
import { bracketed, type Page } from "./page.ts";
import { formatMoment, since } from "./times.ts";

// exact: kubectl, the texts of this file
export const persistentVolumeClaim = defineDescriber({
  kind: PersistentVolumeClaim,

  async describe(page, object, telling) {
    const { metadata, spec, status } = object;
    const { deletionTimestamp } = metadata;
    describeName(page, object);
    page.line(0, "StorageClass:", classOf(object));
    page.line(
      0,
      "Status:",
      deletionTimestamp
        ? `Terminating (lasts ${since(deletionTimestamp, telling.nowMs)})`
        : (status.phase ?? ""),
    );
    page.line(0, "Volume:", spec.volumeName ?? "");
    describeLabels(page, object);
    page.line(0, "Finalizers:", bracketed(metadata.finalizers));
    const isBound = !!spec.volumeName;
    page.line(0, "Capacity:", isBound ? (status.capacity?.["storage"] ?? "0") : "");
    page.line(0, "Access Modes:", isBound ? accessModesText(status.accessModes) : "");
    page.optional(0, "VolumeMode:", spec.volumeMode);
    describeSource(page, object);
    page.list("Used By", await usersOf(object, telling));
    describeConditions(page, object);
  },
});

function describeSource(page: Page, { spec: { dataSource } }: PersistentVolumeClaim): void {
  if (!dataSource) return;
  page.line(0, "DataSource:");
  page.optional(1, "APIGroup:", dataSource.apiGroup);
  page.line(1, "Kind:", dataSource.kind);
  page.line(1, "Name:", dataSource.name);
}

/** The pods that mount it, and those that it was made for. */
async function usersOf(
  { metadata }: PersistentVolumeClaim,
  { session: { client, shell } }: Telling,
): Promise<readonly string[]> {
  const { name, namespace = "", ownerReferences = [] } = metadata;
  const { items } = await client.list(Pod, { namespace, signal: shell.signal });
  const owners = new Set(ownerReferences.map(({ uid }) => uid));
  return items
    .filter(
      (pod) =>
        owners.has(pod.metadata.uid ?? "") ||
        (pod.spec.volumes ?? []).some(
          ({ persistentVolumeClaim: claim }) => claim?.claimName === name,
        ),
    )
    .map((pod) => pod.metadata.name ?? "")
    .toSorted();
}

function describeConditions(page: Page, { status: { conditions = [] } }: PersistentVolumeClaim) {
  if (conditions.length === 0) return;
  page.line(0, "Conditions:");
  page.table(
    1,
    ["Type", "Status", "LastProbeTime", "LastTransitionTime", "Reason", "Message"],
    conditions.map(({ type, status, lastProbeTime, lastTransitionTime, reason, message }) => [
      `${type} `,
      `${status} `,
      `${formatMoment(lastProbeTime)} `,
      `${formatMoment(lastTransitionTime)} `,
      `${reason ?? ""} `,
      message ?? "",
    ]),
  );
}
