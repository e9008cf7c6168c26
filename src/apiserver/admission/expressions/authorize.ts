/** What `authorizer` asks: the server's own authorizer. What asks stands within `whenAnswered`. */
import type { User } from "#api/request.ts";
import type { AuthorizationQuery, Authorize } from "#cel/functions/authorizer.ts";
import type { Attributes, Authorizer } from "#apiserver/authz/authorizer.ts";
import { Questions } from "#apiserver/authz/unanswered.ts";
import { accountGroups, accountName } from "#apiserver/authn/groups.ts";
import type { AdmissionRequest } from "../admission.ts";

/** How expressions about a request ask what somebody may do. */
export type AuthorizeFor = (request: AdmissionRequest) => Authorize;

export function authorizeBy(authorizer: Authorizer): AuthorizeFor {
  const asked = new WeakMap<AdmissionRequest, Questions>();
  return (request) => {
    const questions = asked.get(request) ?? new Questions(authorizer);
    asked.set(request, questions);
    return (query) => questions.ask(attributesOf(request.user, query));
  };
}

/** What `authorizer.requestResource` is about. upstream: plugin/cel/activation.go#newActivation */
export function resourceOf(request: AdmissionRequest): Omit<AuthorizationQuery, "verb"> {
  const { kind, asked = kind, subresource, namespace, name } = request;
  return { group: asked.group, resource: asked.plural, subresource, namespace, name };
}

function attributesOf(user: User, query: AuthorizationQuery): Attributes {
  const { serviceAccount, path, fieldSelector, labelSelector, group = "", resource = "" } = query;
  return {
    user: serviceAccount ? serviceAccountUser(serviceAccount) : user,
    verb: query.verb,
    isResource: path === undefined,
    path: path ?? "",
    group,
    version: path === undefined ? "*" : "",
    resource,
    subresource: query.subresource ?? "",
    namespace: query.namespace ?? "",
    name: query.name ?? "",
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
    ...(labelSelector === undefined ? {} : { labelSelector }),
  };
}

const serviceAccountUser = ({ namespace, name }: { namespace: string; name: string }): User => ({
  name: accountName(namespace, name),
  groups: accountGroups(namespace),
});
