/**
 * Whether the pod needs a new sandbox: it has none, or one that is of no use.
 * upstream: pkg/kubelet/kuberuntime/util/util.go#PodSandboxChanged
 */
import type { Pod } from "#api/core/pod.ts";
import { nothingRuns, type PodRuntime } from "./observed.ts";

export interface SandboxChange {
  readonly isNeeded: boolean;
  /** The number of the sandbox to make. */
  readonly attempt: number;
  /** The one there is. */
  readonly id?: string;
}

export function sandboxChange(pod: Pod, runtime: PodRuntime = nothingRuns): SandboxChange {
  const [latest] = runtime.sandboxes;
  if (!latest) return { isNeeded: true, attempt: 0 };
  const network = pod.spec.hostNetwork ? "NODE" : "POD";
  const isUsable =
    latest.isReady &&
    latest.network === network &&
    (network === "NODE" || latest.ips.length > 0) &&
    runtime.sandboxes.filter(({ isReady }) => isReady).length === 1;
  return { isNeeded: !isUsable, attempt: latest.metadata.attempt + 1, id: latest.id };
}
