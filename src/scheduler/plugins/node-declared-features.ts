import { featuresToRun } from "#api/core/declared-features.ts";
import type { Node } from "#api/core/node.ts";
import { definePlugin, hopeless, skip } from "../plugin.ts";

// exact: kube-scheduler
const lacking = hopeless("node(s) didn't match Pod's required features");

const missing = ({ status }: Node, needed: readonly string[]): readonly string[] =>
  needed.filter((feature) => !status.declaredFeatures?.includes(feature));

/** Keeps a pod off nodes whose kubelets do not say that they can run it. */
export const nodeDeclaredFeatures = definePlugin<readonly string[]>({
  name: "NodeDeclaredFeatures",
  dependsOn: "node",
  preFilter({ shape: { spec } }) {
    const needed = featuresToRun(spec);
    return needed.length > 0 ? needed : skip;
  },
  filter: (_pod, { node }, needed) => (missing(node, needed).length > 0 ? lacking : undefined),
  explain: (_pod, { node }, needed) => [
    `its kubelet does not declare ${missing(node, needed).join(", ")}`,
  ],
  events: [
    {
      on: ["NodeAdd", "NodeUpdateNodeDeclaredFeature"],
      hint: ({ shape: { spec } }, { node }) =>
        node?.new !== undefined && missing(node.new, featuresToRun(spec)).length === 0,
    },
  ],
});
