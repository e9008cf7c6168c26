/**
 * Webhooks that users of a drawn cluster register: one marks what is created, one refuses some of it. What they say of
 * what controllers write does no harm; that they may not answer in time does.
 */
import { MutatingWebhookConfiguration } from "#api/admissionregistration/mutatingwebhookconfiguration.ts";
import { ValidatingWebhookConfiguration } from "#api/admissionregistration/validatingwebhookconfiguration.ts";
import type { AnyKind } from "#api/kind.ts";
import type { WebhookFunction } from "#apiserver/admission/webhooks/functions.ts";
import { below, pick, type Random } from "#base/random.ts";

/** As data. */
export interface WebhookStep {
  readonly is: "webhook";
  readonly what: "marks" | "refuses";
  /** It is taken away instead. */
  readonly isGone: boolean;
  /** `*`: also what the cluster itself needs, like leases. */
  readonly resources: readonly string[];
  readonly failurePolicy: "Fail" | "Ignore";
  readonly timeoutSeconds: number;
}

type Resources = WebhookStep["resources"];
const resources: readonly [Resources, ...Resources[]] = [
  ["pods"],
  ["pods", "jobs", "deployments"],
  ["*"],
];

export const drawWebhookStep = (random: Random): WebhookStep => ({
  is: "webhook",
  what: pick(random, ["marks", "refuses"] as const),
  isGone: below(random, 4) === 0,
  resources: pick(random, resources),
  failurePolicy: pick(random, ["Fail", "Ignore"] as const),
  timeoutSeconds: 1 + below(random, 10),
});

const urlOf = (what: WebhookStep["what"]): string => `https://${what}.example.com/`;

/** Jobs of so many pods are refused: users make them, no controller does. */
const completionsMax = 3;

const marks: WebhookFunction = ({ object, operation }) => {
  const { labels } = (object as Labelled | undefined)?.metadata ?? {};
  if (operation !== "CREATE" || !labels) return { allowed: true };
  return { allowed: true, patch: [{ op: "add", path: "/metadata/labels/marked", value: "yes" }] };
};

interface Labelled {
  readonly metadata?: { readonly labels?: object };
}

const refuses: WebhookFunction = ({ resource, object, operation }) => {
  const { completions = 0 } = (object as Sized | undefined)?.spec ?? {};
  const isLarge =
    resource.resource === "jobs" && operation === "CREATE" && completions > completionsMax;
  return { allowed: !isLarge, ...(isLarge ? { status: { message: "too large" } } : {}) };
};

interface Sized {
  readonly spec?: { readonly completions?: number };
}

/** By the URLs that the configurations name. */
export const webhookFunctions = { [urlOf("marks")]: marks, [urlOf("refuses")]: refuses };

export const configurationKind = ({ what }: WebhookStep): AnyKind =>
  what === "marks" ? MutatingWebhookConfiguration : ValidatingWebhookConfiguration;

export function configurationOf(step: WebhookStep) {
  const { what, failurePolicy, timeoutSeconds } = step;
  const { apiVersion, kind } = configurationKind(step);
  const rule = {
    apiGroups: ["*"],
    apiVersions: ["*"],
    operations: ["*"],
    resources: step.resources,
  };
  const webhook = {
    name: `${what}.example.com`,
    clientConfig: { url: urlOf(what) },
    rules: [rule],
    failurePolicy,
    timeoutSeconds,
    sideEffects: "None",
    admissionReviewVersions: ["v1"],
  };
  return { apiVersion, kind, metadata: { name: what }, webhooks: [webhook] };
}
