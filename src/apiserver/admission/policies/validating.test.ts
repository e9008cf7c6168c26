import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import {
  configMap,
  configMaps,
  deployment,
  deployments,
  type PoliciesServer,
  policies,
  registration,
  rule,
  startPolicies,
} from "./testing.ts";

const mergePatch = { "content-type": "application/merge-patch+json" };

test("a Deployment that breaks an expression is refused, one that fits is not", async () => {
  const { bind, ask, refused } = await startPolicies();
  await bind("validating", "few", {
    spec: { validations: [{ expression: "object.spec.replicas <= 5" }] },
  });
  await ask("POST", deployments, deployment("ok", 5));
  const { code, reason, message, details } = await refused(
    "POST",
    deployments,
    deployment("big", 6),
  );
  const why =
    "ValidatingAdmissionPolicy 'few' with binding 'few-binding' denied request: failed expression: object.spec.replicas <= 5";
  deepEqual([code, reason], [422, "Invalid"]);
  equal(message, `deployments.apps "big" is forbidden: ${why}`);
  deepEqual(details, {
    name: "big",
    group: "apps",
    kind: "deployments",
    causes: [{ message: why }],
  });
});

test("a policy takes effect with its binding, and ends with it", async () => {
  const { bind, ask, refused } = await startPolicies();
  await bind("validating", "no", { spec: { validations: [{ expression: "false" }] } });
  await refused("POST", configMaps, configMap("a"));
  await ask("DELETE", `${registration}/validatingadmissionpolicybindings/no-binding`);
  await ask("POST", configMaps, configMap("a"));
});

test("a changed policy is in force at once", async () => {
  const { bind, ask, refused } = await startPolicies();
  await bind("validating", "p", { spec: { validations: [{ expression: "false" }] } });
  await refused("POST", configMaps, configMap("a"));
  const body = { spec: { validations: [{ expression: "true" }] } };
  await ask("PATCH", `${policies("validating")}/p`, { body, headers: mergePatch });
  await ask("POST", configMaps, configMap("a"));
});

test("the refusal says what the policy says, with its reason", async () => {
  const cases: readonly [validation: object, code: number, reason: string, said: string][] = [
    [{ message: "as I like it" }, 422, "Invalid", "as I like it"],
    [{ reason: "Forbidden" }, 403, "Forbidden", "failed expression: false"],
    [{ reason: "RequestEntityTooLarge", message: "m" }, 413, "RequestEntityTooLarge", "m"],
    [
      { message: "m", messageExpression: "'made by ' + object.metadata.name" },
      422,
      "Invalid",
      "made by a",
    ],
    [{ message: "m", messageExpression: "' '" }, 422, "Invalid", "m"],
    [{ message: "m", messageExpression: "'two\\nlines'" }, 422, "Invalid", "m"],
    [{ message: "m", messageExpression: "string(object.no)" }, 422, "Invalid", "m"],
  ];
  for (const [validation, code, reason, said] of cases) {
    const { bind, refused } = await startPolicies();
    await bind("validating", "p", {
      spec: { validations: [{ expression: "false", ...validation }] },
    });
    const error = await refused("POST", configMaps, configMap("a"));
    deepEqual([error.code, error.reason], [code, reason]);
    equal(error.message.split("denied request: ")[1], said);
  }
});

test("expressions may read the object, the old one, the request, the namespace and the authorizer", async () => {
  const { bind, ask, refused } = await startPolicies();
  const expressions = [
    "object.metadata.name == 'a' && object.kind == 'ConfigMap' && object.apiVersion == 'v1'",
    "request.operation == 'UPDATE' && oldObject.data.k == 'v' && object.data.k == 'w'",
    "request.resource.resource == 'configmaps' && request.kind.kind == 'ConfigMap'",
    "request.userInfo.username == 'admin' && 'system:masters' in request.userInfo.groups",
    "request.namespace == 'default' && request.name == 'a' && request.dryRun == false",
    "namespaceObject.metadata.name == 'default' && namespaceObject.status.phase == 'Active'",
    "namespaceObject.metadata.labels['kubernetes.io/metadata.name'] == 'default'",
    "authorizer.group('').resource('configmaps').namespace('default').check('get').allowed()",
    "authorizer.requestResource.check('delete').allowed()",
    "!authorizer.serviceAccount('default', 'default').path('/metrics').check('get').allowed()",
  ];
  await ask("POST", configMaps, configMap("a", { data: { k: "v" } }));
  await bind("validating", "p", {
    spec: {
      validations: expressions.map((expression) => ({ expression })),
      matchConstraints: { resourceRules: [rule({ operations: ["UPDATE"] })] },
    },
  });
  const change = { headers: mergePatch, body: { data: { k: "w" } } };
  await ask("PATCH", `${configMaps}/a`, change);
  const other = { headers: mergePatch, body: { data: { k: "x" } } };
  match((await refused("PATCH", `${configMaps}/a`, other)).message, /failed expression: request/);
});

