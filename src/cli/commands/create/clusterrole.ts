import { ClusterRole } from "#api/rbac/clusterrole.ts";
import { defineCommand } from "#cli/command.ts";
import { create, creation, creationFlags, nameOf } from "#cli/create/creation.ts";
import { ruleFlags, rulesOf, verbsOf } from "#cli/create/role.ts";
import { flag } from "#cli/flags.ts";

export const createClusterRole = defineCommand({
  name: "create clusterrole",
  usage: "NAME --verb=VERB --resource=RESOURCE",
  summary: "Create a cluster role: what may be done in all namespaces",
  examples: [
    "k8ts create clusterrole node-reader --verb=get,list --resource=nodes",
    "k8ts create clusterrole health --verb=get --non-resource-url=/healthz",
    "k8ts create clusterrole all --aggregation-rule=team=blue",
  ],
  group: "basic",
  flags: {
    ...creationFlags,
    ...ruleFlags,
    "non-resource-url": flag.list("a path that is no object: /metrics", { value: "PATH" }),
    "aggregation-rule": flag.list("join the roles with this label", { value: "KEY=VALUE" }),
  },

  async run(shell, call) {
    const name = nameOf(call);
    const given = call.flags;
    const joined = given["aggregation-rule"];
    const urls = given["non-resource-url"];
    await create(shell, call, async (session) => {
      if (joined.length > 0) {
        const matchLabels = Object.fromEntries(joined.map((text) => text.split("=")));
        const aggregationRule = { clusterRoleSelectors: [{ matchLabels }] };
        return creation(ClusterRole, { metadata: { name }, aggregationRule, rules: [] }, "");
      }
      const hasResources = given.resource.length > 0 || urls.length === 0;
      const rules = [
        ...(hasResources ? await rulesOf(session, given) : []),
        ...(urls.length > 0 ? [{ verbs: verbsOf(given.verb), nonResourceURLs: urls }] : []),
      ];
      return creation(ClusterRole, { metadata: { name }, rules }, "");
    });
  },
});
