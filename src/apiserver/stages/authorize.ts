import { ApiError } from "#api/errors.ts";
import type { Attributes, Authorizer, Decision } from "../authz/authorizer.ts";
import { selectionOf } from "../authz/selection.ts";
import type { ApiResponse } from "#api/request.ts";
import { type Soon, whenThere } from "#base/soon.ts";
import type { Context, Stage } from "../context.ts";
import { forbiddenRequest } from "../refusals.ts";

export function attributesOf({ user, info, request }: Context): Attributes {
  const { verb, isResource, path, group, version, resource, subresource, namespace, name } = info;
  const about = {
    user,
    verb,
    isResource,
    path,
    group,
    version,
    resource,
    subresource,
    namespace,
    name,
  };
  const selection = isResource ? selectionOf(verb, request.query) : undefined;
  return selection ? { ...about, ...selection } : about;
}

/** Throws Forbidden, or InternalError when it cannot be found out: at once, unless it has to wait. */
export const demand = (authorizer: Authorizer, attributes: Attributes): void | Promise<void> =>
  whenThere(authorizer.authorize(attributes), (decision) => enforce(attributes, decision));

/** Says whether the caller may do that. */
export const authorize =
  (authorizer: Authorizer): Stage =>
  (context, next) => {
    const attributes = attributesOf(context);
    return whenThere(authorizer.authorize(attributes), (decision): Soon<ApiResponse> => {
      if (context.audit) noteDecision(context, decision);
      enforce(attributes, decision);
      return next(context);
    });
  };

function enforce(attributes: Attributes, { allowed, reason, error }: Decision): void {
  if (allowed) return;
  if (error === undefined) throw forbiddenRequest(attributes, reason);
  // exact: apiserver
  throw new ApiError(
    "InternalError",
    `Internal Server Error: ${JSON.stringify(attributes.path)}: ${error}`,
  );
}

/** exact: apiserver */
function noteDecision({ annotations }: Context, { allowed, reason, error }: Decision): void {
  const isUnknown = !allowed && error !== undefined;
  if (!isUnknown) annotations.set("authorization.k8s.io/decision", allowed ? "allow" : "forbid");
  annotations.set("authorization.k8s.io/reason", isUnknown ? "internal error" : reason);
}
