/** A chain with a webhook in it, asked by a whole server: through requests, reviews and expressions. */
import { deepEqual, equal, rejects } from "node:assert/strict";
import { test } from "node:test";
import { Metrics } from "#base/metrics.ts";
import { startPolicies } from "../admission/policies/testing.ts";
import { type SecureServer, startSecureServer } from "../subresources/testing.ts";
import { TestClock } from "../testing.ts";
import type { Attributes } from "./authorizer.ts";
import { parseAuthorization } from "./configuration.ts";
import { listingPods } from "./testing.ts";
import type { Chain } from "./union.ts";
import { webhookAuthorizer } from "./webhook.ts";

type Loose = Readonly<Record<string, string>>;
interface Asked {
  readonly apiVersion: string;
  readonly spec: {
    readonly user: string;
    readonly groups?: readonly string[];
    readonly group?: readonly string[];
    readonly resourceAttributes?: Loose & { readonly fieldSelector?: object };
    readonly nonResourceAttributes?: Loose;
  };
}
type Status = Readonly<Record<string, unknown>>;

const jane = { name: "jane", groups: ["system:authenticated"] };

interface Setting {
  /** What the webhook answers, or throws. */
  readonly answer: (asked: Asked) => Status | Promise<Status>;
  /** More of the webhook's section. */
  readonly more?: string;
  readonly failurePolicy?: "NoOpinion" | "Deny";
  readonly version?: string;
}

function webhook({ answer, more = "", failurePolicy = "NoOpinion", version = "v1" }: Setting) {
  const clock = new TestClock();
  const asked: Asked[] = [];
  const [configured] = parseAuthorization(`
apiVersion: apiserver.config.k8s.io/v1
kind: AuthorizationConfiguration
authorizers:
  - type: Webhook
    name: hook
    webhook:
      timeout: 3s
      subjectAccessReviewVersion: ${version}
      failurePolicy: ${failurePolicy}
      connectionInfo: { type: KubeConfigFile, kubeConfigFile: /webhook }
${more}`).authorizers;
  if (configured?.type !== "Webhook") throw new Error("it is one");
  const metrics = new Metrics();
  const outsider = webhookAuthorizer({
    clock,
    name: configured.name,
    metrics,
    configuration: configured.webhook,
    post: async (review) => {
      asked.push(review as Asked);
      return { status: await answer(review as Asked) };
    },
  });
  return { clock, asked, outsider, metrics };
}

const wish: Attributes = {
  ...listingPods(jane),
  fieldSelector: "spec.nodeName=n1",
  labelSelector: "app in (a,b),tier!=x,!old",
};

test("the webhook is told who wants to do what", async () => {
  const { outsider, asked } = webhook({ answer: () => ({ allowed: true, reason: "because" }) });
  deepEqual(await outsider.authorize(wish), { allowed: true, reason: "because" });
  const { path: _, ...rest } = wish;
  await outsider.authorize({ ...rest, isResource: false, path: "/metrics", verb: "get" });
  deepEqual(asked, [
    {
      kind: "SubjectAccessReview",
      apiVersion: "authorization.k8s.io/v1",
      metadata: {},
      spec: {
        resourceAttributes: {
          namespace: "",
          verb: "list",
          group: "",
          version: "v1",
          resource: "pods",
          subresource: "",
          name: "",
          fieldSelector: {
            requirements: [{ key: "spec.nodeName", operator: "In", values: ["n1"] }],
          },
          labelSelector: {
            requirements: [
              { key: "app", operator: "In", values: ["a", "b"] },
              { key: "old", operator: "DoesNotExist" },
              { key: "tier", operator: "NotIn", values: ["x"] },
            ],
          },
        },
        user: "jane",
        groups: ["system:authenticated"],
        uid: "",
        extra: {},
      },
      status: {},
    },
    {
      kind: "SubjectAccessReview",
      apiVersion: "authorization.k8s.io/v1",
      metadata: {},
      spec: {
        nonResourceAttributes: { path: "/metrics", verb: "get" },
        user: "jane",
        groups: ["system:authenticated"],
        uid: "",
        extra: {},
      },
      status: {},
    },
  ]);
});

test("the old version of the review calls groups group", async () => {
  const { outsider, asked } = webhook({ answer: () => ({ allowed: true }), version: "v1beta1" });
  await outsider.authorize(wish);
  equal(asked[0]?.apiVersion, "authorization.k8s.io/v1beta1");
  deepEqual([asked[0].spec.group, asked[0].spec.groups], [["system:authenticated"], undefined]);
});

