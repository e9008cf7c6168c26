/**
 * Whose tokens are believed and who is let in without any: an AuthenticationConfiguration file.
 * upstream: apiserver/pkg/apis/apiserver/validation/validation.go
 */
import { X509Certificate } from "node:crypto";
import { domainPrefixedPath } from "#api/field-rules.ts";
import { compile, type Program } from "#cel/cel.ts";
import { selects } from "#cel/selects.ts";
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
import { discoveryOf } from "./key-set.ts";

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
  /** How its tokens may be signed; in every way that is known when absent. */
  readonly algorithms?: readonly string[];
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

const issuersMax = 64;

/** What the issuers before this one have. */
interface Seen {
  readonly urls: Set<string>;
  readonly discoveryUrls: Set<string>;
}

/** Throws ConfigurationError, in upstream's words. */
export const parseAuthentication = (text: string): AuthenticationConfiguration =>
  readConfiguration(
    text,
    { apiVersions: versions, kind: "AuthenticationConfiguration" },
    (file) => {
      const issuers = file.sections("jwt");
      if (issuers.length > issuersMax)
        file.wrong("jwt", `Too many: ${issuers.length}: must have at most ${issuersMax} items`);
      const seen: Seen = { urls: new Set(), discoveryUrls: new Set() };
      const jwt = issuers.map((section) => issuerIn(section, seen));
      const anonymous = anonymousIn(file.section("anonymous"));
      return { jwt, ...(anonymous ? { anonymous } : {}) };
    },
  );

function anonymousIn(section: Section | undefined): AuthenticationConfiguration["anonymous"] {
  if (!section) return undefined;
  const enabled = section.flag("enabled") ?? false;
  const paths = section.sections("conditions").map((condition) => condition.requiredText("path"));
  if (!enabled && paths.length > 0)
    section.invalid("conditions", "enabled should be set to true when conditions are defined");
  return { enabled, paths };
}

function issuerIn(section: Section, seen: Seen): JwtIssuer {
  const issuer = section.section("issuer");
  if (!issuer) section.required("issuer");
  checkEmail(section);
  const conditions = new Set<string>();
  return {
    ...(issuer ? addressIn(issuer, seen) : { url: "", discoveryUrl: "", audiences: [] }),
    claimRules: claimRulesIn(section.sections("claimValidationRules")),
    mappings: mappingsIn(section),
    userRules: section
      .sections("userValidationRules")
      .flatMap((rule) =>
        isNew(rule, "expression", conditions) ? (conditionIn(rule, { user: userType }) ?? []) : [],
      ),
  };
}

type Address = Pick<JwtIssuer, "url" | "discoveryUrl" | "ca" | "audiences">;

function addressIn(issuer: Section, seen: Seen): Address {
  const url = urlIn(issuer, "url");
  isNew(issuer, "url", seen.urls);
  const discovery = issuer.has("discoveryURL") ? urlIn(issuer, "discoveryURL") : undefined;
  if (discovery !== undefined) isNew(issuer, "discoveryURL", seen.discoveryUrls);
  if (discovery !== undefined && url !== "" && bare(discovery) === bare(url))
    issuer.invalid("discoveryURL", "discoveryURL must be different from URL");
  const egress = issuer.text("egressSelectorType") ?? "";
  if (!["", "controlplane", "cluster"].includes(egress))
    issuer.invalid("egressSelectorType", "egress selector must be either controlplane or cluster");
  const ca = authorityIn(issuer);
  return {
    url,
    discoveryUrl: discovery ?? discoveryOf(url),
    ...(ca ? { ca } : {}),
    audiences: audiencesIn(issuer),
  };
}

const bare = (url: string): string => url.replace(/\/+$/, "");

/** Complains of what was there before. */
function isNew(section: Section, name: string, seen: Set<string>): boolean {
  const text = section.text(name) ?? "";
  const isThere = text !== "" && seen.has(text);
  if (isThere) section.duplicate(name);
  seen.add(text);
  return !isThere;
}

function authorityIn(issuer: Section): string | undefined {
  const ca = issuer.text("certificateAuthority");
  if (!ca) return undefined;
  try {
    void new X509Certificate(ca);
  } catch {
    const why = "data does not contain any valid RSA or ECDSA certificates";
    issuer.invalid("certificateAuthority", why, "<omitted>");
  }
  return ca;
}

function audiencesIn(issuer: Section): readonly string[] {
  const audiences = issuer.texts("audiences");
  if (audiences.length === 0) issuer.required("audiences", "at least one audience is required");
  for (const [at, audience] of audiences.entries()) {
    if (audience === "") issuer.required(`audiences[${at}]`);
    if (audiences.indexOf(audience) < at) issuer.duplicate(`audiences[${at}]`, audience);
  }
  const policy = issuer.text("audienceMatchPolicy") ?? "";
  const name = "audienceMatchPolicy";
  if (policy === "MatchAny") return audiences;
  if (audiences.length > 1)
    issuer.invalid(name, `${name} must be MatchAny for multiple audiences`, policy);
  else if (policy !== "")
    issuer.invalid(name, `${name} must be empty or MatchAny for single audience`);
  return audiences;
}

