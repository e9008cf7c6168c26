/**
 * Who else is believed besides the cluster's own certificates and tokens: a file of tokens, issuers of
 * JWTs, another server. The AuthenticationConfiguration file is read again whenever it changes.
 */
import { parseAuthentication } from "#apiserver/authn/jwt/configuration.ts";
import type { AuthenticationConfiguration } from "#apiserver/authn/jwt/configuration.ts";
import { type JwtMetrics, jwtMetrics } from "#apiserver/authn/jwt/metrics.ts";
import { jwtTokens } from "#apiserver/authn/jwt/tokens.ts";
import type { TokenCheck } from "#apiserver/authn/service-account-token.ts";
import { type AuthenticatorOptions, isOpenUnlessSaid } from "#apiserver/authn/union.ts";
import { webhookTokens } from "#apiserver/authn/webhook-token.ts";
import type { Metrics } from "#base/metrics.ts";
import { followSetting, serverIdHash } from "./follow-setting.ts";
import type { ServerFiles, ServerSettings } from "./server-flags.ts";
import { webhookPost } from "./webhook-post.ts";
import type { World } from "./world.ts";

export interface AuthenticationOptions {
  readonly settings: ServerSettings;
  readonly files: ServerFiles;
  readonly world: World;
  readonly metrics: Metrics;
  readonly signal: AbortSignal;
}

type Believed = Pick<AuthenticatorOptions, "tokens" | "checks" | "isOpenTo">;

export async function authenticationOf(options: AuthenticationOptions): Promise<Believed> {
  const { settings, files, world } = options;
  const webhook = settings["authentication-token-webhook-config-file"];
  const asked = webhook === undefined ? [] : [await webhookOf(webhook, world)];
  const metrics = jwtMetrics(options.metrics, world.clock, serverIdHash());
  const ports = { ...world, metrics };
  let current = madeFrom(files.authentication ?? { jwt: [] }, ports);
  followSetting({ ...options, name: "authentication-config" }, async (text) => {
    current = madeFrom(parseAuthentication(text), ports);
  });
  const isOpenTo = (path: string): boolean => {
    const { anonymous } = current;
    if (!anonymous) return isOpenUnlessSaid(path);
    const { enabled, paths } = anonymous;
    return enabled && (paths.length === 0 || paths.includes(path));
  };
  return {
    ...(files.tokens ? { tokens: files.tokens } : {}),
    checks: () => [...current.checks, ...asked],
    isOpenTo,
  };
}

const webhookOf = async (path: string, world: World): Promise<TokenCheck> =>
  webhookTokens({ clock: world.clock, post: await webhookPost(path, world) });

function madeFrom(
  { jwt, anonymous }: AuthenticationConfiguration,
  { metrics, ...world }: World & { readonly metrics: JwtMetrics },
) {
  metrics.retain(jwt.map(({ url }) => url));
  const checks = jwt.map((issuer) =>
    jwtTokens(issuer, { ...world, metrics: metrics.of(issuer.url) }),
  );
  return { anonymous, checks };
}
