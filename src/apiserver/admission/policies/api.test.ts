/** The API of everything that admission is configured with, verb by verb. */
import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import type { Loose } from "#apiserver/testing.ts";
import { registration, rule, startPolicies } from "./testing.ts";

const webhook = {
  name: "a.b.c",
  clientConfig: { url: "https://example.com" },
  rules: [rule()],
  sideEffects: "None",
  admissionReviewVersions: ["v1"],
  matchConditions: [{ name: "c", expression: "object.metadata.name != 'skip-me'" }],
};
const matchConstraints = { resourceRules: [rule()] };
const mutation = { patchType: "JSONPatch", jsonPatch: { expression: "[JSONPatch{op: 'test'}]" } };

const kinds: Readonly<Record<string, object>> = {
  validatingadmissionpolicies: {
    spec: { matchConstraints, validations: [{ expression: "true" }] },
  },
  validatingadmissionpolicybindings: { spec: { policyName: "p", validationActions: ["Deny"] } },
  mutatingadmissionpolicies: {
    spec: { matchConstraints, mutations: [mutation], reinvocationPolicy: "Never" },
  },
  mutatingadmissionpolicybindings: { spec: { policyName: "p" } },
  validatingwebhookconfigurations: { webhooks: [webhook] },
  mutatingwebhookconfigurations: { webhooks: [webhook] },
};

const mergePatch = { "content-type": "application/merge-patch+json" };
const namesOf = ({ items }: Loose): readonly string[] =>
  items.map(({ metadata }: Loose) => metadata.name);

test("the group and its version are discovered, with all resources and verbs", async () => {
  const { ask } = await startPolicies();
  const { groups } = await ask("GET", "/apis");
  const group = groups.find(({ name }: Loose) => name === "admissionregistration.k8s.io");
  deepEqual(
    group.versions.map(({ version }: Loose) => version),
    ["v1"],
  );
  const { resources } = await ask("GET", registration);
  for (const plural of Object.keys(kinds)) {
    const { verbs } = resources.find(({ name }: Loose) => name === plural);
    deepEqual(verbs.toSorted(), [
      "create",
      "delete",
      "deletecollection",
      "get",
      "list",
      "patch",
      "update",
      "watch",
    ]);
  }
});

for (const [plural, parts] of Object.entries(kinds)) {
  test(`${plural} serve every verb`, async () => {
    const { ask, refused } = await startPolicies();
    const all = `${registration}/${plural}`;
    const named = (name: string) => ({
      body: { metadata: { name, labels: { set: "yes" } }, ...parts },
    });
    const made = await ask("POST", all, named("a"));
    equal(made.metadata.generation, 1);
    const dry = await ask("POST", `${all}?dryRun=All`, named("dry"));
    equal(dry.metadata.name, "dry");
    await ask("POST", all, named("b"));
    await ask("POST", all, { body: { metadata: { name: "c" }, ...parts } });
    const listed = await ask("GET", `${all}?labelSelector=set%3Dyes`);
    deepEqual(namesOf(listed), ["a", "b"]);
    const body = { metadata: { annotations: { patched: "yes" } } };
    const patched = await ask("PATCH", `${all}/a`, { body, headers: mergePatch });
    equal(patched.metadata.annotations.patched, "yes");
    patched.metadata.annotations.updated = "yes";
    const updated = await ask("PUT", `${all}/a`, { body: patched });
    deepEqual(await ask("GET", `${all}/a`), updated);
    equal(updated.metadata.generation, 1);
    await ask("DELETE", `${all}/a`);
    equal((await refused("GET", `${all}/a`)).code, 404);
    await ask("DELETE", `${all}?labelSelector=set%3Dyes`);
    deepEqual(namesOf(await ask("GET", all)), ["c"]);
  });
}

test("the status of a policy is a part of its own", async () => {
  const { ask } = await startPolicies();
  const all = `${registration}/validatingadmissionpolicies`;
  const body = { metadata: { name: "p" }, ...kinds["validatingadmissionpolicies"] };
  await ask("POST", all, { body });
  const condition = {
    type: "Seen",
    status: "True",
    reason: "Test",
    message: "",
    lastTransitionTime: "2024-01-01T00:00:00Z",
  };
  const change = { body: { status: { conditions: [condition] }, spec: { validations: [] } } };
  const patched = await ask("PATCH", `${all}/p/status`, { ...change, headers: mergePatch });
  deepEqual(patched.status.conditions, [condition]);
  equal(patched.spec.validations.length, 1);
  deepEqual((await ask("GET", `${all}/p/status`)).status, patched.status);
});
