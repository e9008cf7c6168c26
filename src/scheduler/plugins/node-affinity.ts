import { isSelectedBy } from "#api/core/node-affinity.ts";
import type { NodeSelectorTerm } from "#api/core/node-selector.ts";
import { definePlugin, hopeless, Only, skip } from "../plugin.ts";
import { type NodeTest, requiredNodeTest, termTest } from "../snapshot/node-test.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";

// exact: kube-scheduler
const mismatch = hopeless("node(s) didn't match Pod's node affinity/selector");
const conflict = hopeless("pod affinity terms conflict");

interface Preference {
  readonly weight: number;
  readonly test: NodeTest;
}

/** Nodes that `nodeSelector` and the pod's node affinity pick, and those it prefers. */
export const nodeAffinity = definePlugin<NodeTest, readonly Preference[]>({
  name: "NodeAffinity",
  dependsOn: "node",

  preFilter({ shape: { spec } }, cluster) {
    const test = requiredNodeTest(spec, cluster);
    if (!test) return skip;
    const names = namedNodes(requiredTerms(spec));
    if (!names) return test;
    return names.size === 0 ? conflict : new Only(names, test);
  },
  filter: (_pod, { index }, test) => (test(index) ? undefined : mismatch),

  explain: ({ shape: { spec } }, { node }) => [
    ...Object.entries(spec.nodeSelector ?? {})
      .filter(([key, value]) => node.metadata.labels?.[key] !== value)
      .map(([key, value]) => `has no label ${key}=${value}`),
    ...(isSelectedBy(node, { affinity: spec.affinity }) ? [] : ["matches no required term"]),
  ],

  preScore({ shape: { spec } }, cluster) {
    const preferred =
      spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    if (preferred.length === 0) return skip;
    return preferred.map(({ weight, preference }) => ({
      weight,
      test: termTest(preference, cluster),
    }));
  },
  score: (_pod, { index }, preferences) => {
    let score = 0;
    for (const { weight, test } of preferences) if (test(index)) score += weight;
    return score;
  },
  normalize: "high",

  events: [
    {
      on: ["NodeAdd", "NodeUpdateNodeLabel"],
      hint({ pod }, { node }) {
        const fits = node?.new !== undefined && isSelectedBy(node.new, pod.spec);
        return fits && !(node.old && isSelectedBy(node.old, pod.spec));
      },
    },
  ],
});

const requiredTerms = ({ affinity }: PodInfo["pod"]["spec"]): readonly NodeSelectorTerm[] =>
  affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];

/** The only nodes in question, when every term names its nodes. */
function namedNodes(terms: readonly NodeSelectorTerm[]): ReadonlySet<string> | undefined {
  if (terms.length === 0) return undefined;
  const names = new Set<string>();
  for (const term of terms) {
    const named = namedByTerm(term);
    if (!named) return undefined;
    for (const name of named) names.add(name);
  }
  return names;
}

function namedByTerm({ matchFields = [] }: NodeSelectorTerm): ReadonlySet<string> | undefined {
  let names: ReadonlySet<string> | undefined;
  for (const { key, operator, values = [] } of matchFields) {
    if (key !== "metadata.name" || operator !== "In") continue;
    const listed = new Set(values);
    names = names ? names.intersection(listed) : listed;
  }
  return names;
}
