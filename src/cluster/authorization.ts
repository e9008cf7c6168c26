/**
 * Who decides who may do what: an AuthorizationConfiguration file names them. It is read again whenever
 * it changes; what webhooks answered is then forgotten.
 */
import {
  type AuthorizationConfiguration,
  parseAuthorization,
} from "#apiserver/authz/configuration.ts";
import type { Chain } from "#apiserver/authz/union.ts";
import { webhookAuthorizer } from "#apiserver/authz/webhook.ts";
import type { Metrics } from "#base/metrics.ts";
import { followSetting } from "./follow-setting.ts";
import type { ServerFiles, ServerSettings } from "./server-flags.ts";
import { webhookPost } from "./webhook-post.ts";
import type { World } from "./world.ts";

export interface AuthorizationOptions {
  readonly settings: ServerSettings;
  readonly files: ServerFiles;
  readonly world: World;
  readonly metrics: Metrics;
  readonly signal: AbortSignal;
}

/** Undefined: node and roles. Throws what is wrong with a webhook's kubeconfig. */
export async function authorizationOf(
  options: AuthorizationOptions,
): Promise<(() => Chain) | undefined> {
  const { files } = options;
  if (!files.authorization) return undefined;
  let current = await chainOf(files.authorization, options);
  followSetting({ ...options, name: "authorization-config" }, async (text) => {
    current = await chainOf(parseAuthorization(text), options);
  });
  return () => current;
}

const chainOf = (
  { authorizers }: AuthorizationConfiguration,
  { world, metrics }: AuthorizationOptions,
): Promise<Chain> =>
  Promise.all(
    authorizers.map(async (one) => {
      if (one.type !== "Webhook") return one.type;
      const { name, webhook: configuration } = one;
      const post = await webhookPost(configuration.kubeconfig, world);
      return webhookAuthorizer({ clock: world.clock, name, metrics, configuration, post });
    }),
  );
