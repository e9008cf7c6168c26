/**
 * Custom resources in two versions that a webhook converts, as upstream's own tests have them: `hostPort` in v1,
 * `host` and `port` in v2. For tests.
 */
import type { WebhookClient } from "../admission/webhooks/client.ts";
import type { Loose, TestServer } from "../testing.ts";
import { crontab, crontabs, define, definition, startCustomServer, version } from "./testing.ts";

export const crontabsV2 = crontabs.replace("/v1/", "/v2/");

const text = { type: "string" };
export const v1Spec = {
  type: "object",
  properties: { hostPort: text, replicas: { type: "integer", default: 1 } },
};
export const v2Spec = {
  type: "object",
  properties: { host: text, port: text, replicas: { type: "integer" } },
};
const schemaOf = (spec: object) => ({
  openAPIV3Schema: {
    type: "object",
    properties: { spec, status: { type: "object", properties: { port: text } } },
  },
});

const split = ({ hostPort, ...rest }: Loose = {}): Loose => {
  if (hostPort === undefined) return rest;
  const [host, port] = hostPort.split(":");
  return { ...rest, host, port };
};
const joined = ({ host, port, ...rest }: Loose = {}): Loose =>
  host === undefined ? rest : { ...rest, hostPort: `${host}:${port}` };

/** As the webhook converts one object. */
export function converted(object: Loose, apiVersion: string): Loose {
  const spec = apiVersion.endsWith("/v2") ? split(object.spec) : joined(object.spec);
  return { ...object, apiVersion, spec };
}

export interface Asked {
  readonly apiVersion: string;
  readonly request: { readonly uid: string; desiredAPIVersion: string; objects: Loose[] };
}

export type Answer = (asked: Asked) => unknown;

export const success = ({ apiVersion, request }: Asked, objects: Loose[]): Loose => ({
  kind: "ConversionReview",
  apiVersion,
  response: { uid: request.uid, convertedObjects: objects, result: { status: "Success" } },
});

export const good: Answer = (asked) =>
  success(
    asked,
    asked.request.objects.map((object) => converted(object, asked.request.desiredAPIVersion)),
  );

export interface Converting {
  readonly server: TestServer;
  /** `v1 > v2: 3` for every question. */
  readonly asked: string[];
  answer: Answer;
}

export async function startConverting(
  change: object = {},
  more: Loose[] = [{}, {}],
  options: object = {},
): Promise<Converting> {
  const asked: string[] = [];
  const state = { asked, answer: good };
  const webhooks: WebhookClient = {
    call: async (_, posted) => {
      const review = structuredClone(posted) as unknown as Asked;
      const { objects, desiredAPIVersion } = review.request;
      asked.push(`${objects[0].apiVersion} > ${desiredAPIVersion}: ${objects.length}`);
      return state.answer(review);
    },
  };
  const server = await startCustomServer({ webhooks, ...options });
  await define(server, definition(versionsOf(more), { conversion: byWebhook, ...change }));
  return Object.assign(state, { server });
}

export const byWebhook = {
  strategy: "Webhook",
  webhook: {
    conversionReviewVersions: ["v1", "v1beta1"],
    clientConfig: { url: "https://convert.test/" },
  },
};

export const versionsOf = ([first, second]: Loose[] = []): object[] => [
  version(v1Spec, { schema: schemaOf(v1Spec), ...first }),
  version(v2Spec, { name: "v2", storage: false, schema: schemaOf(v2Spec), ...second }),
];

export const inV2 = (spec: object, name = "mine"): Loose => ({
  ...crontab(spec, name),
  apiVersion: "stable.example.com/v2",
});
