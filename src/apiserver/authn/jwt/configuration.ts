/**
 * Whose tokens are believed and who is let in without any: an AuthenticationConfiguration file.
 * upstream: apiserver/pkg/apis/apiserver/validation/validation.go
 */
import { compile, type Program } from "#cel/cel.ts";
import {
  boolType,
  type CelType,
  dynType,
  listType,
  mapType,
  objectType,
  stringType,
} from "#cel/types.ts";
import { readConfiguration, type Section } from "#base/configuration.ts";

export interface AuthenticationConfiguration {
  readonly jwt: readonly JwtIssuer[];
  /** Absent: as if the file did not say. */
  readonly anonymous?: { readonly enabled: boolean; readonly paths: readonly string[] };
}

export interface JwtIssuer {
  readonly url: string;
  readonly discoveryUrl: string;
  /** PEM; the system's roots when absent. */
  readonly ca?: string;
  readonly audiences: readonly string[];
  readonly claimRules: readonly ClaimRule[];
  readonly mappings: {
    readonly username: Mapping;
    readonly groups?: Mapping;
    readonly uid?: Mapping;
    readonly extra: readonly { readonly key: string; readonly value: Program }[];
  };
  readonly userRules: readonly Condition[];
}

/** From a claim, with a prefix, or from an expression. */
export type Mapping =
  | { readonly is: "claim"; readonly claim: string; readonly prefix: string }
  | { readonly is: "expression"; readonly program: Program };

export type ClaimRule =
  | { readonly is: "claim"; readonly claim: string; readonly value: string }
  | ({ readonly is: "expression" } & Condition);

export interface Condition {
  readonly program: Program;
  readonly message: string;
}

const versions = ["v1", "v1beta1", "v1alpha1"].map(
  (version) => `apiserver.config.k8s.io/${version}`,
);

/** Throws ConfigurationError. */
export const parseAuthentication = (text: string): AuthenticationConfiguration =>
  readConfiguration(
    text,
    { apiVersions: versions, kind: "AuthenticationConfiguration" },
    (file) => {
      const seen = new Set<string>();
      const jwt = file.sections("jwt").map((section) => issuerIn(section, seen));
      const anonymous = anonymousIn(file.section("anonymous"));
      return { jwt, ...(anonymous ? { anonymous } : {}) };
    },
  );

function anonymousIn(section: Section | undefined): AuthenticationConfiguration["anonymous"] {
  if (!section) return undefined;
  const enabled = section.flag("enabled") ?? false;
  const paths = section.sections("conditions").map((condition) => condition.requiredText("path"));
  if (!enabled && paths.length > 0)
    section.wrong("conditions", "enabled should be set to true when conditions are defined");
  return { enabled, paths };
}

function issuerIn(section: Section, seen: Set<string>): JwtIssuer {
  const issuer = section.section("issuer");
  if (!issuer) section.wrong("issuer", "required");
  return {
    ...(issuer ? addressIn(issuer, seen) : { url: "", discoveryUrl: "", audiences: [] }),
    claimRules: section.sections("claimValidationRules").flatMap(claimRuleIn),
    mappings: mappingsIn(section),
    userRules: section
      .sections("userValidationRules")
      .flatMap((rule) => conditionIn(rule, { user: userType }) ?? []),
  };
}

type Address = Pick<JwtIssuer, "url" | "discoveryUrl" | "ca" | "audiences">;

function addressIn(issuer: Section, seen: Set<string>): Address {
  const url = urlIn(issuer, "url");
  if (seen.has(url)) issuer.wrong("url", `duplicate issuer: ${JSON.stringify(url)}`);
  seen.add(url);
  const discovery = issuer.has("discoveryURL") ? urlIn(issuer, "discoveryURL") : undefined;
  if (discovery === url) issuer.wrong("discoveryURL", "discoveryURL must be different from URL");
  issuer.any("egressSelectorType");
  const ca = issuer.text("certificateAuthority");
  return {
    url,
    discoveryUrl: discovery ?? `${url.replace(/\/$/, "")}/.well-known/openid-configuration`,
    ...(ca ? { ca } : {}),
    audiences: audiencesIn(issuer),
  };
}