test("answers are remembered, allowances longer than refusals", async () => {
  for (const [allowed, holdsMs] of [
    [true, 300_000],
    [false, 30_000],
  ] as const) {
    const { outsider, asked, clock } = webhook({ answer: () => ({ allowed }) });
    await outsider.authorize(wish);
    clock.advance(holdsMs - 1);
    await outsider.authorize(wish);
    equal(asked.length, 1);
    await outsider.authorize({ ...wish, verb: "watch" });
    equal(asked.length, 2);
    clock.advance(1);
    await outsider.authorize(wish);
    equal(asked.length, 3);
  }
});

test("a webhook that fails has no opinion or denies, as its policy says, and is asked again", async () => {
  const fail = (): never => {
    throw new Error("no route");
  };
  const open = webhook({ answer: fail });
  deepEqual(await open.outsider.authorize(wish), { allowed: false, reason: "", error: "no route" });
  await open.outsider.authorize(wish);
  equal(open.asked.length, 2);
  const { outsider } = webhook({ answer: fail, failurePolicy: "Deny" });
  deepEqual(await outsider.authorize(wish), {
    allowed: false,
    denied: true,
    reason: "",
    error: "no route",
  });
});

test("an answer that allows and denies is none", async () => {
  const { outsider } = webhook({ answer: () => ({ allowed: true, denied: true }) });
  equal(
    (await outsider.authorize(wish)).error,
    "webhook subject access review returned both allow and deny response",
  );
});

test("a webhook that says nothing is given up after its timeout", async () => {
  const { outsider, clock } = webhook({ answer: () => new Promise(() => {}) });
  const answer = outsider.authorize(wish);
  clock.advance(3_000);
  equal((await answer).error, "context deadline exceeded");
});

const conditions = (...expressions: readonly string[]): string => `
      matchConditionSubjectAccessReviewVersion: v1
      matchConditions: ${JSON.stringify(expressions.map((expression) => ({ expression })))}`;

test("the webhook is asked only where all its conditions are met", async () => {
  const { outsider, asked } = webhook({
    answer: () => ({ denied: true }),
    more: conditions(
      "has(request.resourceAttributes)",
      "request.resourceAttributes.resource == 'pods' && 'system:authenticated' in request.groups",
      "!has(request.resourceAttributes.fieldSelector) || request.resourceAttributes.fieldSelector.requirements.all(r, r.operator == 'In')",
    ),
  });
  equal((await outsider.authorize(wish)).denied, true);
  equal((await outsider.authorize({ ...wish, resource: "nodes" })).denied, undefined);
  equal((await outsider.authorize({ ...wish, isResource: false })).denied, undefined);
  equal(asked.length, 1);
});

test("a condition that cannot be evaluated is a failure, unless another one is false", async () => {
  const broken = "request.resourceAttributes.namespace == 'a'";
  const { outsider, asked } = webhook({
    answer: () => ({ allowed: true }),
    more: conditions(broken),
    failurePolicy: "Deny",
  });
  const path = { ...wish, isResource: false };
  const { denied, error } = await outsider.authorize(path);
  deepEqual(
    [denied, error],
    [
      true,
      `cel evaluation error: expression '${broken}' resulted in error: no such key: resourceAttributes`,
    ],
  );
  const settled = webhook({
    answer: () => ({ allowed: true }),
    more: conditions(broken, "request.user == 'root'"),
    failurePolicy: "Deny",
  });
  deepEqual(await settled.outsider.authorize(path), { allowed: false, reason: "" });
  deepEqual([asked, settled.asked], [[], []]);
});

async function serverWith(setting: Setting, chain: (outsider: Chain[0]) => Chain) {
  const { outsider, asked } = webhook(setting);
  const list = chain(outsider);
  const server = await startSecureServer({ chain: () => list });
  return { server, asked };
}

const grant = async ({ ask }: SecureServer, rule: object): Promise<void> => {
  const metadata = { name: "granted" };
  await ask("POST", "/apis/rbac.authorization.k8s.io/v1/clusterroles", {
    body: { metadata, rules: [rule] },
  });
  await ask("POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
    body: {
      metadata,
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "granted" },
      subjects: [{ kind: "User", name: "jane", apiGroup: "rbac.authorization.k8s.io" }],
    },
  });
};

const readPods = { verbs: ["get", "list"], apiGroups: [""], resources: ["pods"] };
const pods = "/api/v1/namespaces/default/pods";
const nodes = "/api/v1/nodes";

test("who is denied is not helped by a role; who is not, is", async () => {
  const { server } = await serverWith(
    {
      answer: ({ spec }) =>
        spec.resourceAttributes?.["verb"] === "list"
          ? { denied: true, reason: "no lists today" }
          : {},
    },
    (hook) => [hook, "RBAC"],
  );
  await grant(server, readPods);
  await rejects(server.ask("GET", pods, { as: jane }), {
    code: 403,
    message:
      'pods is forbidden: User "jane" cannot list resource "pods" in API group "" in the namespace "default": no lists today',
  });
  await rejects(server.ask("GET", `${pods}/p`, { as: jane }), { code: 404 });
  await server.ask("GET", pods);
});

