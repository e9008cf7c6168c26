import { RoleBinding } from "#api/rbac/rolebinding.ts";
import { defineCommand } from "#cli/command.ts";
import { create, creation, creationFlags, nameOf } from "#cli/create/creation.ts";
import { roleRef, subjectFlags, subjectsOf } from "#cli/create/role.ts";
import { flag } from "#cli/flags.ts";

export const createRoleBinding = defineCommand({
  name: "create rolebinding",
  usage:
    "NAME --role=NAME|--clusterrole=NAME [--user=NAME] [--group=NAME] [--serviceaccount=NS:NAME]",
  summary: "Give a role to users, groups and service accounts, in a namespace",
  examples: ["k8ts create rolebinding ann --role=reader --user=ann"],
  group: "basic",
  flags: {
    ...creationFlags,
    ...subjectFlags,
    role: flag.text("the role", { value: "NAME", fallback: "" }),
    clusterrole: flag.text("the cluster role", { value: "NAME", fallback: "" }),
  },

  async run(shell, call) {
    const name = nameOf(call);
    const { role, clusterrole } = call.flags;
    // exact: kubectl
    if ((role === "") === (clusterrole === ""))
      throw new Error("exactly one of clusterrole or role must be specified");
    await create(shell, call, () =>
      creation(RoleBinding, {
        metadata: { name },
        subjects: subjectsOf(call.flags),
        roleRef: role === "" ? roleRef("ClusterRole", clusterrole) : roleRef("Role", role),
      }),
    );
  },
});
