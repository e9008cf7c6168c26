/**
 * A new node takes no pods before the node controller has seen it ready: scheduling before its
 * network and volumes work would only make them fail.
 * upstream: plugin/pkg/admission/nodetaint/admission.go
 */
import { Node } from "#api/core/node.ts";
import { defineAdmission } from "../admission.ts";

const notReady = "node.kubernetes.io/not-ready";

export const taintNodesByCondition = defineAdmission<Node>({
  name: "TaintNodesByCondition",
  on: [Node],
  when: ["CREATE"],

  mutate({ spec }) {
    const taints = spec.taints ?? [];
    if (taints.some(({ key, effect }) => key === notReady && effect === "NoSchedule")) return;
    spec.taints = [...taints, { key: notReady, effect: "NoSchedule" }];
  },
});
