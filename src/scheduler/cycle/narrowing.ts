/** Searches that look at some of the nodes only, and what that says about the others. */
import { hopeless } from "../plugin.ts";
import type { NodeView } from "../snapshot/node-view.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import type { Framework } from "./framework.ts";
import type { Narrowed } from "./local-answers.ts";
import type { Finding } from "./verdicts.ts";

export function narrowed(
  snapshot: Snapshot,
  nodes: readonly NodeView[],
  only: readonly Narrowed[],
): readonly NodeView[] {
  const [first, ...others] = only;
  if (!first) return nodes;
  return [...first.nodes]
    .filter((name) => others.every((other) => other.nodes.has(name)))
    .sort()
    .flatMap((name) => snapshot.findNode(name) ?? []);
}

/** For the nodes that were not looked at. exact: kube-scheduler */
export function didNotSatisfy(framework: Framework, only: readonly Narrowed[]): Finding {
  const plugins = only.map(({ plugin }) => plugin).sort();
  const refusal = hopeless(`node(s) didn't satisfy plugin(s) [${plugins.join(" ")}]`);
  return framework.findingOf(plugins[0] ?? "", refusal);
}

export const none: ReadonlyMap<NodeView, Finding> = new Map();

export const findingsByNode = (
  nodes: readonly NodeView[],
  findings: readonly (Finding | undefined)[],
): ReadonlyMap<NodeView, Finding> =>
  new Map(
    nodes.flatMap((node, at): [NodeView, Finding][] => {
      const finding = findings[at];
      return finding ? [[node, finding]] : [];
    }),
  );

/** Thousands of nodes: two lists are less than a list of pairs. */
export interface Refused {
  readonly nodes: NodeView[];
  /** Of the node at the same place. */
  readonly findings: Finding[];
}

/** Findings of some nodes, put where these stand among all. */
export function inOrder(
  { nodes, placeOf }: Snapshot,
  refused: Refused,
): readonly (Finding | undefined)[] {
  const findings = nodes.map((): Finding | undefined => undefined);
  for (const [i, { index }] of refused.nodes.entries())
    findings[placeOf(index)] = refused.findings[i];
  return findings;
}
