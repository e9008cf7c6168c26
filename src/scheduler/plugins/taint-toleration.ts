import { findUntoleratedTaint, isTolerated } from "#api/core/taints.ts";
import type { Node, Taint } from "#api/core/node.ts";
import { definePlugin, hopeless } from "../plugin.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import { perTaintSet } from "../snapshot/taint-sets.ts";

/** exact: kube-scheduler. Which taint it was is not said: it may be nobody's business. */
const untolerated = hopeless("node(s) had untolerated taint(s)");

type Accepts = (node: number) => boolean;
type Dislikes = (node: number) => number;

/** Keeps pods off nodes whose taints they do not tolerate, and away from those they dislike. */
export const taintToleration = definePlugin<Accepts, Dislikes>({
  name: "TaintToleration",
  dependsOn: "node",

  preFilter: ({ pod }, cluster) =>
    perTaintSet(cluster.taints, (taints) => accepts(pod.spec.tolerations, taints)),
  filter: (_pod, { index }, isAccepted) => (isAccepted(index) ? undefined : untolerated),

  explain({ pod }, { node }) {
    const taint = findUntoleratedTaint(node.spec.taints, pod.spec.tolerations);
    return taint ? [`has the taint ${taintText(taint)}`] : [];
  },

  preScore: ({ pod }, cluster) =>
    perTaintSet(cluster.taints, (taints) => dislikes(pod.spec.tolerations, taints)),
  score: (_pod, { index }, dislikesOf) => dislikesOf(index),
  normalize: "low",

  events: [
    {
      on: ["NodeAdd", "NodeUpdateNodeTaint"],
      hint: ({ pod }, { node }) => helps(pod.spec.tolerations, node?.old, node?.new),
    },
    { on: ["TargetPodUpdatePodToleration"] },
  ],
});

const taintText = ({ key, value, effect }: Taint): string =>
  `${key}${value ? `=${value}` : ""}:${effect}`;

type Tolerations = PodInfo["pod"]["spec"]["tolerations"];

const accepts = (tolerations: Tolerations, taints: readonly Taint[] | undefined): boolean =>
  findUntoleratedTaint(taints, tolerations) === undefined;

const dislikes = (tolerations: Tolerations, taints: readonly Taint[]): number =>
  taints.filter((taint) => taint.effect === "PreferNoSchedule" && !isTolerated(taint, tolerations))
    .length;

/** The node is tolerable now, and was not before. */
const helps = (tolerations: Tolerations, old: Node | undefined, now: Node | undefined): boolean =>
  accepts(tolerations, now?.spec.taints) && !(old && accepts(tolerations, old.spec.taints));
