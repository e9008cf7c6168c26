import { validWebhookClient } from "#api/webhook-client-rules.ts";
import type { FieldError } from "#schema/field-error.ts";
import { s, type ValueOf } from "#schema/struct.ts";

export const ServiceReference = s.struct(
  "admissionregistration/v1.ServiceReference",
  {
    namespace: s.string(1, { required: true }),
    name: s.string(2, { required: true }),
    path: s.string(3, { optional: true }),
    port: s.int32(4, { optional: true }),
  },
  {
    defaults(draft) {
      draft.port ??= 443;
    },
  },
);

export interface ServiceReference extends ValueOf<typeof ServiceReference> {}

export const WebhookClientConfig = s.struct(
  "admissionregistration/v1.WebhookClientConfig",
  {
    url: s.string(3, { optional: true, doc: "https://host[/path]; give this or `service`." }),
    service: s.object(1, ServiceReference, { optional: true }),
    caBundle: s.bytes(2, {
      doc: "The authorities, in PEM, that may have issued the webhook's certificate.",
    }),
  },
  { validate: (client, at): Iterable<FieldError> => validWebhookClient(client, at) },
);

export interface WebhookClientConfig extends ValueOf<typeof WebhookClientConfig> {}