test("what is deleted is the old object, and there is no new one", async () => {
  const { bind, ask, refused } = await startPolicies();
  await ask("POST", configMaps, configMap("keep"));
  await ask("POST", configMaps, configMap("go"));
  await bind("validating", "p", {
    spec: {
      validations: [{ expression: "object == null && oldObject.metadata.name != 'keep'" }],
      matchConstraints: { resourceRules: [rule({ operations: ["DELETE"] })] },
    },
  });
  await refused("DELETE", `${configMaps}/keep`);
  await ask("DELETE", `${configMaps}/go`);
});

test("variables are made of each other, and only when they are read", async () => {
  const { bind, ask, refused } = await startPolicies();
  await bind("validating", "p", {
    spec: {
      variables: [
        { name: "replicas", expression: "object.spec.replicas" },
        { name: "odd", expression: "variables.replicas % 2 == 1" },
        { name: "broken", expression: "object.spec.nothing" },
      ],
      validations: [
        { expression: "variables.odd || (variables.replicas == 0 && variables.broken > 1)" },
      ],
    },
  });
  await ask("POST", deployments, deployment("odd", 3));
  match(
    (await refused("POST", deployments, deployment("even", 2))).message,
    /denied request: failed expression: variables\.odd/,
  );
  match(
    (await refused("POST", deployments, deployment("none", 0))).message,
    /resulted in error: composited variable "broken" fails to evaluate: no such key: nothing$/,
  );
});

test("an expression that fails refuses the request, unless its policy ignores failures", async () => {
  const { bind, ask, refused } = await startPolicies();
  const validations = [{ expression: "object.data.k == 'v'" }];
  await bind("validating", "lenient", { spec: { validations, failurePolicy: "Ignore" } });
  await ask("POST", configMaps, configMap("a"));
  match(
    (await refused("POST", configMaps, configMap("b", { data: { k: "w" } }))).message,
    /denied request: failed expression/,
  );
  await bind("validating", "strict", { spec: { validations } });
  const { code, message } = await refused("POST", configMaps, configMap("c"));
  equal(code, 422);
  equal(
    message,
    `configmaps "c" is forbidden: ValidatingAdmissionPolicy 'strict' with binding 'strict-binding' denied request: expression 'object.data.k == 'v'' resulted in error: no such key: data`,
  );
});

test("match conditions say which requests a policy looks at", async () => {
  const { bind, ask, refused } = await startPolicies();
  await bind("validating", "p", {
    spec: {
      matchConditions: [
        { name: "not-mine", expression: "request.userInfo.username != 'me'" },
        { name: "bad", expression: "object.metadata.name.startsWith('bad')" },
      ],
      validations: [{ expression: "false" }],
    },
  });
  await ask("POST", configMaps, configMap("good"));
  await refused("POST", configMaps, configMap("bad-one"));
  const me = { name: "me", groups: ["system:masters"] };
  await ask("POST", configMaps, { ...configMap("bad-two"), as: me });
});

test("constraints of the policy and of the binding both hold", async () => {
  const spec = (matchConstraints: object) => ({
    matchConstraints: { resourceRules: [rule()], ...matchConstraints },
    validations: [{ expression: "false" }],
  });
  const named = (resourceNames: string[]) => [{ ...rule(), resourceNames }];
  const labels = { matchLabels: { tier: "web" } };
  const here = { matchLabels: { "kubernetes.io/metadata.name": "default" } };
  const elsewhere = { matchLabels: { "kubernetes.io/metadata.name": "other" } };
  const cases: readonly [constraints: object, resources: object | undefined, isMeant: boolean][] = [
    [{}, undefined, true],
    [{ resourceRules: named(["a"]) }, undefined, true],
    [{ resourceRules: named(["b"]) }, undefined, false],
    [{ excludeResourceRules: named(["a"]) }, undefined, false],
    [{ excludeResourceRules: named(["b"]) }, undefined, true],
    [{ objectSelector: labels }, undefined, true],
    [{ objectSelector: { matchLabels: { tier: "db" } } }, undefined, false],
    [{ namespaceSelector: here }, undefined, true],
    [{ namespaceSelector: elsewhere }, undefined, false],
    [{ resourceRules: [rule({ apiVersions: ["v2"] })] }, undefined, false],
    [{}, { namespaceSelector: here }, true],
    [{}, { namespaceSelector: elsewhere }, false],
    [{}, { excludeResourceRules: [rule()] }, false],
    [{}, { resourceRules: [rule({ resources: ["secrets"] })] }, false],
  ];
  for (const [constraints, matchResources, isMeant] of cases) {
    const { bind, send } = await startPolicies();
    const binding = matchResources ? { matchResources } : {};
    await bind("validating", "p", { spec: spec(constraints), binding });
    const { body } = configMap("a");
    const labelled = { body: { ...body, metadata: { name: "a", labels: { tier: "web" } } } };
    const { status } = await send("POST", configMaps, labelled);
    equal(status, isMeant ? 422 : 201, JSON.stringify([constraints, matchResources]));
  }
});

