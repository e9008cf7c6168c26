/** Where pods may run: node selectors, tolerations, spreading. */
import type { PodSpec } from "#api/core/pod-spec.ts";
import type { TopologySpreadConstraint, Toleration } from "#api/core/affinity.ts";
import { selectorText } from "#api/columns.ts";
import { pairs } from "./metadata.ts";
import type { Page } from "./page.ts";

export function describeNodeChoice(page: Page, spec: PodSpec, indent: "" | "  "): void {
  page.list(`${indent}Node-Selectors`, pairs(spec.nodeSelector));
  const tolerations = (spec.tolerations ?? []).toSorted((a, b) =>
    (a.key ?? "") < (b.key ?? "") ? -1 : 1,
  );
  page.list(`${indent}Tolerations`, tolerations.map(tolerationText));
}

/** exact: kubectl */
export function tolerationText(toleration: Toleration): string {
  const { key = "", value = "", effect = "", operator, tolerationSeconds } = toleration;
  const what = `${key}${value === "" ? "" : `=${value}`}${effect === "" ? "" : `:${effect}`}`;
  const exists = operator === "Exists" && value === "" ? ["op=Exists"] : [];
  const time = tolerationSeconds === undefined ? [] : [`for ${tolerationSeconds}s`];
  return [...(what === "" ? [] : [what]), ...exists, ...time].join(" ");
}

export function describeSpreading(page: Page, spec: PodSpec, indent: "" | "  "): void {
  const constraints = spec.topologySpreadConstraints ?? [];
  if (constraints.length === 0) return;
  const sorted = constraints.toSorted((a, b) => (a.topologyKey < b.topologyKey ? -1 : 1));
  page.list(`${indent}Topology Spread Constraints`, sorted.map(spreadingText));
}

/** exact: kubectl */
function spreadingText(constraint: TopologySpreadConstraint): string {
  const { topologyKey, whenUnsatisfiable, maxSkew, labelSelector } = constraint;
  const selector = labelSelector ? ` for selector ${selectorText(labelSelector)}` : "";
  return `${topologyKey}:${whenUnsatisfiable} when max skew ${maxSkew} is exceeded${selector}`;
}
