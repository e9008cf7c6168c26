/**
 * A running pod is changed only in ways that its node's kubelet says it can follow.
 * upstream: plugin/pkg/admission/nodedeclaredfeatures/admission.go
 */
import { featuresToChange } from "#api/core/declared-features.ts";
import { Node } from "#api/core/node.ts";
import { Pod } from "#api/core/pod.ts";
import { defineAdmission, refused } from "../admission.ts";

export const nodeDeclaredFeatureValidator = defineAdmission<Pod>({
  name: "NodeDeclaredFeatureValidator",
  on: [Pod],
  when: ["UPDATE"],
  subresources: ["resize"],

  validate(pod, request) {
    const { old, subresource, reader } = request;
    const { nodeName = "" } = pod.spec;
    // Nothing else changes what a pod needs.
    if (!old || subresource !== "resize" || nodeName === "") return;
    const needed = featuresToChange(old.spec, pod.spec);
    if (needed.length === 0) return;
    const place = `node ${JSON.stringify(nodeName)}`;
    const node = reader.get(Node, "", nodeName)?.object;
    // exact: apiserver
    if (!node) throw refused(request, `${place} not found`);
    const declared = new Set(node.status.declaredFeatures);
    const missing = needed.filter((feature) => !declared.has(feature));
    if (missing.length === 0) return;
    const features = missing.join(", ");
    const why = `pod update requires features ${features} which are not available on ${place}`;
    throw refused(request, why);
  },
});
