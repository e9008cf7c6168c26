/**
 * Tokens that lie in Secrets: each use is noted on its secret, a day at a time, so that those that
 * nobody uses can be found, refused, and removed (see controllers/legacy-token-cleaner.ts).
 * upstream: pkg/serviceaccount/legacy.go, pkg/controlplane/controller/legacytokentracking
 */
import type { WriteContext } from "../registry/registry.ts";
import { ownWrites } from "../registry/own-writes.ts";
import { Secret } from "#api/core/secret.ts";
import {
  isTokenSecret,
  tokenAccountName,
  tokenInvalidSince,
  tokenLastUsed,
} from "#api/core/token-secret.ts";
import { ApiError, isReason } from "#api/errors.ts";
import { type Clock, formatDay } from "#base/clock.ts";
import type { Log } from "#base/log.ts";
import { draftOf } from "#schema/copy.ts";
import type { Registry } from "../registry/registry.ts";

export interface LegacyTokensOptions {
  /** Asked for with each use: the registry is made after the authenticator. */
  readonly registry: () => Pick<Registry, "change">;
  readonly clock: Clock;
  readonly log: Log;
}

/** Throws Unauthorized when the token that lies in `secret` is not to be used any more. */
export type LegacyUse = (secret: Secret, token: string) => void;

export function legacyTokens({ registry, clock, log }: LegacyTokensOptions): LegacyUse {
  /** The day for which a note is on its way. */
  const noted = new WeakMap<Secret, string>();
  const note = async ({ metadata }: Secret, day: string): Promise<void> => {
    const { namespace = "", name = "", uid } = metadata;
    const edit = (current: Secret) => {
      if (current.metadata.uid !== uid) return current;
      const draft = draftOf(current);
      draft.metadata.labels = { ...draft.metadata.labels, [tokenLastUsed]: day };
      return draft;
    };
    await registry().change(Secret, { namespace, name, edit }, how());
  };
  return (secret, token) => {
    if (!holds(secret, token)) return;
    const { labels = {} } = secret.metadata;
    if (labels[tokenInvalidSince]) throw refusal(secret);
    const day = formatDay(clock.now());
    if (labels[tokenLastUsed] === day || noted.get(secret) === day) return;
    noted.set(secret, day);
    note(secret, day).catch((cause: unknown) => {
      if (isReason(cause, "NotFound")) return;
      const { namespace, name } = secret.metadata;
      log.error("the use of a token cannot be noted", { namespace, secret: name, cause });
    });
  };
}

/** Other tokens may be bound to a secret as well, and live elsewhere. */
const holds = (secret: Secret, token: string): boolean =>
  isTokenSecret(secret) && secret.data?.["token"] === Buffer.from(token).toString("base64");

function refusal({ metadata: { namespace, name, annotations } }: Secret): ApiError {
  const account = annotations?.[tokenAccountName];
  return new ApiError(
    "Unauthorized",
    // exact: apiserver
    `the token in secret ${namespace}/${name} for service account ${namespace}/${account} has been marked invalid. Use tokens from the TokenRequest API or manually created secret-based tokens, or remove the '${tokenInvalidSince}' label from the secret to temporarily allow use of this token`,
  );
}

const how = (): WriteContext => ownWrites(new AbortController().signal);