test("what no role allows the webhook may; the reasons of all are told", async () => {
  const { server, asked } = await serverWith(
    {
      answer: ({ spec }) =>
        spec.resourceAttributes?.["resource"] === "nodes"
          ? { allowed: true }
          : { reason: "ask the boss" },
    },
    (hook) => ["RBAC", hook, "AlwaysDeny"],
  );
  await grant(server, readPods);
  await server.ask("GET", pods, { as: jane });
  equal(asked.length, 0);
  await server.ask("GET", nodes, { as: jane });
  await rejects(server.ask("POST", pods, { as: jane, body: {} }), {
    code: 403,
    message:
      'pods is forbidden: User "jane" cannot create resource "pods" in API group "" in the namespace "default": ask the boss\nEverything is forbidden.',
  });
});

test("when nobody can tell, the answer is an error, and reviews show it", async () => {
  const { server } = await serverWith(
    {
      answer: () => {
        throw new Error("no route");
      },
    },
    (hook) => [hook, "RBAC"],
  );
  await grant(server, readPods);
  await server.ask("GET", pods, { as: jane });
  await rejects(server.ask("GET", nodes, { as: jane }), {
    code: 500,
    message: 'Internal Server Error: "/api/v1/nodes": no route',
  });
  const reviews = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
  const { status } = await server.ask("POST", reviews, {
    body: { spec: { user: "jane", resourceAttributes: { verb: "list", resource: "nodes" } } },
  });
  deepEqual(status, { allowed: false, evaluationError: "no route" });
});

test("the rules of somebody are incomplete where a webhook may add to them", async () => {
  const { server } = await serverWith({ answer: () => ({ allowed: true }) }, (hook) => [
    "RBAC",
    hook,
  ]);
  const { status } = await server.ask(
    "POST",
    "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews",
    { as: jane, body: { spec: { namespace: "default" } } },
  );
  equal(status.incomplete, true);
  equal(status.evaluationError, "webhook authorizer does not support user rule resolution");
});

test("impersonation, certificates, and creating with PUT ask the webhook too", async () => {
  const { server, asked } = await serverWith(
    { answer: ({ spec }) => ({ allowed: spec.resourceAttributes?.["verb"] !== "create" }) },
    (hook) => [hook],
  );
  await server.ask("GET", pods, { as: jane, headers: { "impersonate-user": "bob" } });
  deepEqual(
    asked.map(({ spec }) => [spec.user, spec.resourceAttributes?.["verb"]]),
    [
      ["jane", "impersonate-on:user-info:list"],
      ["jane", "impersonate:user-info"],
      ["bob", "list"],
    ],
  );
  const body = { metadata: { name: "l", namespace: "default" }, spec: {} };
  await rejects(
    server.ask("PUT", "/apis/coordination.k8s.io/v1/namespaces/default/leases/l", {
      as: jane,
      body,
    }),
    { code: 403 },
  );
});

test("expressions wait for the webhook, and it is asked each thing once", async () => {
  const { outsider, asked } = webhook({
    answer: ({ spec }) => ({ allowed: spec.resourceAttributes?.["resource"] === "secrets" }),
  });
  const list: Chain = ["RBAC", outsider];
  const server = await startPolicies({ chain: () => list });
  await grant(server, { verbs: ["create"], apiGroups: [""], resources: ["configmaps"] });
  const may = (resource: string): string =>
    `authorizer.group('').resource('${resource}').namespace('default').check('get').allowed()`;
  await server.bind("validating", "v", {
    spec: {
      variables: [{ name: "secrets", expression: may("secrets") }],
      matchConditions: [{ name: "m", expression: `!${may("nodes")}` }],
      validations: [
        {
          expression: `variables.secrets && !${may("pods")} && variables.secrets`,
          message: "not as wished",
        },
      ],
    },
  });
  await server.bind("mutating", "m", {
    spec: {
      mutations: [
        {
          patchType: "ApplyConfiguration",
          applyConfiguration: {
            expression: `Object{data: {"secrets": ${may("secrets")} ? "yes" : "no"}}`,
          },
        },
      ],
    },
  });
  const created = await server.ask("POST", "/api/v1/namespaces/default/configmaps", {
    as: jane,
    body: { metadata: { name: "c" } },
  });
  deepEqual(created.data, { secrets: "yes" });
  deepEqual(
    asked.map(({ spec }) => spec.resourceAttributes?.["resource"]),
    ["secrets", "nodes", "pods"],
  );
});
