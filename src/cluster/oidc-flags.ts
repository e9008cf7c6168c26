/**
 * One issuer of tokens, said by flags instead of a file, as it was before there was one.
 * upstream: pkg/kubeapiserver/options/authentication.go
 */
import {
  type AuthenticationConfiguration,
  parseAuthentication,
} from "#apiserver/authn/jwt/configuration.ts";
import { jwtAlgorithms } from "#apiserver/authn/jwt/signature.ts";
import { type Flag, flag, type ValuesOf } from "#cli/flags.ts";

export const oidcFlags = {
  "oidc-issuer-url": flag.text("an OpenID provider whose tokens are believed", { value: "URL" }),
  "oidc-client-id": flag.text("whom its tokens must be meant for", { value: "ID" }),
  "oidc-username-claim": flag.text("the claim that names the user (sub)", { value: "CLAIM" }),
  "oidc-username-prefix": flag.text("stands before its users' names; - is none (the URL and #)", {
    value: "PREFIX",
  }),
  "oidc-groups-claim": flag.text("the claim that lists the user's groups", { value: "CLAIM" }),
  "oidc-groups-prefix": flag.text("stands before names of groups", { value: "PREFIX" }),
  "oidc-required-claim": {
    ...flag.text("what its tokens must say; may be repeated", { value: "CLAIM=VALUE,..." }),
    read: (text, before) => (before === undefined ? text : `${before},${text}`),
  } satisfies Flag<string | undefined>,
  "oidc-signing-algs": flag.text("how its tokens may be signed, with commas (RS256)", {
    value: "ALG,...",
  }),
  "oidc-ca-file": flag.text("whom its certificate must be signed by", { value: "FILE" }),
} as const;

export type OidcSettings = Partial<ValuesOf<typeof oidcFlags>>;

export const areThereAny = (settings: OidcSettings): boolean =>
  Object.keys(oidcFlags).some((name) => settings[name as keyof OidcSettings] !== undefined);

/** `ca` is PEM. Throws what is wrong with the flags. */
export function authenticationBy(
  settings: OidcSettings,
  ca: string | undefined,
): AuthenticationConfiguration {
  const { "oidc-issuer-url": url, "oidc-client-id": audience } = settings;
  if (!url || !audience) {
    // exact: apiserver
    throw new Error(
      "oidc-issuer-url and oidc-client-id must be specified together when any oidc-* flags are set",
    );
  }
  const { "oidc-groups-claim": groups } = settings;
  const issuer = {
    issuer: {
      url,
      audiences: [audience],
      ...(ca === undefined ? {} : { certificateAuthority: ca }),
    },
    claimMappings: {
      username: usernameOf(settings, url),
      ...(groups
        ? { groups: { claim: groups, prefix: settings["oidc-groups-prefix"] ?? "" } }
        : {}),
    },
    claimValidationRules: listed(settings["oidc-required-claim"]).map(ruleOf),
  };
  const { jwt } = parseAuthentication(
    JSON.stringify({
      apiVersion: "apiserver.config.k8s.io/v1",
      kind: "AuthenticationConfiguration",
      jwt: [issuer],
    }),
  );
  const algorithms = algorithmsOf(settings);
  return { jwt: jwt.map((one) => ({ ...one, algorithms })) };
}

const listed = (text = ""): readonly string[] => text.split(",").flatMap((one) => one.trim() || []);

function usernameOf(settings: OidcSettings, url: string): { claim: string; prefix: string } {
  const claim = settings["oidc-username-claim"] ?? "sub";
  const prefix = settings["oidc-username-prefix"] ?? "";
  if (prefix === "-") return { claim, prefix: "" };
  // Other names are only unique within the provider.
  return { claim, prefix: prefix === "" && claim !== "email" ? `${url}#` : prefix };
}

function ruleOf(text: string): { claim: string; requiredValue: string } {
  const at = text.indexOf("=");
  // exact: component-base
  if (at < 1) throw new Error(`oidc-required-claim: malformed pair, expect string=string`);
  return { claim: text.slice(0, at).trim(), requiredValue: text.slice(at + 1).trim() };
}

function algorithmsOf(settings: OidcSettings): readonly string[] {
  const algorithms = listed(settings["oidc-signing-algs"] ?? "RS256");
  const wrong = algorithms.find((one) => !jwtAlgorithms.includes(one));
  if (wrong === undefined) return algorithms;
  // exact: apiserver, and which there are
  const valid = jwtAlgorithms.join(", ");
  throw new Error(`oidc: unsupported signing alg: ${JSON.stringify(wrong)}; there are ${valid}`);
}
