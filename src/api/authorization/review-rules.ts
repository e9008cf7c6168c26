/** upstream: pkg/apis/authorization/validation/validation.go */
import { validLabelRequirement, validOperands } from "#api/field-rules.ts";
import type { FieldSelectorRequirement } from "#api/meta/label-selector.ts";
import type { ObjectMeta } from "#api/meta/object-meta.ts";
import { child, type FieldError, index, invalid, required } from "#schema/field-error.ts";
import type {
  FieldSelectorAttributes,
  LabelSelectorAttributes,
  NonResourceAttributes,
  ResourceAttributes,
  SubjectAccessReviewSpec,
} from "./attributes.ts";

const resourcePath = "spec.resourceAttributes";
const nonResourcePath = "spec.nonResourceAttributes";

interface Asked {
  readonly resourceAttributes?: ResourceAttributes | undefined;
  readonly nonResourceAttributes?: NonResourceAttributes | undefined;
}

/** It asks about a resource or about a path. */
export function* validAttributes(spec: Asked): Iterable<FieldError> {
  yield* oneAsked(spec);
  yield* validResource(spec.resourceAttributes);
}

/** As `validAttributes`, of somebody. */
export function* validSubjectReview(spec: SubjectAccessReviewSpec): Iterable<FieldError> {
  yield* oneAsked(spec);
  const { user = "", groups = [] } = spec;
  if (user === "" && groups.length === 0) {
    yield invalid("spec.user", user, "at least one of user or group must be specified");
  }
  yield* validResource(spec.resourceAttributes);
}

function* oneAsked({
  resourceAttributes: resource,
  nonResourceAttributes: nonResource,
}: Asked): Iterable<FieldError> {
  if (resource && nonResource) {
    const why = "cannot be specified in combination with resourceAttributes";
    yield invalid(nonResourcePath, nonResource, why);
  }
  if (!resource && !nonResource) {
    const why = "exactly one of nonResourceAttributes or resourceAttributes must be specified";
    yield invalid(resourcePath, null, why);
  }
}

/** Only the namespaced review is in some namespace: the one it asks about. */
export function* validLocalReview(
  namespace: string,
  { resourceAttributes: resource, nonResourceAttributes: nonResource }: Asked,
): Iterable<FieldError> {
  if (resource && (resource.namespace ?? "") !== namespace) {
    const path = child(resourcePath, "namespace");
    yield invalid(path, resource.namespace ?? "", "must match metadata.namespace");
  }
  if (nonResource) {
    yield invalid(nonResourcePath, nonResource, "disallowed on this kind of request");
  }
}

export function* emptyMetadata(
  metadata: ObjectMeta,
  { mayHaveNamespace }: { mayHaveNamespace: boolean },
): Iterable<FieldError> {
  const ignored = mayHaveNamespace ? ["managedFields", "namespace"] : ["managedFields"];
  const isEmpty = Object.entries(metadata).every(
    ([name, value]) => value === undefined || value === null || ignored.includes(name),
  );
  if (isEmpty) return;
  const problem = mayHaveNamespace ? "must be empty except for namespace" : "must be empty";
  yield invalid("metadata", metadata, problem);
}

/** Operators that are not known here may be known to whom is asked. */
function* validResource(resource: ResourceAttributes | undefined): Iterable<FieldError> {
  const fieldSelector = resource?.fieldSelector;
  if (fieldSelector) {
    const at = child(resourcePath, "fieldSelector");
    yield* oneForm(fieldSelector, at);
    for (const [i, requirement] of (fieldSelector.requirements ?? []).entries()) {
      yield* validFieldRequirement(requirement, index(child(at, "requirements"), i));
    }
  }
  const labelSelector = resource?.labelSelector;
  if (labelSelector) {
    const at = child(resourcePath, "labelSelector");
    yield* oneForm(labelSelector, at);
    for (const [i, requirement] of (labelSelector.requirements ?? []).entries()) {
      yield* validLabelRequirement(index(child(at, "requirements"), i), requirement);
    }
  }
}

/** A selector is written as a text, or as requirements. */
function* oneForm(
  { rawSelector = "", requirements = [] }: FieldSelectorAttributes | LabelSelectorAttributes,
  at: string,
): Iterable<FieldError> {
  if (rawSelector !== "" && requirements.length > 0) {
    const why = "may not specified at the same time as requirements";
    yield invalid(child(at, "rawSelector"), rawSelector, why);
  }
  if (rawSelector === "" && requirements.length === 0) {
    const why = `when ${at} is specified, requirements or rawSelector is required`;
    yield required(child(at, "requirements"), why);
  }
}

function* validFieldRequirement(
  requirement: FieldSelectorRequirement,
  at: string,
): Iterable<FieldError> {
  if (requirement.key === "") yield required(child(at, "key"), "must be specified");
  yield* validOperands(at, requirement);
}
