/**
 * The health of the control plane's parts, for tools that still ask this way: a part that holds a
 * lease is healthy as long as it renews it. What holds none is not listed.
 * differs: upstream calls the parts' health endpoints, which ours do not have.
 */
import { Lease } from "#api/coordination/lease.ts";
import { ComponentStatus } from "#api/core/componentstatus.ts";
import { seconds } from "#base/clock.ts";
import { defineVirtual } from "./virtual.ts";

const parts: Readonly<Record<string, string>> = {
  "kube-controller-manager": "controller-manager",
  "kube-scheduler": "scheduler",
};

export const componentStatus = defineVirtual<ComponentStatus>({
  kind: ComponentStatus,

  list: async ({ registry, ports }) => {
    const now = ports.clock.now();
    return Object.entries(parts).flatMap(([holder, name]) => {
      const lease = registry.reader.get(Lease, "kube-system", holder)?.object;
      return lease ? statusOf(name, lease, now) : [];
    });
  },
});

function statusOf(name: string, { spec }: Lease, now: number): ComponentStatus {
  const renewed = Date.parse(spec.renewTime ?? "");
  const isHealthy = renewed + seconds(spec.leaseDurationSeconds ?? 0) >= now;
  return {
    kind: ComponentStatus.kind,
    apiVersion: ComponentStatus.apiVersion,
    metadata: { name },
    conditions: [
      isHealthy
        ? { type: "Healthy", status: "True", message: "ok" }
        : {
            type: "Healthy",
            status: "False",
            error: `its lease was last renewed at ${spec.renewTime ?? "an unknown time"}`,
          },
    ],
  };
}
