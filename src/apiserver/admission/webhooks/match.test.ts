import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import type { Call } from "#apiserver/subresources/testing.ts";
import type { Method } from "#api/request.ts";
import type { ReviewRequest } from "../matching/review-request.ts";
import { type HookedServer, configMap, configMaps, rule, startHooked } from "./testing.ts";

interface Spied extends HookedServer {
  /** Whether the webhook was asked about the request. */
  readonly isAsked: (method: Method, target: string, call?: Call) => Promise<boolean>;
  readonly seen: ReviewRequest[];
}

async function startSpied(change: object): Promise<Spied> {
  const seen: ReviewRequest[] = [];
  const server = await startHooked({ spy: (request) => (seen.push(request), { allowed: true }) });
  await server.configure("validating", "spy", change);
  const isAsked: Spied["isAsked"] = async (method, target, call) => {
    const before = seen.length;
    await server.send(method, target, call);
    return seen.length > before;
  };
  return { ...server, seen, isAsked };
}

const deployments = "/apis/apps/v1/namespaces/default/deployments";
const template = {
  metadata: { labels: { app: "a" } },
  spec: { containers: [{ name: "c", image: "i" }] },
};
const deployment: Call = {
  body: {
    metadata: { name: "d" },
    spec: { replicas: 1, selector: { matchLabels: { app: "a" } }, template },
  },
};
const mergePatch = { "content-type": "application/merge-patch+json" };

test("rules name operations, groups, versions, resources and a scope", async () => {
  const any = { operations: ["*"], apiGroups: ["*"], apiVersions: ["*"], resources: ["*"] };
  const cases: readonly [rule: object, isMatching: boolean][] = [
    [{}, true],
    [any, true],
    [{ ...any, resources: ["*/*"] }, true],
    [{ operations: ["UPDATE", "DELETE"] }, false],
    [{ apiGroups: ["apps"] }, false],
    [{ apiVersions: ["v2"] }, false],
    [{ resources: ["secrets", "configmaps"] }, true],
    [{ resources: ["configmaps/*"] }, true],
    [{ resources: ["configmaps/status"] }, false],
    [{ resources: ["*/status"] }, false],
    [{ scope: "Namespaced" }, true],
    [{ scope: "Cluster" }, false],
  ];
  for (const [change, isMatching] of cases) {
    const { isAsked } = await startSpied({ rules: [rule(change)] });
    equal(await isAsked("POST", configMaps, configMap("a")), isMatching, JSON.stringify(change));
  }
});

test("namespaces and what stands in none are of scope Cluster", async () => {
  const rules = [rule({ resources: ["*"], scope: "Cluster" })];
  const { isAsked } = await startSpied({ rules });
  const named = (name: string): Call => ({ body: { metadata: { name } } });
  equal(await isAsked("POST", "/api/v1/namespaces", named("n")), true);
  equal(await isAsked("POST", "/api/v1/nodes", named("n")), true);
  equal(await isAsked("POST", configMaps, configMap("a")), false);
});

test("subresources are only meant when they are named", async () => {
  const { isAsked, ask, seen } = await startSpied({
    rules: [rule({ apiGroups: ["apps"], resources: ["deployments/status", "deployments/scale"] })],
  });
  equal(await isAsked("POST", deployments, deployment), false);
  const change = (body: object): Call => ({ headers: mergePatch, body });
  const status = change({ status: { replicas: 1 } });
  equal(await isAsked("PATCH", `${deployments}/d/status`, status), true);
  const scale = change({ spec: { replicas: 3 } });
  equal(await isAsked("PATCH", `${deployments}/d/scale`, scale), true);
  deepEqual(
    seen.map(({ subResource, kind, object, oldObject, operation }) => [
      operation,
      subResource,
      kind.kind,
      object.kind,
      object.spec.replicas,
      oldObject.spec.replicas,
    ]),
    [
      ["UPDATE", "status", "Deployment", "Deployment", 1, 1],
      ["UPDATE", "scale", "Scale", "Scale", 3, 1],
    ],
  );
  equal((await ask("GET", `${deployments}/d`)).spec.replicas, 3);
});

