/** Labels of nodes that have newer names. upstream: pkg/api/node/util.go */
import type { NodeSelectorTerm } from "./node-selector.ts";

// exact: apiserver, all texts below

/** By key; the hint says since when, and what to use instead. */
export const oldNodeLabels: { readonly [key: string]: string } = {
  "beta.kubernetes.io/arch": 'deprecated since v1.14; use "kubernetes.io/arch" instead',
  "beta.kubernetes.io/os": 'deprecated since v1.14; use "kubernetes.io/os" instead',
  "failure-domain.beta.kubernetes.io/region":
    'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
  "failure-domain.beta.kubernetes.io/zone":
    'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  "beta.kubernetes.io/instance-type":
    'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
};

export function* nodeSelectorTermWarnings(
  { matchExpressions = [], matchFields = [] }: NodeSelectorTerm,
  at: string,
  isRequired: boolean,
): Iterable<string> {
  if (isRequired && matchExpressions.length + matchFields.length === 0) {
    yield `${at}: a null or empty node selector term matches no objects`;
  }
  for (const [i, { key }] of matchExpressions.entries()) {
    const hint = oldNodeLabels[key];
    if (hint) yield `${at}.matchExpressions[${i}].key: ${key} is ${hint}`;
  }
}