test("a resource is also meant under another of its versions, unless it must be exact", async () => {
  const rules = (matchPolicy: string) => ({
    matchPolicy,
    resourceRules: [
      {
        operations: ["CREATE"],
        apiGroups: ["events.k8s.io"],
        apiVersions: ["v1"],
        resources: ["events"],
      },
    ],
  });
  const event = { body: { metadata: { name: "e" }, involvedObject: { namespace: "default" } } };
  for (const [policy, status] of [
    ["Equivalent", 422],
    ["Exact", 201],
  ] as const) {
    const { bind, send } = await startPolicies();
    const validations = [{ expression: "object.apiVersion != 'events.k8s.io/v1'" }];
    await bind("validating", "p", { spec: { matchConstraints: rules(policy), validations } });
    equal((await send("POST", "/api/v1/namespaces/default/events", event)).status, status, policy);
  }
});

test("policies are never asked about policies", async () => {
  const { bind, ask } = await startPolicies();
  const everything = {
    operations: ["*"],
    apiGroups: ["*"],
    apiVersions: ["*"],
    resources: ["*/*"],
  };
  await bind("validating", "no", {
    spec: {
      matchConstraints: { resourceRules: [everything] },
      validations: [{ expression: "false" }],
    },
  });
  await ask("DELETE", `${policies("validating")}/no`);
});

async function audited(actions: string[], more: object = {}): Promise<PoliciesServer> {
  const server = await startPolicies();
  await server.bind("validating", "p", {
    spec: {
      validations: [{ expression: "true" }, { expression: "false", message: "no" }],
      ...more,
    },
    binding: { validationActions: actions },
  });
  return server;
}

test("a failure that is to be warned of is a warning", async () => {
  const { notesOf } = await audited(["Warn"]);
  deepEqual(await notesOf("a"), {
    annotations: {},
    warnings: ["Validation failed for ValidatingAdmissionPolicy 'p' with binding 'p-binding': no"],
  });
});

test("a failure that is to be audited is noted, and the request passes", async () => {
  const { notesOf } = await audited(["Audit", "Warn"]);
  const { annotations, warnings } = await notesOf("a");
  equal(warnings.length, 1);
  deepEqual(annotations, {
    "validation.policy.admission.k8s.io/validation_failure":
      '[{"message":"no","policy":"p","binding":"p-binding","expressionIndex":1,"validationActions":["Audit","Warn"]}]',
  });
});

test("what a policy notes for the audit log is kept under its name", async () => {
  const { notesOf } = await audited(["Warn"], {
    auditAnnotations: [
      { key: "name", valueExpression: "'made ' + object.metadata.name" },
      { key: "none", valueExpression: "null" },
      { key: "empty", valueExpression: "' '" },
    ],
  });
  deepEqual((await notesOf("a")).annotations, { "p/name": "made a" });
});

test("a note that cannot be made refuses the request", async () => {
  const auditAnnotations = [{ key: "k", valueExpression: "string(object.data.k)" }];
  const { refused, ask } = await audited(["Audit"], { auditAnnotations });
  match(
    (await refused("POST", configMaps, configMap("a"))).message,
    /denied request: expression 'string\(object\.data\.k\)' resulted in error: no such key: data$/,
  );
  await ask("POST", configMaps, configMap("b", { data: { k: "v" } }));
});

test("one expression may only cost so much, and all of a policy together", async () => {
  const spec = (count: number, loop: string) => ({
    validations: Array.from({ length: count }, () => ({ expression: loop })),
  });
  const many = "[0,1,2,3,4,5,6,7,8,9]";
  const all = (depth: number): string =>
    depth === 0 ? "true" : `${many}.all(x${depth}, ${all(depth - 1)})`;
  const { bind, refused } = await startPolicies();
  await bind("validating", "deep", { spec: spec(1, all(6)) });
  match(
    (await refused("POST", configMaps, configMap("a"))).message,
    /resulted in error: operation cancelled: actual cost limit exceeded$/,
  );
  const other = await startPolicies();
  await other.bind("validating", "many", { spec: spec(30, all(5)) });
  match(
    (await other.refused("POST", configMaps, configMap("a"))).message,
    /denied request: validation failed due to running out of cost budget, no further validation rules will be run$/,
  );
});

test("verdicts are counted", async () => {
  const server = await audited(["Deny", "Audit"]);
  await server.refused("POST", configMaps, configMap("a"));
  const text = await server.server.metrics.text();
  const prefix = "apiserver_validating_admission_policy_check_total";
  const labels = (action: string) =>
    `${prefix}{enforcement_action="${action}",error_type="invalid_error",policy="p",policy_binding="p-binding"} 1`;
  equal(text.includes(labels("deny")), true);
  equal(text.includes(labels("audit")), true);
});
