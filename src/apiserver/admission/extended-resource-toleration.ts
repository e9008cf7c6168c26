/**
 * Pods that ask for extended resources (GPUs) tolerate the taint of the same name, which keeps
 * other pods off those nodes. Off by default.
 * upstream: plugin/pkg/admission/extendedresourcetoleration/admission.go
 */
import { Pod } from "#api/core/pod.ts";
import { isNativeResource } from "#api/core/resource-names.ts";
import { defineAdmission } from "./admission.ts";

export const extendedResourceToleration = defineAdmission<Pod>({
  name: "ExtendedResourceToleration",
  on: [Pod],
  when: ["CREATE", "UPDATE"],

  mutate({ spec }) {
    const containers = [...(spec.initContainers ?? []), ...spec.containers];
    const names = containers.flatMap(({ resources }) => Object.keys(resources.requests ?? {}));
    const extended = [...new Set(names)].filter(isExtended).sort();
    for (const key of extended) {
      const tolerations = spec.tolerations ?? [];
      const isTolerated = tolerations.some(
        (toleration) => toleration.key === key && toleration.operator === "Exists",
      );
      if (!isTolerated) spec.tolerations = [...tolerations, { key, operator: "Exists" }];
    }
  },
});

const isExtended = (name: string): boolean =>
  !isNativeResource(name) && !name.startsWith("requests.");
