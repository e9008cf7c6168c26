/**
 * Pods stay five minutes on a node that is not ready or not reachable, unless they say otherwise:
 * most such nodes come back sooner. upstream: plugin/pkg/admission/defaulttolerationseconds
 */
import type { Toleration } from "#api/core/affinity.ts";
import { Pod } from "#api/core/pod.ts";
import { defineAdmission } from "./admission.ts";

const taints = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] as const;
const tolerationSeconds = 300;

export const defaultTolerationSeconds = defineAdmission<Pod>({
  name: "DefaultTolerationSeconds",
  on: [Pod],
  when: ["CREATE", "UPDATE"],

  mutate({ spec }) {
    const own = spec.tolerations ?? [];
    const missing = taints.filter(
      (taint) => !own.some((toleration) => speaksOf(toleration, taint)),
    );
    if (missing.length === 0) return;
    spec.tolerations = [
      ...own,
      ...missing.map((key) => ({
        key,
        operator: "Exists" as const,
        effect: "NoExecute" as const,
        tolerationSeconds,
      })),
    ];
  },
});

const speaksOf = ({ key, effect }: Partial<Toleration>, taint: string): boolean =>
  (!key || key === taint) && (!effect || effect === "NoExecute");
