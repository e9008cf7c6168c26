import { definePlugin, hopeless, skip } from "../plugin.ts";

// exact: kube-scheduler
const other = hopeless("node(s) didn't match the requested node name");

/** Keeps a pod that names its node off all others. */
export const nodeName = definePlugin<string>({
  name: "NodeName",
  dependsOn: "node",
  preFilter: ({ shape }) => shape.spec.nodeName || skip,
  filter: (_pod, node, wanted) => (node.name === wanted ? undefined : other),
  explain: (_pod, _node, wanted) => [`the pod asks for node ${wanted}`],
  events: [
    {
      on: ["NodeAdd"],
      hint: ({ pod }, { node }) => pod.spec.nodeName === node?.new?.metadata.name,
    },
  ],
});
