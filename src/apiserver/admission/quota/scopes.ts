/**
 * Whether a quota concerns an object at all: its scopes, and the scopes' selectors.
 * upstream: pkg/quota/v1/evaluator/core/pods.go#podMatchesScopeFunc
 */
import { Pod } from "#api/core/pod.ts";
import { PersistentVolumeClaim } from "#api/core/persistentvolumeclaim.ts";
import type { ResourceQuota, ScopedResourceSelectorRequirement } from "#api/core/resourcequota.ts";
import { qosClassOf } from "#api/core/resources.ts";
import type { AnyKind, ApiObject } from "#api/kind.ts";
import { unreachable } from "#base/assert.ts";

export function concerns({ spec }: ResourceQuota, kind: AnyKind, object: ApiObject): boolean {
  const scopes = (spec.scopes ?? []).map(
    (scopeName) => ({ scopeName, operator: "Exists" }) as const,
  );
  const terms = [...scopes, ...(spec.scopeSelector?.matchExpressions ?? [])];
  if (terms.length === 0) return true;
  if (kind === Pod) return terms.every((term) => podScopes[term.scopeName](object as Pod, term));
  if (kind === PersistentVolumeClaim)
    return terms.every((term) => matchesClaim(term, object as PersistentVolumeClaim));
  return false;
}

type Term = Pick<ScopedResourceSelectorRequirement, "scopeName" | "operator" | "values">;

const podScopes: Readonly<Record<Term["scopeName"], (pod: Pod, term: Term) => boolean>> = {
  Terminating: ({ spec }) => spec.activeDeadlineSeconds !== undefined,
  NotTerminating: ({ spec }) => spec.activeDeadlineSeconds === undefined,
  BestEffort: (pod) => qosClassOf(pod) === "BestEffort",
  NotBestEffort: (pod) => qosClassOf(pod) !== "BestEffort",
  PriorityClass: ({ spec }, term) => selects(term, spec.priorityClassName),
  CrossNamespacePodAffinity: (pod) => reachesOut(pod),
  VolumeAttributesClass: () => false,
};

const matchesClaim = (term: Term, { spec, status }: PersistentVolumeClaim): boolean =>
  term.scopeName === "VolumeAttributesClass" &&
  [spec.volumeAttributesClassName, status.currentVolumeAttributesClassName].some((name) =>
    selects(term, name),
  );

function selects({ operator, values = [] }: Term, name = ""): boolean {
  switch (operator) {
    case "Exists":
      return name !== "";
    case "DoesNotExist":
      return name === "";
    case "In":
      return name !== "" && values.includes(name);
    case "NotIn":
      return !values.includes(name);
    default:
      return unreachable(operator);
  }
}

/** Its affinity looks at pods of other namespaces, which hinders the scheduling of those. */
function reachesOut({ spec: { affinity } }: Pod): boolean {
  const sides = [affinity?.podAffinity, affinity?.podAntiAffinity];
  const terms = sides.flatMap((side) => [
    ...(side?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(side?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(
      ({ podAffinityTerm }) => podAffinityTerm,
    ),
  ]);
  return terms.some(
    ({ namespaces = [], namespaceSelector }) => namespaces.length > 0 || namespaceSelector,
  );
}
