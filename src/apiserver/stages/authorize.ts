import type { Authorizer, Attributes } from "../authz/authorizer.ts";
import type { Context, Stage } from "../context.ts";
import { forbiddenRequest } from "../refusals.ts";

export const attributesOf = ({ user, info, request }: Context): Attributes => {
  const fieldSelector = info.isResource ? request.query.get("fieldSelector") : null;
  return {
    user,
    verb: info.verb,
    isResource: info.isResource,
    path: info.path,
    group: info.group,
    version: info.version,
    resource: info.resource,
    subresource: info.subresource,
    namespace: info.namespace,
    name: info.name,
    ...(fieldSelector ? { fieldSelector } : {}),
  };
};

/** Throws Forbidden. */
export function demand(authorizer: Authorizer, attributes: Attributes): void {
  const { allowed, reason } = authorizer.authorize(attributes);
  if (!allowed) throw forbiddenRequest(attributes, reason);
}

/** Says whether the caller may do that. */
export const authorize =
  (authorizer: Authorizer): Stage =>
  (context, next) => {
    const attributes = attributesOf(context);
    const { allowed, reason } = authorizer.authorize(attributes);
    if (context.audit) noteDecision(context, allowed, reason);
    if (!allowed) throw forbiddenRequest(attributes, reason);
    return next(context);
  };

function noteDecision({ annotations }: Context, allowed: boolean, reason: string): void {
  // exact: apiserver
  annotations.set("authorization.k8s.io/decision", allowed ? "allow" : "forbid");
  annotations.set("authorization.k8s.io/reason", reason);
}
