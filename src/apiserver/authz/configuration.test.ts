import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { parseAuthorization } from "./configuration.ts";

const file = (authorizers: string): string => `
apiVersion: apiserver.config.k8s.io/v1
kind: AuthorizationConfiguration
authorizers:
${authorizers}`;

const whole = `
  - type: Webhook
    name: first.example.com
    webhook:
      timeout: 3s
      subjectAccessReviewVersion: v1
      matchConditionSubjectAccessReviewVersion: v1
      failurePolicy: Deny
      connectionInfo: { type: KubeConfigFile, kubeConfigFile: /etc/webhook.yaml }
      matchConditions:
        - expression: has(request.resourceAttributes)
  - { type: Node, name: node }
  - { type: RBAC, name: rbac }`;

test("who decides is read in order, with what is usual where nothing is said", () => {
  const [first, ...others] = parseAuthorization(file(whole)).authorizers;
  deepEqual(
    others.map(({ type, name }) => [type, name]),
    [
      ["Node", "node"],
      ["RBAC", "rbac"],
    ],
  );
  equal(first?.type, "Webhook");
  const { conditions, ...webhook } = first.webhook;
  deepEqual(webhook, {
    apiVersion: "authorization.k8s.io/v1",
    timeoutMs: 3_000,
    authorizedMs: 300_000,
    unauthorizedMs: 30_000,
    failurePolicy: "Deny",
    kubeconfig: "/etc/webhook.yaml",
  });
  deepEqual(conditions({ nonResourceAttributes: {} }), { isMet: false });
});

test("everything that is wrong is told at once, by its path", () => {
  const wrong = file(`
  - type: Webhook
    name: "No Name"
    webhook:
      timeout: 31s
      authorizedTTL: -1s
      unauthorizedTTL: soon
      subjectAccessReviewVersion: v2
      connectionInfo: { type: KubeConfigFile, kubeConfigFile: webhook.yaml }
      matchConditions:
        - expression: request.resourceAttributes.verbs == 'get'
        - expression: "'get'"
      retries: 3
  - { type: Webhook, name: bare }
  - { type: RBAC, name: rbac }
  - { type: RBAC, name: rbac, webhook: { timeout: 1s } }
  - { type: ABAC }`);
  throws(
    () => parseAuthorization(wrong),
    (cause: { readonly problems: readonly string[] }) => {
      deepEqual(cause.problems.map((problem) => problem.replace(/: .*/s, "")).sort(), [
        "authorizers[0].name",
        "authorizers[0].webhook.authorizedTTL",
        "authorizers[0].webhook.connectionInfo.kubeConfigFile",
        "authorizers[0].webhook.failurePolicy",
        "authorizers[0].webhook.matchConditionSubjectAccessReviewVersion",
        "authorizers[0].webhook.matchConditions[0].expression",
        "authorizers[0].webhook.matchConditions[1].expression",
        "authorizers[0].webhook.retries",
        "authorizers[0].webhook.subjectAccessReviewVersion",
        "authorizers[0].webhook.timeout",
        "authorizers[0].webhook.unauthorizedTTL",
        "authorizers[1].webhook",
        "authorizers[3].name",
        "authorizers[3].type",
        "authorizers[3].webhook",
        "authorizers[3].webhook.connectionInfo",
        "authorizers[3].webhook.failurePolicy",
        "authorizers[3].webhook.subjectAccessReviewVersion",
        "authorizers[4].name",
        "authorizers[4].type",
      ]);
      return true;
    },
  );
});

test("nobody at all is no configuration", () => {
  throws(() => parseAuthorization(file("  []")), {
    message:
      "AuthorizationConfiguration: authorizers: at least one authorization mode must be defined",
  });
});
