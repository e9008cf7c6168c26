import type { UserInfo } from "#api/authentication/user-info.ts";
import type { User } from "#api/request.ts";
import type { Draft } from "#schema/struct.ts";

/** Canonical: what is empty is absent. */
export function userInfoOf({ name, uid, groups, extra = {} }: User): Draft<UserInfo> {
  const more = Object.entries(extra).map(([key, values]): [string, string[]] => [key, [...values]]);
  return {
    username: name,
    ...(uid ? { uid } : {}),
    ...(groups.length > 0 ? { groups: [...groups] } : {}),
    ...(more.length > 0 ? { extra: Object.fromEntries(more) } : {}),
  };
}
