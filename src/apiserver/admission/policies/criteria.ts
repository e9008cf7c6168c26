/**
 * Which requests a policy or a binding is about.
 * upstream: staging/src/k8s.io/apiserver/pkg/admission/plugin/policy/matching/matching.go
 */
import type { MatchResources } from "#api/admissionregistration/policy-rules.ts";
import { labelSelectorOf } from "#api/selectors.ts";
import { type Coverage, isSelected, type Selection, versionFor } from "../matching/coverage.ts";
import type { Subject } from "../matching/subject.ts";
import type { Version } from "../matching/versions.ts";

export interface Criteria extends Coverage, Selection {
  readonly excluded: Coverage;
}

export function criteriaOf(resources: MatchResources): Criteria {
  const { resourceRules = [], excludeResourceRules = [] } = resources;
  const isExact = resources.matchPolicy === "Exact";
  return {
    rules: resourceRules,
    excluded: { rules: excludeResourceRules, isExact },
    isExact,
    namespaces: labelSelectorOf(resources.namespaceSelector ?? {}),
    objects: labelSelectorOf(resources.objectSelector ?? {}),
  };
}

/** Undefined when it is not meant. Throws NotFound for a namespace that is gone. */
export function meantVersion(criteria: Criteria, subject: Subject): Version | undefined {
  const { rules, excluded } = criteria;
  if (excluded.rules.length > 0 && versionFor(excluded, subject)) return undefined;
  const version = rules.length === 0 ? subject.versions[0] : versionFor(criteria, subject);
  return version && isSelected(criteria, subject) ? version : undefined;
}
