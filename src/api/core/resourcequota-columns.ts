/** Cells of `kubectl get resourcequotas`: `cpu: 1/4, memory: 1Gi/8Gi`. */
import type { ResourceQuotaStatus } from "./resourcequota.ts";

export const quotaText = ({ hard, used }: ResourceQuotaStatus, isLimit: boolean): string =>
  Object.keys(hard ?? {})
    .filter((name) => name.startsWith("limits.") === isLimit)
    .toSorted()
    .map((name) => `${name}: ${used?.[name] ?? "0"}/${hard?.[name]}`)
    .join(", ");
