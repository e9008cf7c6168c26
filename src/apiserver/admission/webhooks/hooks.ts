/** The configured webhooks, in the order in which they are asked. */
import type { MutatingWebhookConfiguration } from "#api/admissionregistration/mutatingwebhookconfiguration.ts";
import type { ValidatingWebhookConfiguration } from "#api/admissionregistration/validatingwebhookconfiguration.ts";
import type { WebhookClientConfig } from "#api/admissionregistration/webhook-client.ts";
import { type LabelMatcher, everything, labelSelectorOf } from "#api/selectors.ts";
import type { Kind } from "#api/kind.ts";
import type { LabelSelector } from "#api/meta/label-selector.ts";
import { assert } from "#base/assert.ts";
import type { AdmissionSite } from "../admission.ts";
import type { WebhookTarget } from "./client.ts";
import { type Conditions, matchConditions } from "../expressions/conditions.ts";
import type { Coverage, Selection } from "../matching/coverage.ts";

type Configuration = MutatingWebhookConfiguration | ValidatingWebhookConfiguration;
type Webhook = NonNullable<Configuration["webhooks"]>[number];

export interface Hook extends Coverage, Selection {
  readonly name: string;
  /** The object that it stands in. */
  readonly configuration: string;
  /** Its place among all that are configured. */
  readonly index: number;
  /** Absent: all requests. */
  readonly conditions?: Conditions;
  /** A failure of the webhook is no reason to refuse. */
  readonly isLenient: boolean;
  readonly isHarmlessOnDryRun: boolean;
  readonly timeoutSeconds: number;
  /** It wants to see what others changed after it. */
  readonly isReinvoked: boolean;
  readonly target: WebhookTarget;
}

/** Read anew whenever a configuration changed. */
export class HookList {
  readonly #kind: Kind<Configuration>;
  #hooks: readonly Hook[] = [];
  #changed = -1;

  constructor(kind: Kind<MutatingWebhookConfiguration> | Kind<ValidatingWebhookConfiguration>) {
    this.#kind = kind;
  }

  /** Asked for every write, so it costs next to nothing while nothing changes. */
  read({ reader, kinds }: AdmissionSite): readonly Hook[] {
    const { apiVersion, plural } = this.#kind;
    if (!kinds.find(apiVersion, plural)) return this.#hooks;
    const changed = reader.changed(this.#kind);
    if (changed === this.#changed) return this.#hooks;
    this.#changed = changed;
    const found = reader.list(this.#kind, "").flatMap(({ object }) => hooksOf(object));
    this.#hooks = found.map((hook, index) => ({ ...hook, index }));
    return this.#hooks;
  }
}

const hooksOf = ({ metadata, webhooks = [] }: Configuration): readonly Hook[] =>
  webhooks.map((webhook) => hookOf(webhook, metadata.name ?? ""));

/** Defaults were filled in when it was written. */
function hookOf(webhook: Webhook, configuration: string): Hook {
  const { name, rules = [], matchConditions: conditions = [], sideEffects } = webhook;
  return {
    name,
    configuration,
    index: 0,
    rules,
    isExact: webhook.matchPolicy === "Exact",
    namespaces: matcherOf(webhook.namespaceSelector),
    objects: matcherOf(webhook.objectSelector),
    ...(conditions.length > 0 ? { conditions: matchConditions(conditions) } : {}),
    isLenient: webhook.failurePolicy === "Ignore",
    isHarmlessOnDryRun: sideEffects === "None" || sideEffects === "NoneOnDryRun",
    timeoutSeconds: webhook.timeoutSeconds ?? 10,
    isReinvoked: "reinvocationPolicy" in webhook && webhook.reinvocationPolicy === "IfNeeded",
    target: targetOf(webhook.clientConfig),
  };
}

const matcherOf = (selector: LabelSelector | undefined): LabelMatcher =>
  selector === undefined ? everything : labelSelectorOf(selector);

export function targetOf({ url, service, caBundle = "" }: WebhookClientConfig): WebhookTarget {
  const ca = caBundle === "" ? {} : { ca: Buffer.from(caBundle, "base64").toString("utf8") };
  if (url !== undefined) return { url, ...ca };
  assert(service, "a webhook has neither url nor service");
  const { namespace, name, port = 443, path = "" } = service;
  return {
    url: `https://${name}.${namespace}.svc:${port}${path.startsWith("/") ? path : `/${path}`}`,
    service: { namespace, name, port },
    ...ca,
  };
}
