/**
 * Limits of what a pod may write, whatever the node has left. Pure.
 * upstream: pkg/kubelet/eviction/eviction_manager.go#localStorageEviction
 */
import type { Pod } from "#api/core/pod.ts";
import { podLimits } from "#api/core/resources.ts";
import { quantityOf, type Quantity } from "#base/quantity.ts";
import { filesOf, type PodUsage } from "./pod-usage.ts";

export interface Excess {
  /** As the metric of evictions calls it. */
  readonly signal: string;
  readonly message: string;
}

const resource = "ephemeral-storage";

/** Whether there is anything to measure it against. */
export const hasStorageLimits = (pod: Pod): boolean =>
  limitedFolders(pod).length > 0 ||
  pod.spec.containers.some(({ resources }) => resources.limits?.[resource] !== undefined) ||
  podLimits(pod).has(resource);

/**
 * The first limit that the pod exceeds; undefined when it keeps to all of them. `hasOwnImageFs`: what
 * a container writes beside its volumes is then not the node's, and not counted against its own limit.
 * exact: kubelet
 */
export const storageExcess = (
  pod: Pod,
  usage: PodUsage,
  { hasOwnImageFs }: { readonly hasOwnImageFs: boolean },
): Excess | undefined =>
  folderExcess(pod, usage) ?? podExcess(pod, usage) ?? containerExcess(pod, usage, hasOwnImageFs);

interface LimitedFolder {
  readonly name: string;
  readonly limit: Quantity;
}

/** Those in memory are no bigger than they may be, from the start. */
const limitedFolders = ({ spec }: Pod): readonly LimitedFolder[] =>
  (spec.volumes ?? []).flatMap(({ name, emptyDir }) => {
    if (emptyDir?.sizeLimit === undefined || emptyDir.medium === "Memory") return [];
    const limit = quantityOf(emptyDir.sizeLimit);
    return limit.sign() > 0 ? [{ name, limit }] : [];
  });

function folderExcess(pod: Pod, { volumes }: PodUsage): Excess | undefined {
  const found = limitedFolders(pod).find(
    ({ name, limit }) => (volumes.get(name)?.bytes ?? 0) > limit.value(),
  );
  return (
    found && {
      signal: "emptydirfs.limit",
      message: `Usage of EmptyDir volume "${found.name}" exceeds the limit "${found.limit.format()}". `,
    }
  );
}

function podExcess(pod: Pod, usage: PodUsage): Excess | undefined {
  const limit = podLimits(pod).get(resource);
  if (!limit || filesOf(usage).bytes <= limit.value()) return undefined;
  return {
    signal: "ephemeralpodfs.limit",
    message: `Pod ephemeral local storage usage exceeds the total limit of containers ${limit.format()}. `,
  };
}

function containerExcess(
  pod: Pod,
  { containers }: PodUsage,
  hasOwnImageFs: boolean,
): Excess | undefined {
  for (const { name, root, logs } of containers) {
    const text = pod.spec.containers.find((one) => one.name === name)?.resources.limits?.[resource];
    const limit = quantityOf(text ?? "0");
    const bytes = logs.bytes + (hasOwnImageFs ? 0 : root.bytes);
    if (limit.isZero() || bytes <= limit.value()) continue;
    return {
      signal: "ephemeralcontainerfs.limit",
      message: `Container ${name} exceeded its local ephemeral storage limit "${limit.format()}". `,
    };
  }
  return undefined;
}
