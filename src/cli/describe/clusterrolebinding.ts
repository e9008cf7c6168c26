import { ClusterRoleBinding } from "#api/rbac/clusterrolebinding.ts";
import { describeBinding } from "./bindings.ts";
import { defineDescriber } from "./describer.ts";

export const clusterRoleBinding = defineDescriber({
  kind: ClusterRoleBinding,
  hidesEvents: true,
  describe: describeBinding,
});
