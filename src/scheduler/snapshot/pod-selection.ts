/**
 * Which pods a selector means: by labels, in some namespaces. What affinity terms, spread
 * constraints and counts of pods have in common.
 */
import type {
  Affinity,
  PodAffinity,
  PodAffinityTerm,
  PodAntiAffinity,
} from "#api/core/affinity.ts";
import type { LabelSelector } from "#api/meta/label-selector.ts";
import { type LabelMatcher, type Labels, labelSelectorOf } from "#api/selectors.ts";

/** As much of a pod as selectors look at. */
export interface Selectable {
  readonly namespace: string;
  readonly labels: Labels;
}

export type NamespaceLabels = (namespace: string) => Labels;

export class PodSelection {
  /** Equal selections have equal keys. */
  readonly key: string;
  readonly namespaces: ReadonlySet<string>;
  /** Further namespaces, by their labels. */
  readonly namespaceMatcher: LabelMatcher | undefined;
  readonly matcher: LabelMatcher;

  constructor(
    namespaces: readonly string[],
    selector: LabelMatcher,
    namespaceSelector?: LabelMatcher,
  ) {
    this.namespaces = new Set(namespaces);
    this.matcher = selector;
    this.namespaceMatcher = namespaceSelector;
    this.key = JSON.stringify([
      namespaces.toSorted(),
      textOf(selector),
      namespaceSelector && textOf(namespaceSelector),
    ]);
  }

  matches({ namespace, labels }: Selectable, namespaceLabels: NamespaceLabels): boolean {
    const isInside =
      this.namespaces.has(namespace) ||
      (this.namespaceMatcher?.matches(namespaceLabels(namespace)) ?? false);
    return isInside && this.matcher.matches(labels);
  }
}

const textOf = (matcher: LabelMatcher): string | null =>
  matcher.isNothing ? null : matcher.toString();

/** Pods that are selected, and the label whose values are the places that they are near to. */
export interface AffinityTerm {
  readonly key: string;
  readonly selection: PodSelection;
  readonly topologyKey: string;
}

export interface WeightedTerm extends AffinityTerm {
  /** Negative: the farther the better. */
  readonly weight: number;
}

/** The terms of a pod's affinity and anti-affinity to pods. */
export interface PodTerms {
  readonly needs: readonly AffinityTerm[];
  readonly avoids: readonly AffinityTerm[];
  readonly prefers: readonly WeightedTerm[];
}

export const noTerms: PodTerms = Object.freeze({ needs: [], avoids: [], prefers: [] });

export function podTermsOf(affinity: Affinity | undefined, namespace: string): PodTerms {
  const near = affinity?.podAffinity;
  const far = affinity?.podAntiAffinity;
  if (!near && !far) return noTerms;
  const compile = (term: PodAffinityTerm): AffinityTerm => termOf(term, namespace);
  return {
    needs: (near?.requiredDuringSchedulingIgnoredDuringExecution ?? []).map(compile),
    avoids: (far?.requiredDuringSchedulingIgnoredDuringExecution ?? []).map(compile),
    prefers: [
      ...weighted(near, 1).map(({ weight, term }) => ({ ...compile(term), weight })),
      ...weighted(far, -1).map(({ weight, term }) => ({ ...compile(term), weight })),
    ],
  };
}

const weighted = (affinity: PodAffinity | PodAntiAffinity | undefined, sign: 1 | -1) =>
  (affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(
    ({ weight, podAffinityTerm }) => ({ weight: weight * sign, term: podAffinityTerm }),
  );

/** A term that names no namespaces at all means the pod's own. */
function termOf(term: PodAffinityTerm, namespace: string): AffinityTerm {
  const { namespaces = [], namespaceSelector, labelSelector, topologyKey } = term;
  const named = namespaces.length > 0 || namespaceSelector ? namespaces : [namespace];
  const selection = new PodSelection(
    named,
    labelSelectorOf(labelSelector),
    namespaceSelector && labelSelectorOf(namespaceSelector),
  );
  return { selection, topologyKey, key: `${topologyKey} ${selection.key}` };
}

/** The selector with further labels that pods must have. */
export const selectorWithLabels = (
  selector: LabelSelector | undefined,
  labels: Labels,
): LabelSelector | undefined =>
  selector && Object.keys(labels).length > 0
    ? {
        ...selector,
        matchExpressions: [
          ...(selector.matchExpressions ?? []),
          ...Object.entries(labels).map(([key, value]) => ({
            key,
            operator: "In" as const,
            values: [value],
          })),
        ],
      }
    : selector;
