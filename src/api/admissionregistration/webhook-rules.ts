/** What webhooks that validate and webhooks that mutate have in common. */
import { fullyQualifiedName } from "#api/domain-rules.ts";
import { validLabelSelector } from "#api/field-rules.ts";
import { dns1035Label, invalidEach } from "#api/names.ts";
import type { LabelSelector } from "#api/meta/label-selector.ts";
import {
  child,
  duplicate,
  type FieldError,
  index,
  invalid,
  notSupported,
  required,
} from "#schema/field-error.ts";
import type { Draft } from "#schema/struct.ts";
import { type MatchCondition, validMatchConditions } from "./rules.ts";

interface Webhook {
  readonly name: string;
  readonly failurePolicy?: "Fail" | "Ignore" | undefined;
  readonly matchPolicy?: "Equivalent" | "Exact" | undefined;
  readonly namespaceSelector?: LabelSelector | undefined;
  readonly objectSelector?: LabelSelector | undefined;
  readonly sideEffects: string | null;
  readonly timeoutSeconds?: number | undefined;
  readonly admissionReviewVersions: readonly string[];
  readonly matchConditions?: readonly MatchCondition[] | undefined;
}

export function fillWebhook(draft: Draft<Webhook>): void {
  draft.failurePolicy ??= "Fail";
  draft.matchPolicy ??= "Equivalent";
  draft.namespaceSelector ??= {};
  draft.objectSelector ??= {};
  draft.timeoutSeconds ??= 10;
}

export function* validWebhooks(webhooks: readonly Webhook[] | undefined): Iterable<FieldError> {
  const seen = new Set([""]);
  for (const [i, webhook] of (webhooks ?? []).entries()) {
    const at = index("webhooks", i);
    yield* validWebhook(webhook, at);
    yield* validVersions(
      webhook.admissionReviewVersions ?? [],
      child(at, "admissionReviewVersions"),
    );
    const { name } = webhook;
    if (name !== "" && seen.has(name)) yield duplicate(child(at, "name"), name);
    seen.add(name);
  }
}

const harmless = ["None", "NoneOnDryRun"];
const harmful = new Set(["Some", "Unknown"]);

function* validWebhook(webhook: Webhook, at: string): Iterable<FieldError> {
  const { name, sideEffects, timeoutSeconds: seconds = 10 } = webhook;
  yield* fullyQualifiedName(child(at, "name"), name);
  const path = child(at, "sideEffects");
  if (sideEffects === null) yield required(path, `must specify one of ${harmless.join(", ")}`);
  else if (harmful.has(sideEffects)) yield notSupported(path, sideEffects, harmless);
  if (seconds < 1 || seconds > 30) {
    const why = "the timeout value must be between 1 and 30 seconds";
    yield invalid(child(at, "timeoutSeconds"), seconds, why);
  }
  yield* validLabelSelector(child(at, "namespaceSelector"), webhook.namespaceSelector);
  yield* validLabelSelector(child(at, "objectSelector"), webhook.objectSelector);
  yield* validMatchConditions(webhook.matchConditions, child(at, "matchConditions"));
}

/** Of AdmissionReview, that the server speaks. */
const accepted = ["v1", "v1beta1"];

function* validVersions(versions: readonly string[], at: string): Iterable<FieldError> {
  if (versions.length === 0) {
    yield required(at, `must specify one of ${accepted.join(", ")}`);
    return;
  }
  for (const [i, version] of versions.entries()) {
    if (versions.indexOf(version) < i) yield invalid(index(at, i), version, "duplicate version");
    else yield* invalidEach(index(at, i), version, dns1035Label(version));
  }
  if (!versions.some((version) => accepted.includes(version))) {
    yield invalid(at, versions, `must include at least one of ${accepted.join(", ")}`);
  }
}