test("a namespace selector looks at the labels of the namespace", async () => {
  const { isAsked, ask, refused } = await startSpied({
    namespaceSelector: { matchExpressions: [{ key: "skip", operator: "DoesNotExist" }] },
    rules: [rule({ resources: ["configmaps", "namespaces", "nodes"] })],
  });
  const labelled = (name: string) => ({ body: { metadata: { name, labels: { skip: "yes" } } } });
  equal(await isAsked("POST", configMaps, configMap("a")), true);
  equal(await isAsked("POST", "/api/v1/namespaces", labelled("skipped")), false);
  equal(await isAsked("POST", "/api/v1/namespaces/skipped/configmaps", configMap("a")), false);
  equal(await isAsked("POST", "/api/v1/nodes", labelled("n")), true);
  equal((await refused("POST", "/api/v1/namespaces/none/configmaps", configMap("a"))).code, 404);
  await ask("DELETE", "/api/v1/namespaces/skipped");
});

test("an object selector looks at the labels of the object as it is and as it would be", async () => {
  const { isAsked } = await startSpied({
    objectSelector: { matchLabels: { watch: "me" } },
    rules: [rule({ operations: ["*"] })],
  });
  const watched = { body: { metadata: { name: "a", labels: { watch: "me" } } } };
  equal(await isAsked("POST", configMaps, configMap("b")), false);
  equal(await isAsked("POST", configMaps, watched), true);
  // It had the label until now.
  equal(await isAsked("PUT", `${configMaps}/a`, configMap("a")), true);
  equal(await isAsked("PUT", `${configMaps}/a`, configMap("a")), false);
  equal(await isAsked("PUT", `${configMaps}/a`, watched), true);
  equal(await isAsked("DELETE", `${configMaps}/a`), true);
});

const scalers = (version: string) =>
  `/apis/autoscaling/${version}/namespaces/default/horizontalpodautoscalers`;
const scaleTargetRef = { kind: "Deployment", name: "d", apiVersion: "apps/v1" };
const scaler = (spec: object): Call => ({
  body: { metadata: { name: "h" }, spec: { scaleTargetRef, maxReplicas: 3, ...spec } },
});
const scalerRule = rule({
  apiGroups: ["autoscaling"],
  apiVersions: ["v1"],
  resources: ["horizontalpodautoscalers"],
});

test("an equivalent version is shown the way the rule names it", async () => {
  const { isAsked, seen } = await startSpied({ rules: [scalerRule] });
  const target = { type: "Utilization", averageUtilization: 50 };
  const metrics = [{ type: "Resource", resource: { name: "cpu", target } }];
  equal(await isAsked("POST", scalers("v2"), scaler({ metrics })), true);
  const [{ kind, requestKind, resource, requestResource, object } = {} as Partial<ReviewRequest>] =
    seen;
  deepEqual(
    [kind?.version, requestKind?.version, resource?.version, requestResource?.version],
    ["v1", "v2", "v1", "v2"],
  );
  deepEqual(
    [object.apiVersion, object.spec.targetCPUUtilizationPercentage],
    ["autoscaling/v1", 50],
  );
});

test("with policy Exact only the caller's own version counts", async () => {
  const { isAsked } = await startSpied({ rules: [scalerRule], matchPolicy: "Exact" });
  equal(await isAsked("POST", scalers("v2"), scaler({})), false);
  equal(await isAsked("PUT", `${scalers("v1")}/h`, scaler({ minReplicas: 2 })), true);
});

test("a patch of an equivalent version is carried over to what is stored", async () => {
  const { configure, ask } = await startHooked({
    lower: () => ({
      allowed: true,
      patch: [{ op: "add", path: "/spec/targetCPUUtilizationPercentage", value: 40 }],
    }),
  });
  await configure("mutating", "lower", { rules: [scalerRule] });
  const { spec } = await ask("POST", scalers("v2"), scaler({ metrics: [] }));
  deepEqual(spec.metrics, [
    {
      type: "Resource",
      resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 40 } },
    },
  ]);
});

test("a patch of a Scale changes the replicas", async () => {
  const { configure, ask } = await startHooked({
    cap: () => ({ allowed: true, patch: [{ op: "replace", path: "/spec/replicas", value: 2 }] }),
  });
  const rules = [rule({ apiGroups: ["apps"], resources: ["deployments/scale"] })];
  await configure("mutating", "cap", { rules });
  await ask("POST", deployments, deployment);
  const scale = { headers: mergePatch, body: { spec: { replicas: 9 } } };
  equal((await ask("PATCH", `${deployments}/d/scale`, scale)).spec.replicas, 2);
});
