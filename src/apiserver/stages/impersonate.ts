/**
 * Who may do so can act as somebody else: `kubectl --as`.
 * upstream: apiserver/pkg/endpoints/filters/impersonation/constrained_impersonation.go
 */
import { byHeaders } from "#base/by-headers.ts";
import { badRequest } from "#api/errors.ts";
import type { ApiRequest, ApiResponse, User } from "#api/request.ts";
import type { Authorizer } from "../authz/authorizer.ts";
import { impersonation } from "../authz/impersonation.ts";
import type { Stage } from "../context.ts";
import { attributesOf } from "./authorize.ts";

const extraPrefix = "impersonate-extra-";

export function impersonate(authorizer: Authorizer): Stage {
  const impersonated = impersonation(authorizer);
  return (context, next) => {
    const wanted = wantedUser(context.request.headers);
    return wanted ? actAs(wanted) : next(context);

    async function actAs(other: User): Promise<ApiResponse> {
      const { user, constraint } = await impersonated(other, attributesOf(context));
      if (context.audit) context.audit.impersonated = { user, constraint };
      return next({ ...context, user });
    }
  };
}

/** Undefined when the caller acts as itself. */
const wantedUser = byHeaders((headers): User | undefined => {
  const name = headers["impersonate-user"] ?? "";
  const uid = headers["impersonate-uid"] ?? "";
  const groups = headers["impersonate-group"];
  const extra = extraOf(headers);
  const wanted: User = { name, groups: valuesOf(groups), ...(uid === "" ? {} : { uid }), extra };
  if (name !== "") return wanted;
  if (groups === undefined && uid === "" && Object.keys(extra).length === 0) return undefined;
  // exact: apiserver
  throw badRequest(`requested ${goText(wanted)} without impersonating a user name`);
});

/** Repeated headers come joined by commas. */
const valuesOf = (header: string | undefined): readonly string[] =>
  header === undefined || header === "" ? [] : header.split(",").map((value) => value.trim());

function extraOf(headers: ApiRequest["headers"]): Record<string, readonly string[]> {
  const extra: Record<string, readonly string[]> = {};
  for (const header of Object.keys(headers)) {
    if (!header.startsWith(extraPrefix)) continue;
    extra[decodeKey(header.slice(extraPrefix.length))] = valuesOf(headers[header]);
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

/** As Go shows the struct. */
function goText({ name, uid = "", groups, extra = {} }: User): string {
  const list = (texts: readonly string[]): string =>
    texts.length === 0 ? "[]string(nil)" : `[]string{${texts.map(quoted).join(", ")}}`;
  const entries = Object.entries(extra).map(([key, values]) => `${quoted(key)}:${list(values)}`);
  const map = "map[string][]string";
  const more = entries.length === 0 ? `${map}(nil)` : `${map}{${entries.toSorted().join(", ")}}`;
  const fields = `Name:${quoted(name)}, UID:${quoted(uid)}, Groups:${list(groups)}, Extra:${more}`;
  return `&user.DefaultInfo{${fields}}`;
}

const quoted = (text: string): string => JSON.stringify(text);
