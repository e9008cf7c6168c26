/**
 * Pods carry the zone and region of their node as labels, so that they can read them through the
 * downward API. upstream: plugin/pkg/admission/podtopologylabels/admission.go
 */
import type { Binding } from "#api/core/binding.ts";
import { Node } from "#api/core/node.ts";
import { Pod } from "#api/core/pod.ts";
import type { ApiObject } from "#api/kind.ts";
import type { Draft } from "#schema/struct.ts";
import { defineAdmission } from "./admission.ts";

const keys = ["topology.kubernetes.io/zone", "topology.kubernetes.io/region"] as const;

/** Of a pod that is created on a node; or of the binding, which passes them on to its pod. */
export const podTopologyLabels = defineAdmission<ApiObject>({
  name: "PodTopologyLabels",
  on: [Pod],
  when: ["CREATE"],
  subresources: ["binding"],

  mutate(draft, { reader, subresource }) {
    const name =
      subresource === "binding"
        ? (draft as Draft<Binding>).target.name
        : (draft as Draft<Pod>).spec.nodeName;
    const labels = name ? reader.get(Node, "", name)?.object.metadata.labels : undefined;
    for (const key of keys) {
      const value = labels?.[key];
      if (value !== undefined) draft.metadata.labels = { ...draft.metadata.labels, [key]: value };
    }
  },
});