function urlIn(section: Section, name: string): string {
  const text = section.requiredText(name);
  const url = URL.parse(text);
  if (text === "") return text;
  if (url?.protocol !== "https:") section.invalid(name, "URL scheme must be https");
  if (url?.username || url?.password)
    section.invalid(name, "URL must not contain a username or password");
  if (url?.search) section.invalid(name, "URL must not contain a query");
  if (url?.hash) section.invalid(name, "URL must not contain a fragment");
  return text;
}

const noMapping: Mapping = { is: "claim", claim: "", prefix: "" };

function mappingsIn(section: Section): JwtIssuer["mappings"] {
  const part = section.section("claimMappings");
  const username = part && mappingIn(part, "username");
  if (!username) section.required("claimMappings.username", "claim or expression is required");
  const groups = part && mappingIn(part, "groups");
  const uid = part && mappingIn(part, "uid", false);
  const keys = new Set<string>();
  const extra = (part?.sections("extra") ?? []).flatMap((entry) => {
    const key = keyIn(entry);
    if (!isNew(entry, "key", keys)) return [];
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

/** Of something that Kubernetes does not say of users itself. */
function keyIn(entry: Section): string {
  const key = entry.requiredText("key");
  if (key === "") return key;
  for (const { message } of domainPrefixedPath("", key)) entry.wrong("key", message);
  if (key !== key.toLowerCase()) entry.invalid("key", "must be lowercase");
  if (/^([^/]+\.)?(kubernetes|k8s)\.io\//.test(key))
    entry.invalid(
      "key",
      "k8s.io, kubernetes.io and their subdomains are reserved for Kubernetes use",
    );
  return key;
}

/** An address that nobody has verified could be anybody's. */
function checkEmail(section: Section): void {
  const mappings = section.section("claimMappings");
  const username = mappings?.section("username");
  const rules = section.sections("claimValidationRules");
  const extra = mappings?.sections("extra") ?? [];
  const texts = [
    username?.text("expression"),
    ...extra.map((entry) => entry.text("valueExpression")),
    ...rules.map((rule) => rule.text("expression")),
  ];
  const [own = ""] = texts;
  if (!selects(own, "claims", "email")) return;
  if (texts.some((text = "") => selects(text, "claims", "email_verified"))) return;
  username?.invalid(
    "expression",
    "claims.email_verified must be used in claimMappings.username.expression or claimMappings.extra[*].valueExpression or claimValidationRules[*].expression when claims.email is used in claimMappings.username.expression",
  );
}

function mappingIn(parent: Section, name: string, hasPrefix = true): Mapping | undefined {
  const section = parent.section(name);
  if (!section) return undefined;
  const claim = section.text("claim") ?? "";
  const prefix = hasPrefix ? section.text("prefix") : "";
  if (!section.has("expression")) return claimIn(section, claim, prefix);
  if (claim !== "") section.wrong("", "claim and expression can't both be set");
  if (hasPrefix && section.has("prefix"))
    section.invalid("prefix", "may not be specified when expression is set");
  const program = programIn(section, "expression", { claims: claimsType });
  return program && { is: "expression", program };
}

function claimIn(section: Section, claim: string, prefix: string | undefined): Mapping | undefined {
  if (claim === "") return undefined;
  if (prefix === undefined) section.required("prefix", prefixIsMissing);
  return { is: "claim", claim, prefix: prefix ?? "" };
}

const prefixIsMissing =
  "prefix is required when claim is set. It can be set to an empty string to disable prefixing";

function claimRulesIn(sections: readonly Section[]): readonly ClaimRule[] {
  const [claims, expressions] = [new Set<string>(), new Set<string>()];
  return sections.flatMap((section) => {
    const isFirst = isNew(section, "claim", claims) && isNew(section, "expression", expressions);
    return isFirst ? claimRuleIn(section) : [];
  });
}

function claimRuleIn(section: Section): readonly ClaimRule[] {
  const claim = section.text("claim") ?? "";
  if (claim !== "") {
    if (section.has("expression")) section.wrong("", "claim and expression can't both be set");
    if (section.text("message"))
      section.invalid("message", "may not be specified when claim is set");
    return [{ is: "claim", claim, value: section.text("requiredValue") ?? "" }];
  }
  if (!section.has("expression")) {
    section.required("", "claim or expression is required");
    return [];
  }
  if (section.text("requiredValue"))
    section.invalid("requiredValue", "may not be specified when expression is set");
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
