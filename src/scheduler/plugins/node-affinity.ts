import type { NodeAffinity } from "#api/core/affinity.ts";
import { isSelectedBy } from "#api/core/node-affinity.ts";
import type { Node } from "#api/core/node.ts";
import type { NodeSelectorTerm, PreferredSchedulingTerm } from "#api/core/node-selector.ts";
import { definePlugin, hopeless, Only, type Plugin, skip } from "../plugin.ts";
import { type NodeTest, requiredNodeTest, termTest } from "../snapshot/node-test.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";

// exact: kube-scheduler
const mismatch = hopeless("node(s) didn't match Pod's node affinity/selector");
const notAdded = hopeless("node(s) didn't match scheduler-enforced node affinity");
const conflict = hopeless("pod affinity terms conflict");

interface Preference {
  readonly weight: number;
  readonly test: NodeTest;
}

interface Tests {
  readonly own: NodeTest;
  /** What the profile asks of all pods. */
  readonly added: NodeTest;
}

const anyNode: NodeTest = () => true;

/**
 * Nodes that `nodeSelector` and the pod's node affinity pick, and those it prefers; and what a profile
 * adds for all its pods.
 */
export const nodeAffinityWith = (added: NodeAffinity = {}): Plugin =>
  definePlugin<Tests, readonly Preference[]>({
    name: "NodeAffinity",
    dependsOn: "node",

    preFilter({ shape: { spec } }, cluster) {
      const own = requiredNodeTest(spec, cluster);
      const byProfile = requiredNodeTest({ affinity: { nodeAffinity: added } }, cluster);
      if (!own && !byProfile) return skip;
      const tests = { own: own ?? anyNode, added: byProfile ?? anyNode };
      const names = namedNodes(requiredTerms(spec));
      if (!names) return tests;
      return names.size === 0 ? conflict : new Only(names, tests);
    },
    filter(_pod, { index }, tests) {
      if (!tests.added(index)) return notAdded;
      return tests.own(index) ? undefined : mismatch;
    },

    explain: ({ shape: { spec } }, { node }) => [
      ...Object.entries(spec.nodeSelector ?? {})
        .filter(([key, value]) => node.metadata.labels?.[key] !== value)
        .map(([key, value]) => `has no label ${key}=${value}`),
      ...(isSelectedBy(node, { affinity: spec.affinity }) ? [] : ["matches no required term"]),
    ],

    preScore({ shape: { spec } }, cluster) {
      const preferred = [...preferredTerms(spec.affinity?.nodeAffinity), ...preferredTerms(added)];
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
          const fitsTo = (one: Node | undefined): boolean =>
            one !== undefined &&
            isSelectedBy(one, pod.spec) &&
            isSelectedBy(one, { affinity: { nodeAffinity: added } });
          return fitsTo(node?.new) && !fitsTo(node?.old);
        },
      },
    ],
  });

export const nodeAffinity = definePlugin(nodeAffinityWith());

const preferredTerms = ({
  preferredDuringSchedulingIgnoredDuringExecution: terms = [],
}: NodeAffinity = {}): readonly PreferredSchedulingTerm[] => terms;

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
