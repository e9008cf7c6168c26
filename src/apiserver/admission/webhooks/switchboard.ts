/** What both plugins work with, once the server is put together. */
import type { Clock } from "#base/clock.ts";
import type { Random } from "#base/random.ts";
import type { AdmissionRequest, AdmissionSite } from "../admission.ts";
import { webhookClient, type WebhookClient } from "./client.ts";
import { type AuthorizeFor, authorizeBy } from "../expressions/authorize.ts";
import type { Hook, HookList } from "./hooks.ts";
import { createWebhookMetrics, type WebhookMetrics } from "./metrics.ts";

export class Switchboard {
  readonly site: AdmissionSite;
  readonly client: WebhookClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly metrics: WebhookMetrics;
  readonly authorizeFor: AuthorizeFor;
  readonly #list: HookList;

  constructor(site: AdmissionSite, list: HookList) {
    const { ports, reader } = site;
    this.site = site;
    this.client = webhookClient(ports, reader);
    this.clock = ports.clock;
    this.random = ports.random;
    this.metrics = createWebhookMetrics(site.metrics);
    this.authorizeFor = authorizeBy(ports.authorizer);
    this.#list = list;
  }

  /** In the order in which they are asked. */
  hooksFor({ kind, isAdmitted = false }: AdmissionRequest): readonly Hook[] {
    const hooks = this.#list.read(this.site);
    if (hooks.length === 0 || isAdmitted || isExempt(kind.group, kind.plural)) return none;
    return hooks;
  }
}

const none: readonly Hook[] = [];

/** Nobody must lock himself out: what admission is made of is never shown to webhooks. */
const exempt: ReadonlySet<string> = new Set([
  "mutatingadmissionpolicies",
  "mutatingadmissionpolicybindings",
  "mutatingwebhookconfigurations",
  "validatingadmissionpolicies",
  "validatingadmissionpolicybindings",
  "validatingwebhookconfigurations",
]);

const isExempt = (group: string, plural: string): boolean =>
  group === "admissionregistration.k8s.io" && exempt.has(plural);