function audiencesIn(issuer: Section): readonly string[] {
  const audiences = issuer.texts("audiences");
  if (audiences.length === 0) issuer.wrong("audiences", "at least one audience is needed");
  const policy = issuer.text("audienceMatchPolicy") ?? "";
  if (policy !== "" && policy !== "MatchAny")
    issuer.unsupported("audienceMatchPolicy", policy, ["MatchAny"]);
  if (audiences.length > 1 && policy === "")
    issuer.wrong("audienceMatchPolicy", "must be MatchAny for multiple audiences");
  return audiences;
}

function urlIn(section: Section, name: string): string {
  const text = section.requiredText(name);
  const url = URL.parse(text);
  if (text !== "" && url?.protocol !== "https:") section.wrong(name, "URL scheme must be https");
  else if (url && (url.username || url.hash || url.search))
    section.wrong(name, "URL must not contain a username, password, query or fragment");
  return text;
}

const noMapping: Mapping = { is: "claim", claim: "", prefix: "" };

function mappingsIn(section: Section): JwtIssuer["mappings"] {
  const part = section.section("claimMappings");
  const username = part && mappingIn(part, "username");
  if (!username) section.wrong("claimMappings.username", "claim or expression is required");
  const groups = part && mappingIn(part, "groups");
  const uid = part && mappingIn(part, "uid", false);
  const keys = new Set<string>();
  const extra = (part?.sections("extra") ?? []).flatMap((entry) => {
    const key = entry.requiredText("key");
    if (key !== key.toLowerCase() || !key.includes("/"))
      entry.wrong("key", "must be a domain-prefixed path in lower case (such as example.org/foo)");
    if (keys.has(key)) entry.wrong("key", `duplicate key: ${JSON.stringify(key)}`);
    keys.add(key);
    const value = programIn(entry, "valueExpression", { claims: claimsType });
    return value ? [{ key, value }] : [];
  });
  return {
    username: username ?? noMapping,
    ...(groups ? { groups } : {}),
    ...(uid ? { uid } : {}),
    extra,
  };
}

function mappingIn(parent: Section, name: string, hasPrefix = true): Mapping | undefined {
  const section = parent.section(name);
  if (!section) return undefined;
  const claim = section.text("claim") ?? "";
  const prefix = hasPrefix ? section.text("prefix") : "";
  if (!section.has("expression")) return claimIn(section, claim, prefix);
  if (claim !== "") section.wrong("", "claim and expression can't both be set");
  if (prefix) section.wrong("prefix", "prefix can't be set when expression is set");
  const program = programIn(section, "expression", { claims: claimsType });
  return program && { is: "expression", program };
}

function claimIn(section: Section, claim: string, prefix: string | undefined): Mapping | undefined {
  if (claim === "") return undefined;
  if (prefix === undefined) section.wrong("prefix", prefixIsMissing);
  return { is: "claim", claim, prefix: prefix ?? "" };
}

const prefixIsMissing = 'prefix is required when claim is set. It can be set to "" to disable it';

function claimRuleIn(section: Section): readonly ClaimRule[] {
  const claim = section.text("claim") ?? "";
  if (claim !== "") {
    if (section.has("expression")) section.wrong("", "claim and expression can't both be set");
    return [{ is: "claim", claim, value: section.text("requiredValue") ?? "" }];
  }
  if (!section.has("expression")) {
    section.wrong("", "claim or expression is required");
    return [];
  }
  const condition = conditionIn(section, { claims: claimsType });
  return condition ? [{ is: "expression", ...condition }] : [];
}

const claimsType = mapType(stringType, dynType);
const userType = objectType(
  "kubernetes.UserInfo",
  new Map([
    ["username", { type: stringType }],
    ["uid", { type: stringType }],
    ["groups", { type: listType(stringType) }],
    ["extra", { type: mapType(stringType, listType(stringType)) }],
  ]),
);

function conditionIn(
  section: Section,
  variables: Readonly<Record<string, CelType>>,
): Condition | undefined {
  const message = section.text("message") ?? "";
  const text = section.text("expression") ?? "";
  const program = programIn(section, "expression", variables, boolType);
  return program && { program, message: message || `${text} is not true` };
}

// oxlint-disable-next-line max-params -- where it stands, what it may use, what it must give.
function programIn(
  section: Section,
  name: string,
  variables: Readonly<Record<string, CelType>>,
  resultType?: CelType,
): Program | undefined {
  const text = section.requiredText(name);
  if (text === "") return undefined;
  try {
    return compile(text, { variables, ...(resultType ? { resultType } : {}) });
  } catch (cause) {
    section.wrong(name, `compilation failed: ${(cause as Error).message}`);
    return undefined;
  }
}
