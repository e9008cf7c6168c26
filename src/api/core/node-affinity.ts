/**
 * Which nodes a node selector picks.
 * upstream: staging/src/k8s.io/component-helpers/scheduling/corev1/nodeaffinity
 */
import { unreachable } from "#base/assert.ts";
import { type Labels, parseInt64 } from "#api/selectors.ts";
import type { Affinity } from "./affinity.ts";
import type { Node } from "./node.ts";
import type { NodeSelector, NodeSelectorRequirement, NodeSelectorTerm } from "./node-selector.ts";

/** As much of a node as selectors look at. */
export type SelectableNode = Pick<Node, "metadata">;

interface Selecting {
  readonly nodeSelector?: Labels | undefined;
  readonly affinity?: Affinity | undefined;
}

/** Both `nodeSelector` and the required part of the node affinity pick it. */
export function isSelectedBy(node: SelectableNode, { nodeSelector, affinity }: Selecting): boolean {
  const labels = node.metadata.labels ?? {};
  for (const key in nodeSelector) if (labels[key] !== nodeSelector[key]) return false;
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return required === undefined || matchesNodeSelector(required, node);
}

/** One term that matches is enough; no term matches nothing. */
export const matchesNodeSelector = (selector: NodeSelector, node: SelectableNode): boolean =>
  selector.nodeSelectorTerms.some((term) => matchesNodeSelectorTerm(term, node));

/** Every requirement of the term must hold; a term without any matches nothing. */
export function matchesNodeSelectorTerm(term: NodeSelectorTerm, node: SelectableNode): boolean {
  const { matchExpressions = [], matchFields = [] } = term;
  if (matchExpressions.length + matchFields.length === 0) return false;
  const labels = node.metadata.labels ?? {};
  return (
    matchExpressions.every((wanted) => holds(wanted, valueOf(labels, wanted.key))) &&
    matchFields.every((wanted) => wanted.key === "metadata.name" && holdsForName(wanted, node))
  );
}

/** The sum of the weights of the preferred terms that match. */
export function nodePreference(affinity: Affinity | undefined, node: SelectableNode): number {
  const preferred = affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  return preferred.reduce(
    (sum, { weight, preference }) =>
      weight !== 0 && matchesNodeSelectorTerm(preference, node) ? sum + weight : sum,
    0,
  );
}

const valueOf = (labels: Labels, key: string): string | undefined =>
  Object.hasOwn(labels, key) ? labels[key] : undefined;

function holdsForName(wanted: NodeSelectorRequirement, { metadata }: SelectableNode): boolean {
  const isNameOperator = wanted.operator === "In" || wanted.operator === "NotIn";
  return isNameOperator && holds(wanted, metadata.name ?? "");
}

function holds(wanted: NodeSelectorRequirement, value: string | undefined): boolean {
  const { operator, values = [] } = wanted;
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    case "Gt":
    case "Lt":
      return isBeyond(operator, value, values[0]);
    default:
      return unreachable(operator);
  }
}

function isBeyond(operator: "Gt" | "Lt", value: string | undefined, bound = ""): boolean {
  const [a, b] = [parseInt64(value), parseInt64(bound)];
  if (a === undefined || b === undefined) return false;
  return operator === "Gt" ? a > b : a < b;
}
