/**
 * What is counted of tokens that issuers have signed, and of the keys that these publish.
 * upstream: apiserver/plugin/pkg/authenticator/token/oidc/metrics.go
 */
import { sha256Hex } from "#base/hash.ts";
import type { Metrics } from "#base/metrics.ts";
import type { Clock } from "#base/clock.ts";
import type { KeysRead } from "./key-set.ts";

const buckets = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export interface JwtMetrics {
  /** Of one issuer, by its URL. */
  readonly of: (issuerUrl: string) => IssuerMetrics;
  /** Forgets the keys of all other issuers. */
  readonly retain: (issuerUrls: readonly string[]) => void;
}

export interface IssuerMetrics {
  readonly keysRead: KeysRead;
  /** A token of it was looked at, and not merely remembered. */
  readonly checked: (result: "success" | "failure", seconds: number) => void;
}

/** `id`: which API server it is, hashed. */
export function jwtMetrics(metrics: Metrics, clock: Clock, id: string): JwtMetrics {
  const latency = metrics.histogram(
    "apiserver_authentication_jwt_authenticator_latency_seconds",
    "Latency of jwt authentication operations in seconds, of tokens that are not remembered.",
    ["result", "jwt_issuer_hash"],
    buckets,
  );
  const last = metrics.gauge(
    "apiserver_authentication_jwt_authenticator_jwks_fetch_last_timestamp_seconds",
    "When the keys of an issuer were last read, by how that went.",
    ["result", "jwt_issuer_hash", "apiserver_id_hash"],
  );
  const keySets = new Map<string, string>();
  const info = {
    name: "apiserver_authentication_jwt_authenticator_jwks_fetch_last_key_set_info",
    help: "The hash of the keys that an issuer last published; the value is always 1.",
    labels: ["jwt_issuer_hash", "apiserver_id_hash", "hash"],
  };
  metrics.observed(info, () => Array.from(keySets, ([issuer, hash]) => [[issuer, id, hash], 1]));
  return {
    of: (url) => {
      const issuer = hashOf(url);
      return {
        keysRead: (text) => {
          const result = text === undefined ? "failure" : "success";
          last.with(result, issuer, id).set(clock.now() / 1_000);
          if (text !== undefined) keySets.set(issuer, hashOf(text));
        },
        checked: (result, seconds) => latency.with(result, issuer).observe(seconds),
      };
    },
    retain: (urls) => {
      const wanted = new Set(urls.map(hashOf));
      for (const issuer of keySets.keys()) if (!wanted.has(issuer)) keySets.delete(issuer);
    },
  };
}

const hashOf = (text: string): string => `sha256:${sha256Hex(text)}`;
