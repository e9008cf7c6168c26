/**
 * Groups that a token does not list but says where to ask for: another JWT has them, signed by an issuer that is
 * found by discovery and meant for the same audience.
 * upstream: apiserver/plugin/pkg/authenticator/token/oidc/oidc.go#claimResolver; OpenID Connect Core 1.0, section 5.6.2
 */
import { messageOf } from "#base/failure.ts";
import { issuerOf } from "../service-account-token.ts";
import type { Claims } from "./claims.ts";
import type { JwtIssuer } from "./configuration.ts";
import { type FetchPorts, fetchText } from "./fetching.ts";
import { discoveryOf, KeySet } from "./key-set.ts";
import { signedClaims } from "./signature.ts";

/** The claims, with what was asked for elsewhere among them. Throws why it could not be had. */
export type ExpandClaims = (claims: Claims) => Promise<Claims>;

interface Endpoint {
  readonly url: string;
  readonly token?: string;
}

/** `own`: the keys of the issuer itself, which mostly signs these claims as well. */
export function distributedClaims(
  issuer: JwtIssuer,
  own: KeySet,
  ports: FetchPorts,
): ExpandClaims | undefined {
  const { groups } = issuer.mappings;
  if (groups?.is !== "claim") return undefined;
  const { claim } = groups;
  const { ca, audiences, algorithms } = issuer;
  const keySets = new Map([[issuer.url, own]]);
  const keysOf = (url: string): KeySet => {
    const known =
      keySets.get(url) ?? new KeySet({ url, discoveryUrl: discoveryOf(url), ca }, ports);
    keySets.set(url, known);
    return known;
  };
  return async (claims) => {
    const source = sourceOf(claims, claim);
    if (!source) return claims;
    const { url } = source;
    const jwt = await fetchText({ ...source, ca }, ports).catch((cause: unknown) => {
      // exact: apiserver
      throw new Error(`while getting distributed claim "${claim}": ${messageOf(cause)}`, { cause });
    });
    const signer = issuerOf(jwt);
    if (signer === undefined)
      // exact: apiserver
      throw new Error(
        `getting untrusted issuer from endpoint ${url} failed for claim "${claim}": malformed token`,
      );
    const demands = { issuer: signer, audiences, algorithms, keys: keysOf(signer) };
    const found = await signedClaims(jwt.trim(), { ...demands, clock: ports.clock });
    if (!(claim in found))
      // exact: apiserver
      throw new Error(
        `jwt returned by distributed claim endpoint "${url}" did not contain claim: ${claim}`,
      );
    return { ...claims, [claim]: found[claim] };
  };
}

/** Undefined: the claim is there, or nowhere. */
function sourceOf(claims: Claims, claim: string): Endpoint | undefined {
  const { _claim_names: names, _claim_sources: sources } = claims;
  if (claims[claim] !== undefined || names === undefined) return undefined;
  const name = membersOf(names, "error parsing distributed claim names")[claim];
  if (sources === undefined) throw new Error("oidc: no claim sources"); // exact: apiserver
  const all = membersOf(sources, "could not parse claim sources");
  if (name === undefined) return undefined;
  const source = all[String(name)];
  if (source !== undefined) return endpointIn(membersOf(source, "could not parse claim sources"));
  // exact: apiserver
  throw new Error(
    `id token _claim_names contained a source ${String(name)} missing in _claims_sources`,
  );
}

/** Without an address the claim is not to be asked for: it may stand in the source itself, which nobody reads. As upstream. */
function endpointIn({ endpoint, access_token: token }: Claims): Endpoint | undefined {
  if (typeof endpoint !== "string" || endpoint === "") return undefined;
  return { url: endpoint, ...(typeof token === "string" ? { token } : {}) };
}

function membersOf(value: unknown, problem: string): Claims {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Claims;
  throw new Error(`oidc: ${problem}: it is no object`);
}
