import { ClusterRoleBinding } from "#api/rbac/clusterrolebinding.ts";
import { defineCommand } from "#cli/command.ts";
import { create, creation, creationFlags, nameOf } from "#cli/create/creation.ts";
import { roleRef, subjectFlags, subjectsOf } from "#cli/create/role.ts";
import { flag } from "#cli/flags.ts";

export const createClusterRoleBinding = defineCommand({
  name: "create clusterrolebinding",
  usage: "NAME --clusterrole=NAME [--user=NAME] [--group=NAME] [--serviceaccount=NS:NAME]",
  summary: "Give a cluster role to users, groups and service accounts, everywhere",
  examples: ["k8ts create clusterrolebinding root --clusterrole=cluster-admin --user=ann"],
  group: "basic",
  flags: {
    ...creationFlags,
    ...subjectFlags,
    clusterrole: flag.requiredText("the cluster role", { value: "NAME" }),
  },

  async run(shell, call) {
    const name = nameOf(call);
    await create(shell, call, () =>
      creation(ClusterRoleBinding, {
        metadata: { name },
        subjects: subjectsOf(call.flags),
        roleRef: roleRef("ClusterRole", call.flags.clusterrole),
      }),
    );
  },
});
