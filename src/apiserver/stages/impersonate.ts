/**
 * Who may do so can act as somebody else: `kubectl --as`.
 * upstream: staging/src/k8s.io/apiserver/pkg/endpoints/filters/impersonation.go
 */
import { badRequest } from "#api/errors.ts";
import type { ApiRequest, ApiResponse, User } from "#api/request.ts";
import type { Authorizer, Attributes } from "../authz/authorizer.ts";
import type { Stage } from "../context.ts";
import { demand } from "./authorize.ts";

const extraPrefix = "impersonate-extra-";
const accountPrefix = "system:serviceaccount:";

export const impersonate =
  (authorizer: Authorizer): Stage =>
  (context, next) => {
    const { user, request } = context;
    const wanted = wantedUser(request.headers);
    return wanted ? actAs(wanted) : next(context);

    async function actAs(other: User): Promise<ApiResponse> {
      for (const target of targetsOf(other))
        await demand(authorizer, { ...whole, ...target, user, path: context.info.path });
      const acting = withImpliedGroups(other);
      if (context.audit) context.audit.impersonated = acting;
      return next({ ...context, user: acting });
    }
  };

/** Undefined when the caller acts as itself. */
function wantedUser(headers: ApiRequest["headers"]): User | undefined {
  const name = headers["impersonate-user"] ?? "";
  const groups = headers["impersonate-group"];
  const uid = headers["impersonate-uid"] ?? "";
  if (name !== "") {
    return {
      name,
      groups: valuesOf(groups),
      ...(uid === "" ? {} : { uid }),
      extra: extraOf(headers),
    };
  }
  if (groups === undefined && uid === "") return undefined;
  // exact: apiserver
  throw badRequest("requested impersonation without impersonating a user");
}

/** Repeated headers come joined by commas. */
const valuesOf = (header: string | undefined): readonly string[] =>
  header === undefined || header === "" ? [] : header.split(",").map((value) => value.trim());

function extraOf(headers: ApiRequest["headers"]): Record<string, readonly string[]> {
  const extra: Record<string, readonly string[]> = {};
  for (const [header, value] of Object.entries(headers)) {
    if (!header.startsWith(extraPrefix)) continue;
    extra[decodeKey(header.slice(extraPrefix.length))] = valuesOf(value);
  }
  return extra;
}

function decodeKey(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    if (!(cause instanceof URIError)) throw cause;
    return text;
  }
}

type Target = Pick<Attributes, "resource" | "name"> & Partial<Attributes>;

const whole = {
  verb: "impersonate",
  isResource: true,
  group: "",
  version: "v1",
  namespace: "",
  subresource: "",
} as const;

const authentication = { group: "authentication.k8s.io", version: "v1" } as const;

/** Everything that the caller must be allowed to impersonate. */
function* targetsOf({ name, groups, uid, extra = {} }: User): Iterable<Target> {
  const [namespace, account] = accountOf(name);
  if (account) yield { resource: "serviceaccounts", namespace, name: account };
  else yield { resource: "users", name };
  for (const group of groups) yield { resource: "groups", name: group };
  for (const [key, values] of Object.entries(extra)) {
    for (const value of values) {
      yield { ...authentication, resource: "userextras", subresource: key, name: value };
    }
  }
  if (uid) yield { ...authentication, resource: "uids", name: uid };
}

function accountOf(name: string): readonly [namespace: string, account: string | undefined] {
  if (!name.startsWith(accountPrefix)) return ["", undefined];
  const [namespace = "", account, ...more] = name.slice(accountPrefix.length).split(":");
  return more.length === 0 ? [namespace, account] : ["", undefined];
}

function withImpliedGroups(user: User): User {
  if (user.name === "system:anonymous") {
    return { ...user, groups: [...new Set([...user.groups, "system:unauthenticated"])] };
  }
  const [namespace, account] = accountOf(user.name);
  const own =
    account && user.groups.length === 0
      ? ["system:serviceaccounts", `system:serviceaccounts:${namespace}`]
      : user.groups;
  return { ...user, groups: [...new Set([...own, "system:authenticated"])] };
}
