/**
 * Admission webhooks that are functions in the test, or programs behind a URL:
 *
 *   await cluster.webhooks.mutating("team-label", rules, ({ object }) => ({ allowed: true, patch }));
 *   await cluster.webhooks.validating("policy", rules, "https://127.0.0.1:9443/validate");
 */
import { MutatingWebhookConfiguration } from "#api/admissionregistration/mutatingwebhookconfiguration.ts";
import { ValidatingWebhookConfiguration } from "#api/admissionregistration/validatingwebhookconfiguration.ts";
import type { WebhookFunction } from "#apiserver/admission/webhooks/functions.ts";
import type { Applicable } from "./manifests.ts";

/** Which requests it is asked about. Whatever is left out means all. */
export interface WebhookRule {
  readonly operations?: readonly ("CREATE" | "UPDATE" | "DELETE" | "CONNECT" | "*")[];
  readonly apiGroups?: readonly string[];
  readonly apiVersions?: readonly string[];
  /** `pods`, `deployments/scale`, `*`. */
  readonly resources?: readonly string[];
}

export interface WebhookSettings {
  /** Refuse what it cannot be asked about (Fail), or let it pass: Fail when absent. */
  readonly failurePolicy?: "Fail" | "Ignore";
  readonly timeoutSeconds?: number;
  /** Of the program behind the URL, in PEM; the system's roots when absent. */
  readonly ca?: string;
  readonly namespaceSelector?: object;
  readonly objectSelector?: object;
}

interface Registration {
  readonly kind: typeof MutatingWebhookConfiguration | typeof ValidatingWebhookConfiguration;
  readonly name: string;
  readonly rules: readonly WebhookRule[];
}

type Target = WebhookFunction | string | URL;

export class Webhooks {
  /** By URL. */
  readonly functions: Record<string, WebhookFunction>;
  readonly #apply: (what: Applicable) => Promise<unknown>;

  constructor(
    functions: Readonly<Record<string, WebhookFunction>>,
    apply: (what: Applicable) => Promise<unknown>,
  ) {
    this.functions = { ...functions };
    this.#apply = apply;
  }

  /** Resolves when it is asked. Named anew, it replaces the one of that name. */
  readonly mutating = (
    name: string,
    rules: readonly WebhookRule[],
    ...[target, settings]: readonly [Target, WebhookSettings?]
  ): Promise<void> =>
    this.#register({ kind: MutatingWebhookConfiguration, name, rules }, target, settings);

  readonly validating = (
    name: string,
    rules: readonly WebhookRule[],
    ...[target, settings]: readonly [Target, WebhookSettings?]
  ): Promise<void> =>
    this.#register({ kind: ValidatingWebhookConfiguration, name, rules }, target, settings);

  async #register(
    { kind: { apiVersion, kind }, name, rules }: Registration,
    target: Target,
    { ca, ...settings }: WebhookSettings = {},
  ): Promise<void> {
    const caBundle = ca === undefined ? {} : { caBundle: Buffer.from(ca).toString("base64") };
    const url = typeof target === "function" ? urlOf(kind, name) : String(target);
    if (typeof target === "function") this.functions[url] = target;
    const webhook = {
      name: name.split(".").length < partsMin ? `${name}.webhooks.k8ts` : name,
      clientConfig: { url, ...caBundle },
      rules: rules.map((rule) => ({ ...everything, ...rule })),
      sideEffects: "None",
      admissionReviewVersions: ["v1"],
      ...settings,
    };
    await this.#apply({ apiVersion, kind, metadata: { name }, webhooks: [webhook] });
  }
}

/** A webhook's name has as many at least. */
const partsMin = 3;

const everything = {
  operations: ["*"],
  apiGroups: ["*"],
  apiVersions: ["*"],
  resources: ["*"],
} as const;

const urlOf = (kind: string, name: string): string =>
  `https://${name}.functions.k8ts/${kind.toLowerCase()}`;
