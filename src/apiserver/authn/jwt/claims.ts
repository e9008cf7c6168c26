/**
 * From the claims of a token to a user. Throws Unauthorized when the rules are not kept.
 * upstream: apiserver/plugin/pkg/authenticator/token/oidc/oidc.go
 */
import { ApiError } from "#api/errors.ts";
import type { User } from "#api/request.ts";
import type { Program } from "#cel/cel.ts";
import type { ClaimRule, JwtIssuer, Mapping } from "./configuration.ts";

export type Claims = Readonly<Record<string, unknown>>;

export function userOf({ claimRules, mappings, userRules }: JwtIssuer, claims: Claims): User {
  const username = textFrom(mappings.username, claims, "username");
  if (username === "") throw refused("the username is empty");
  for (const rule of claimRules) demandClaim(rule, claims);
  const uid = mappings.uid ? textFrom(mappings.uid, claims, "uid") : "";
  const extra = Object.fromEntries(
    mappings.extra.flatMap(({ key, value }) => {
      const texts = textsOf(evaluated(value, { claims }), `extra ${key}`).filter(Boolean);
      return texts.length > 0 ? [[key, texts] as const] : [];
    }),
  );
  const user = {
    name: username,
    ...(uid ? { uid } : {}),
    groups: mappings.groups ? groupsFrom(mappings.groups, claims) : [],
    ...(Object.keys(extra).length > 0 ? { extra } : {}),
  };
  const shown = { username, uid, groups: user.groups, extra };
  for (const { program, message } of userRules)
    if (evaluated(program, { user: shown }) !== true) throw refused(message);
  return user;
}

function demandClaim(rule: ClaimRule, claims: Claims): void {
  if (rule.is === "expression") {
    if (evaluated(rule.program, { claims }) !== true) throw refused(rule.message);
    return;
  }
  const found = claims[rule.claim];
  if (typeof found !== "string" || found !== rule.value)
    throw refused(`the claim ${rule.claim} does not have the required value`);
}

function textFrom(mapping: Mapping, claims: Claims, what: string): string {
  if (mapping.is === "expression") return textOf(evaluated(mapping.program, { claims }), what);
  const { claim, prefix } = mapping;
  const { email_verified: isVerified = true } = claims;
  if (claim === "email" && isVerified !== true) throw refused("the e-mail address is not verified");
  const text = textOf(claims[claim], `the claim ${claim}`);
  return text === "" ? "" : prefix + text;
}

function groupsFrom(mapping: Mapping, claims: Claims): readonly string[] {
  if (mapping.is === "expression")
    return textsOf(evaluated(mapping.program, { claims }), "groups").filter(Boolean);
  const { claim, prefix } = mapping;
  return textsOf(claims[claim] ?? [], `the claim ${claim}`).map((group) => prefix + group);
}

function textOf(value: unknown, what: string): string {
  if (typeof value === "string") return value;
  throw refused(`${what} is not a string`);
}

function textsOf(value: unknown, what: string): readonly string[] {
  if (value === null) return [];
  if (typeof value === "string") return [value];
  if (Array.isArray(value)) return value.map((one) => textOf(one, what));
  throw refused(`${what} is neither a string nor a list of strings`);
}

function evaluated(program: Program, activation: Readonly<Record<string, unknown>>): unknown {
  const { value, error } = program.evaluate(activation);
  if (error) throw refused(error.message);
  return value;
}

const refused = (why: string): ApiError => new ApiError("Unauthorized", `oidc: ${why}`);
