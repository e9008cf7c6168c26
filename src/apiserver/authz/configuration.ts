/**
 * Who decides who may do what: an AuthorizationConfiguration file.
 * upstream: apiserver/pkg/apis/apiserver/validation/validation.go#ValidateAuthorizationConfiguration
 * differs: there is no ABAC.
 */
import { readConfiguration, type Section } from "#base/configuration.ts";
import { minutes, seconds } from "#base/clock.ts";
import { parseDuration } from "#base/duration.ts";
import { dnsSubdomain } from "#api/names.ts";
import { compileCondition, type Condition, type Conditions, conditionsOf } from "./conditions.ts";
import { type BuiltIn, builtInTypes } from "./union.ts";

export interface AuthorizationConfiguration {
  /** In the order in which they are asked. */
  readonly authorizers: readonly ConfiguredAuthorizer[];
}

export type ConfiguredAuthorizer =
  | { readonly type: BuiltIn; readonly name: string }
  | { readonly type: "Webhook"; readonly name: string; readonly webhook: WebhookConfiguration };

export interface WebhookConfiguration {
  /** Of the SubjectAccessReviews that are sent. */
  readonly apiVersion: string;
  readonly timeoutMs: number;
  /** How long answers are remembered. */
  readonly authorizedMs: number;
  readonly unauthorizedMs: number;
  readonly failurePolicy: "NoOpinion" | "Deny";
  readonly kubeconfig: string;
  readonly conditions: Conditions;
}

const versions = ["v1", "v1beta1", "v1alpha1"].map(
  (version) => `apiserver.config.k8s.io/${version}`,
);

/** Throws ConfigurationError. exact: apiserver, the messages that are not about a form */
export const parseAuthorization = (text: string): AuthorizationConfiguration =>
  readConfiguration(text, { apiVersions: versions, kind: "AuthorizationConfiguration" }, (file) => {
    const sections = file.sections("authorizers");
    if (sections.length === 0)
      file.wrong("authorizers", "at least one authorization mode must be defined");
    const seen = { types: new Set<string>(), names: new Set<string>() };
    return { authorizers: sections.flatMap((section) => authorizerIn(section, seen) ?? []) };
  });

interface Seen {
  readonly types: Set<string>;
  readonly names: Set<string>;
}

const allTypes = [...builtInTypes, "Webhook"] as const;

function authorizerIn(section: Section, seen: Seen): ConfiguredAuthorizer | undefined {
  const type = section.oneOf("type", allTypes);
  const name = nameIn(section, seen.names);
  const part = section.section("webhook");
  const webhook = part && webhookIn(part);
  if (type === undefined) return undefined;
  if (type === "Webhook") {
    if (!webhook) section.wrong("webhook", "required when type=Webhook");
    return webhook && { type, name, webhook };
  }
  if (webhook) section.wrong("webhook", "may only be specified when type=Webhook");
  if (seen.types.has(type)) section.wrong("type", `duplicate value ${JSON.stringify(type)}`);
  seen.types.add(type);
  return { type, name };
}

function nameIn(section: Section, seen: Set<string>): string {
  const name = section.requiredText("name");
  if (name === "") return name;
  const [problem] = dnsSubdomain(name);
  if (seen.has(name)) section.wrong("name", `duplicate value ${JSON.stringify(name)}`);
  else if (problem) section.wrong("name", `authorizer name is invalid: ${problem}`);
  seen.add(name);
  return name;
}

function webhookIn(section: Section): WebhookConfiguration {
  const version = section.oneOf("subjectAccessReviewVersion", ["v1", "v1beta1"]) ?? "v1";
  const timeoutMs = section.has("timeout") ? durationIn(section, "timeout") : undefined;
  if (!section.has("timeout")) section.wrong("timeout", "required");
  if (timeoutMs !== undefined && (timeoutMs <= 0 || timeoutMs > timeoutMsMax))
    section.wrong("timeout", "must be > 0s and <= 30s");
  return {
    apiVersion: `authorization.k8s.io/${version}`,
    timeoutMs: timeoutMs ?? 0,
    authorizedMs: ttlIn(section, "authorizedTTL", minutes(5)),
    unauthorizedMs: ttlIn(section, "unauthorizedTTL", seconds(30)),
    failurePolicy: section.oneOf("failurePolicy", ["NoOpinion", "Deny"]) ?? "Deny",
    kubeconfig: kubeconfigIn(section),
    conditions: conditionsOf(conditionsIn(section)),
  };
}

const timeoutMsMax = seconds(30);

function durationIn(section: Section, name: string): number | undefined {
  const text = section.text(name) ?? "";
  const ms = parseDuration(text);
  if (ms === undefined) section.wrong(name, `${JSON.stringify(text)} is no duration such as "30s"`);
  return ms;
}

function ttlIn(section: Section, name: string, usual: number): number {
  if (!section.has(name)) {
    section.any(name);
    return usual;
  }
  const ms = durationIn(section, name) ?? usual;
  if (ms < 0) section.wrong(name, "must be > 0s");
  return ms || usual;
}

function kubeconfigIn(section: Section): string {
  const info = section.section("connectionInfo");
  if (!info) {
    section.wrong("connectionInfo", "required");
    return "";
  }
  // differs: webhook authorizers are found by a kubeconfig only, not as from within a pod.
  if (info.oneOf("type", ["KubeConfigFile"]) === undefined) {
    info.any("kubeConfigFile");
    return "";
  }
  const path = info.requiredText("kubeConfigFile");
  if (path !== "" && !path.startsWith("/"))
    info.wrong("kubeConfigFile", `must be an absolute path: ${JSON.stringify(path)}`);
  return path;
}

function conditionsIn(section: Section): readonly Condition[] {
  const given = section.sections("matchConditions");
  const version = section.text("matchConditionSubjectAccessReviewVersion") ?? "";
  if (version === "" && given.length > 0)
    section.wrong(
      "matchConditionSubjectAccessReviewVersion",
      "required if match conditions are specified",
    );
  else if (version !== "" && version !== "v1")
    section.unsupported("matchConditionSubjectAccessReviewVersion", version, ["v1"]);
  const seen = new Set<string>();
  return given.flatMap((condition) => conditionIn(condition, seen) ?? []);
}

function conditionIn(section: Section, seen: Set<string>): Condition | undefined {
  const text = section.requiredText("expression");
  if (text === "") return undefined;
  if (seen.has(text)) section.wrong("expression", `duplicate value ${JSON.stringify(text)}`);
  seen.add(text);
  try {
    return { text, program: compileCondition(text) };
  } catch (cause) {
    section.wrong("expression", `compilation failed: ${(cause as Error).message}`);
    return undefined;
  }
}
