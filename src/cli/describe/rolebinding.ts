import { RoleBinding } from "#api/rbac/rolebinding.ts";
import { describeBinding } from "./bindings.ts";
import { defineDescriber } from "./describer.ts";

export const roleBinding = defineDescriber({
  kind: RoleBinding,
  hidesEvents: true,
  describe: describeBinding,
});
