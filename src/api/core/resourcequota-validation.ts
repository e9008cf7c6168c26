/** Rules for quotas. upstream: pkg/apis/core/validation/validation.go#ValidateResourceQuota */
import { immutableField } from "#api/names.ts";
import { type FieldError, invalid, required } from "#schema/field-error.ts";
import { isStandardQuotaResource } from "./resource-names.ts";
import type {
  ResourceQuotaSpec,
  ResourceQuotaStatus,
  ScopedResourceSelectorRequirement,
} from "./resourcequota.ts";
import { quotaResourceName, validateResourceList } from "./resource-validation.ts";

interface QuotaParts {
  readonly spec: ResourceQuotaSpec;
  readonly status: ResourceQuotaStatus;
}

export function* validateQuota({ spec }: QuotaParts): Iterable<FieldError> {
  yield* validateResourceList(spec.hard, "spec.hard", quotaResourceName);
  yield* validateScopes(spec);
  yield* validateScopeSelector(spec);
}

export function* validateQuotaStatus({ status }: QuotaParts): Iterable<FieldError> {
  yield* validateResourceList(status.hard, "status.hard", quotaResourceName);
  yield* validateResourceList(status.used, "status.used", quotaResourceName);
}

export function* validateQuotaUpdate({ spec }: QuotaParts, old: QuotaParts): Iterable<FieldError> {
  const scopes = (quota: ResourceQuotaSpec): string => [...new Set(quota.scopes)].toSorted().join();
  if (scopes(spec) !== scopes(old.spec)) {
    yield invalid("spec.scopes", spec.scopes ?? [], immutableField);
  }
}

export const quotaScopes = [
  "BestEffort",
  "CrossNamespacePodAffinity",
  "NotBestEffort",
  "NotTerminating",
  "PriorityClass",
  "Terminating",
  "VolumeAttributesClass",
] as const;

const scopeNames: ReadonlySet<string> = new Set(quotaScopes);

const computeResources: ReadonlySet<string> = new Set([
  "pods",
  ...["", "requests.", "limits."].flatMap((side) => [`${side}cpu`, `${side}memory`]),
]);

/** Most scopes are about what pods compute with; one is about their number, one about volumes. */
function scopeSuits(scope: string, resource: string): boolean {
  switch (scope) {
    case "BestEffort":
      return resource === "pods";
    case "VolumeAttributesClass":
      return resource === "persistentvolumeclaims" || resource === "requests.storage";
    default:
      return !scopeNames.has(scope) || computeResources.has(resource);
  }
}

const opposites = [
  ["BestEffort", "NotBestEffort"],
  ["Terminating", "NotTerminating"],
] as const;

function* validateScopes({ scopes = [], hard = {} }: ResourceQuotaSpec): Iterable<FieldError> {
  for (const scope of scopes) {
    if (!scopeNames.has(scope)) yield invalid("spec.scopes", scopes, "unsupported scope");
    for (const name of unsuited(scope, hard)) {
      if (name) yield invalid("spec.scopes", scopes, "unsupported scope applied to resource");
    }
  }
  yield* validateOpposites(scopes, "spec.scopes", scopes);
}

const unsuited = (scope: string, hard: object): readonly string[] =>
  Object.keys(hard)
    .toSorted()
    .filter((name) => isStandardQuotaResource(name) && !scopeSuits(scope, name));

function* validateOpposites(
  scopes: readonly string[],
  path: string,
  shown: unknown,
): Iterable<FieldError> {
  for (const pair of opposites) {
    if (pair.every((scope) => scopes.includes(scope))) {
      yield invalid(path, shown, "conflicting scopes");
    }
  }
}

function* validateScopeSelector(spec: ResourceQuotaSpec): Iterable<FieldError> {
  const requirements = spec.scopeSelector?.matchExpressions ?? [];
  // exact: upstream gives no index.
  const path = "spec.scopeSelector.matchExpressions";
  for (const requirement of requirements) {
    const { scopeName } = requirement;
    if (!scopeNames.has(scopeName)) {
      yield invalid(`${path}.scopeName`, scopeName, "unsupported scope");
    }
    for (const name of unsuited(scopeName, spec.hard ?? {})) {
      if (name) yield invalid(path, spec.scopeSelector, "unsupported scope applied to resource");
    }
    yield* validateRequirement(requirement, path);
  }
  const names = requirements.map(({ scopeName }) => scopeName);
  yield* validateOpposites(names, path, spec.scopes ?? []);
}

const valueless: ReadonlySet<string> = new Set([
  "BestEffort",
  "NotBestEffort",
  "Terminating",
  "NotTerminating",
  "CrossNamespacePodAffinity",
]);

function* validateRequirement(
  { scopeName, operator, values = [] }: ScopedResourceSelectorRequirement,
  at: string,
): Iterable<FieldError> {
  if (valueless.has(scopeName) && operator !== "Exists") {
    const problem =
      "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity";
    yield invalid(`${at}.operator`, operator, problem);
  }
  if (operator === "In" || operator === "NotIn") {
    if (values.length > 0) return;
    const hint = "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector";
    yield required(`${at}.values`, hint);
  } else if (operator !== "Exists" && operator !== "DoesNotExist") {
    yield invalid(`${at}.operator`, operator, "not a valid selector operator");
  } else if (values.length > 0) {
    const problem =
      "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector";
    yield invalid(`${at}.values`, values, problem);
  }
}
