/**
 * Says whether somebody may do something: `kubectl auth can-i`.
 * upstream: pkg/registry/authorization
 */
import type {
  NonResourceAttributes,
  ResourceAttributes,
  SubjectAccessReviewStatus,
} from "#api/authorization/attributes.ts";
import { LocalSubjectAccessReview } from "#api/authorization/localsubjectaccessreview.ts";
import { SelfSubjectAccessReview } from "#api/authorization/selfsubjectaccessreview.ts";
import { SubjectAccessReview } from "#api/authorization/subjectaccessreview.ts";
import { badRequest, invalidObject } from "#api/errors.ts";
import type { AnyKind } from "#api/kind.ts";
import type { User } from "#api/request.ts";
import { type FieldError, invalid } from "#schema/field-error.ts";
import type { Draft } from "#schema/struct.ts";
import type { Attributes, Authorizer } from "../authz/authorizer.ts";
import { reviewedSelection } from "../authz/selection.ts";
import { typed } from "./typed.ts";
import { defineVirtual, type VirtualCall } from "./virtual.ts";

type ReviewSpec = SubjectAccessReview["spec"];

export const subjectAccessReview = defineVirtual<SubjectAccessReview>({
  kind: SubjectAccessReview,

  async create(review, { ports }) {
    check(SubjectAccessReview, reviewProblems(review.spec));
    review.status = await decide(ports.authorizer, subjectOf(review.spec), review.spec);
    return typed(SubjectAccessReview, review);
  },
});

export const localSubjectAccessReview = defineVirtual<LocalSubjectAccessReview>({
  kind: LocalSubjectAccessReview,

  async create(review, { ports, namespace }: VirtualCall) {
    const spec = review.spec as ReviewSpec;
    check(LocalSubjectAccessReview, reviewProblems(spec));
    const named = spec.resourceAttributes?.namespace ?? "";
    // exact: apiserver
    if (namespace === "" || namespace !== named)
      throw badRequest(`spec.resourceAttributes.namespace must match namespace: ${namespace}`);
    review.status = await decide(ports.authorizer, subjectOf(spec), spec);
    return typed(LocalSubjectAccessReview, review);
  },
});

export const selfSubjectAccessReview = defineVirtual<SelfSubjectAccessReview>({
  kind: SelfSubjectAccessReview,

  async create(review, { ports, context }) {
    check(SelfSubjectAccessReview, attributeProblems(review.spec));
    review.status = await decide(ports.authorizer, context.user, review.spec);
    return typed(SelfSubjectAccessReview, review);
  },
});

interface Asked {
  readonly resourceAttributes?: Partial<ResourceAttributes> | undefined;
  readonly nonResourceAttributes?: Partial<NonResourceAttributes> | undefined;
}

/** exact: apiserver */
function* attributeProblems({
  resourceAttributes,
  nonResourceAttributes,
}: Asked): Iterable<FieldError> {
  if (resourceAttributes && nonResourceAttributes)
    yield invalid(
      "spec.nonResourceAttributes",
      nonResourceAttributes,
      "cannot be specified in combination with resourceAttributes",
    );
  if (!resourceAttributes && !nonResourceAttributes)
    yield invalid(
      "spec.resourceAttributes",
      null,
      "exactly one of nonResourceAttributes or resourceAttributes must be specified",
    );
}

/** exact: apiserver */
function* reviewProblems(spec: ReviewSpec): Iterable<FieldError> {
  yield* attributeProblems(spec);
  if (!spec.user && !spec.groups?.length)
    yield invalid("spec.user", "", "at least one of user or group must be specified");
}

function check(kind: AnyKind, problems: Iterable<FieldError>): void {
  const errors = [...problems];
  if (errors.length > 0) throw invalidObject(kind, "", errors);
}

const subjectOf = ({ user = "", uid, groups = [], extra = {} }: ReviewSpec): User => ({
  name: user,
  ...(uid ? { uid } : {}),
  groups,
  extra,
});

async function decide(
  authorizer: Authorizer,
  user: User,
  asked: Asked,
): Promise<Draft<SubjectAccessReviewStatus>> {
  const decision = await authorizer.authorize(attributesOf(user, asked));
  const { allowed, denied, reason, error } = decision;
  return {
    allowed,
    ...(denied ? { denied } : {}),
    ...(reason === "" ? {} : { reason }),
    ...(error === undefined ? {} : { evaluationError: error }),
  };
}

const nothing = {
  path: "",
  group: "",
  version: "",
  resource: "",
  subresource: "",
  namespace: "",
  name: "",
} as const;

function attributesOf(user: User, asked: Asked): Attributes {
  const { resourceAttributes, nonResourceAttributes } = asked;
  if (nonResourceAttributes) {
    const { path = "", verb = "" } = nonResourceAttributes;
    return { ...nothing, user, verb, isResource: false, path };
  }
  const { verb = "", fieldSelector, labelSelector, ...place } = resourceAttributes ?? {};
  return {
    ...nothing,
    ...(place as Partial<Attributes>),
    user,
    verb,
    isResource: true,
    ...reviewedSelection({ fieldSelector, labelSelector }),
  };
}
