import { s, type ValueOf } from "#schema/struct.ts";

export const UserInfo = s.struct("authentication/v1.UserInfo", {
  username: s.string(1),
  uid: s.string(2),
  groups: s.list(3, "string", { listType: "atomic" }),
  extra: s.map(4, "wrappedStrings"),
});

export interface UserInfo extends ValueOf<typeof UserInfo> {}
