import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import type { Attributes } from "../authz/authorizer.ts";
import type { ConfigurationError } from "#base/configuration.ts";
import { defaultPolicy } from "./default-policy.ts";
import { findRule, parsePolicy } from "./policy.ts";

const head = "apiVersion: audit.k8s.io/v1\nkind: Policy\n";

const asked = (
  more: Partial<Attributes> = {},
  groups: readonly string[] = ["dev"],
): Attributes => ({
  user: { name: "jane", groups },
  verb: "get",
  isResource: true,
  path: "/api/v1/namespaces/blue/pods/web",
  group: "",
  version: "v1",
  resource: "pods",
  subresource: "",
  namespace: "blue",
  name: "web",
  ...more,
});

const rows: readonly [rule: string, more: Partial<Attributes>, fits: boolean][] = [
  ["{level: Metadata}", {}, true],
  ["{level: Metadata, users: [jane]}", {}, true],
  ["{level: Metadata, users: [joe]}", {}, false],
  ["{level: Metadata, userGroups: [ops, dev]}", {}, true],
  ["{level: Metadata, userGroups: [ops]}", {}, false],
  ["{level: Metadata, verbs: [get]}", {}, true],
  ["{level: Metadata, verbs: [create]}", {}, false],
  ["{level: Metadata, namespaces: [blue]}", {}, true],
  ["{level: Metadata, namespaces: [red]}", {}, false],
  ['{level: Metadata, namespaces: [""]}', { namespace: "" }, true],
  ['{level: Metadata, resources: [{group: ""}]}', {}, true],
  ["{level: Metadata, resources: [{group: apps}]}", {}, false],
  ['{level: Metadata, resources: [{group: "", resources: [pods]}]}', {}, true],
  ['{level: Metadata, resources: [{group: "", resources: [pods]}]}', { subresource: "log" }, false],
  [
    '{level: Metadata, resources: [{group: "", resources: [pods/log]}]}',
    { subresource: "log" },
    true,
  ],
  [
    '{level: Metadata, resources: [{group: "", resources: ["*/log"]}]}',
    { subresource: "log" },
    true,
  ],
  [
    '{level: Metadata, resources: [{group: "", resources: ["pods/*"]}]}',
    { subresource: "log" },
    true,
  ],
  ['{level: Metadata, resources: [{group: "", resources: ["pods/*"]}]}', {}, false],
  ['{level: Metadata, resources: [{group: "", resources: ["*"]}]}', { subresource: "log" }, true],
  [
    '{level: Metadata, resources: [{group: "", resources: [pods], resourceNames: [web]}]}',
    {},
    true,
  ],
  [
    '{level: Metadata, resources: [{group: "", resources: [pods], resourceNames: [db]}]}',
    {},
    false,
  ],
  ['{level: Metadata, nonResourceURLs: ["*"]}', {}, false],
  ['{level: Metadata, nonResourceURLs: ["/logs*"]}', { isResource: false, path: "/logs/x" }, true],
  ['{level: Metadata, nonResourceURLs: ["/logs"]}', { isResource: false, path: "/logs/x" }, false],
  ["{level: Metadata, namespaces: [blue]}", { isResource: false, path: "/logs" }, false],
];
for (const [rule, more, fits] of rows) {
  test(`the rule ${rule} ${fits ? "fits" : "does not fit"} ${JSON.stringify(more)}`, () => {
    const policy = parsePolicy(`${head}rules: [${rule}]`);
    equal(findRule(policy, asked(more)) !== undefined, fits);
  });
}

test("the first rule that fits counts; stages are omitted by policy and rule together", () => {
  const policy = parsePolicy(`${head}
omitStages: [RequestReceived]
omitManagedFields: true
rules:
- {level: None, users: [joe]}
- {level: Request, users: [jane], omitStages: [Panic], omitManagedFields: false}
- {level: RequestResponse}`);
  const rule = findRule(policy, asked());
  deepEqual(
    [rule?.level, [...(rule?.omitStages ?? [])], rule?.omitsManagedFields],
    ["Request", ["RequestReceived", "Panic"], false],
  );
  equal(findRule(policy, asked({ user: { name: "x", groups: [] } }))?.omitsManagedFields, true);
});

test("a wrong policy is refused with all that is wrong", () => {
  const text = `${head}omitStages: [Never]
rules:
- {level: Most}
- {level: None, nonResourceURLs: ["/a*b", "b"], namespaces: [a]}
- {level: None, resources: [{group: "", resourceNames: [a]}]}`;
  throws(
    () => parsePolicy(text),
    (cause: ConfigurationError) => {
      deepEqual(cause.problems, [
        'omitStages: Unsupported value: "Never": supported values: "RequestReceived", "ResponseStarted", "ResponseComplete", "Panic"',
        'rules[0].level: Unsupported value: "Most": supported values: "None", "Metadata", "Request", "RequestResponse"',
        "rules[1].nonResourceURLs: rules cannot apply to both regular resources and non-resource URLs",
        `rules[1].nonResourceURLs: "/a*b": non-resource URL wildcards '*' must be the final character of the rule`,
        `rules[1].nonResourceURLs: "b": non-resource URL rules must begin with a '/' character`,
        "rules[2].resources[0].resourceNames: using resourceNames requires at least one resource",
      ]);
      return true;
    },
  );
  throws(() => parsePolicy(`${head}rules: []`), { message: /at least one rule/ });
});

test("the default policy never keeps what is in a secret or a token, and keeps writes", () => {
  const policy = defaultPolicy();
  const level = (more: Partial<Attributes>, groups?: readonly string[]) =>
    findRule(policy, asked(more, groups))?.level;
  for (const verb of ["get", "list", "create", "update", "patch", "delete"])
    equal(level({ resource: "secrets", verb }, ["system:serviceaccounts:kube-system"]), "Metadata");
  equal(level({ resource: "serviceaccounts", subresource: "token", verb: "create" }), "Metadata");
  equal(level({ verb: "create" }), "Metadata");
  equal(level({ verb: "list" }), "None");
  equal(level({ resource: "events", verb: "create" }), "None");
  equal(
    level({ resource: "pods", subresource: "status", verb: "patch" }, ["system:nodes"]),
    "None",
  );
  equal(level({ isResource: false, path: "/readyz", resource: "" }), "None");
});
