import { equal } from "node:assert/strict";
import { test } from "node:test";
import { kubeletOf, run, serverWith } from "../stream/testing.ts";
import { rulesTable } from "./rules.ts";

test("one line for each resource, its verbs together, in kubectl's order", () => {
  const resourceRules = [
    { verbs: ["get", "list"], apiGroups: ["", "apps"], resources: ["pods", "deployments/scale"] },
    { verbs: ["list", "watch"], apiGroups: [""], resources: ["pods"] },
    { verbs: ["get"], apiGroups: [""], resources: ["secrets"], resourceNames: ["a", "b"] },
    { verbs: ["*"], apiGroups: ["*"], resources: ["*"] },
  ];
  const nonResourceRules = [{ verbs: ["get"], nonResourceURLs: ["/healthz", "/version"] }];
  equal(
    rulesTable({ resourceRules, nonResourceRules }, { hasHeaders: true }),
    `Resources                Non-Resource URLs   Resource Names   Verbs
*.*                      []                  []               [*]
pods                     []                  []               [get list watch]
deployments/scale        []                  []               [get list]
deployments.apps/scale   []                  []               [get list]
pods.apps                []                  []               [get list]
                         [/healthz]          []               [get]
                         [/version]          []               [get]
secrets                  []                  [a]              [get]
secrets                  []                  [b]              [get]
`,
  );
});

test("can-i says yes or no, and exits with it", async () => {
  const server = await serverWith(kubeletOf({}));
  equal((await run(server, ["auth", "can-i", "create", "deploy"])).output, "yes\n");
  const odd = await run(server, ["auth", "can-i", "dance", "nodes"]);
  equal(
    odd.errors,
    "Warning: resource 'nodes' is not namespace scoped\n\nWarning: verb 'dance' is not a known verb\n\n",
  );
  const wrong = await run(server, ["auth", "can-i", "get"]);
  equal(wrong.code, 1);
});

test("whoami lists what the server knows of us", async () => {
  const server = await serverWith(kubeletOf({}));
  equal(
    (await run(server, ["auth", "whoami"])).output,
    "ATTRIBUTE   VALUE\nUsername    admin\nGroups      [system:masters system:authenticated]\n",
  );
});
