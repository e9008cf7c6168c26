/** Who turns one version of a custom resource into another. */
import { requiredChoice } from "#api/field-rules.ts";
import { dns1035Label, invalidEach } from "#api/names.ts";
import { validWebhookClient } from "#api/webhook-client-rules.ts";
import { type FieldError, forbidden, index, invalid, required } from "#schema/field-error.ts";
import type {
  CustomResourceDefinitionSpec,
  WebhookConversion,
} from "./customresourcedefinition.ts";

const strategies = ["None", "Webhook"];
// The paths are those of upstream's internal form.
const path = "spec.conversion";
const clientPath = `${path}.webhookClientConfig`;
const versionsPath = `${path}.conversionReviewVersions`;

export function* validConversion(spec: CustomResourceDefinitionSpec): Iterable<FieldError> {
  const { conversion, preserveUnknownFields } = spec;
  if (!conversion) return;
  const { strategy, webhook } = conversion;
  if (strategy !== "None" && preserveUnknownFields) {
    const why = "must be None if spec.preserveUnknownFields is true";
    yield invalid(`${path}.strategy`, strategy, why);
  }
  yield* requiredChoice(`${path}.strategy`, strategy, strategies);
  yield* strategy === "Webhook" ? validWebhook(webhook) : noWebhook(webhook);
}

function* validWebhook(webhook: WebhookConversion | undefined): Iterable<FieldError> {
  if (webhook?.clientConfig) yield* validWebhookClient(webhook.clientConfig, clientPath);
  else yield required(clientPath, "required when strategy is set to Webhook");
  yield* validReviewVersions(webhook?.conversionReviewVersions ?? []);
}

function* noWebhook(webhook: WebhookConversion | undefined): Iterable<FieldError> {
  const why = "should not be set when strategy is not set to Webhook";
  if (webhook?.clientConfig) yield forbidden(clientPath, why);
  if (webhook?.conversionReviewVersions?.length) yield forbidden(versionsPath, why);
}

/** Of ConversionReview, that the server speaks. */
const accepted = ["v1", "v1beta1"];

function* validReviewVersions(versions: readonly string[]): Iterable<FieldError> {
  if (versions.length === 0) {
    yield required(versionsPath);
    return;
  }
  for (const [i, version] of versions.entries()) {
    const at = index(versionsPath, i);
    if (versions.indexOf(version) < i) yield invalid(at, version, "duplicate version");
    else yield* invalidEach(at, version, dns1035Label(version));
  }
  if (!versions.some((version) => accepted.includes(version))) {
    const why = `must include at least one of ${accepted.join(", ")}`;
    yield invalid(versionsPath, versions, why);
  }
}
