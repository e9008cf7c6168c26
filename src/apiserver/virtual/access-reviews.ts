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
import { badRequest } from "#api/errors.ts";
import type { ApiObject, Kind } from "#api/kind.ts";
import type { User } from "#api/request.ts";
import type { Draft } from "#schema/struct.ts";
import type { Attributes, Authorizer } from "../authz/authorizer.ts";
import { reviewedSelection } from "../authz/selection.ts";
import { refuseInvalid } from "../registry/validation.ts";
import { typed } from "./typed.ts";
import { defineVirtual, type VirtualCall } from "./virtual.ts";

type ReviewSpec = SubjectAccessReview["spec"];

export const subjectAccessReview = defineVirtual<SubjectAccessReview>({
  kind: SubjectAccessReview,

  async create(review, { ports }) {
    check(SubjectAccessReview, review);
    review.status = await decide(ports.authorizer, subjectOf(review.spec), review.spec);
    return typed(SubjectAccessReview, review);
  },
});

export const localSubjectAccessReview = defineVirtual<LocalSubjectAccessReview>({
  kind: LocalSubjectAccessReview,

  async create(review, { ports, namespace }: VirtualCall) {
    const spec = review.spec as ReviewSpec;
    check(LocalSubjectAccessReview, review);
    if (namespace === "") throw badRequest("namespace is required on this type: "); // exact: apiserver
    review.status = await decide(ports.authorizer, subjectOf(spec), spec);
    return typed(LocalSubjectAccessReview, review);
  },
});

export const selfSubjectAccessReview = defineVirtual<SelfSubjectAccessReview>({
  kind: SelfSubjectAccessReview,

  async create(review, { ports, context }) {
    check(SelfSubjectAccessReview, review);
    review.status = await decide(ports.authorizer, context.user, review.spec);
    return typed(SelfSubjectAccessReview, review);
  },
});

interface Asked {
  readonly resourceAttributes?: Partial<ResourceAttributes> | undefined;
  readonly nonResourceAttributes?: Partial<NonResourceAttributes> | undefined;
}

/** Reviews have no names. */
const check = <T extends ApiObject>(kind: Kind<T>, review: Draft<T>): void =>
  refuseInvalid(kind, "", [...(kind.validate?.(review as T) ?? [])]);

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
