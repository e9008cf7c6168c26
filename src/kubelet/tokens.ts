/**
 * Tokens of service accounts, bound to their pods, kept until it is time for the next one.
 * upstream: pkg/kubelet/token/token_manager.go
 */
import { TokenRequest } from "#api/authentication/tokenrequest.ts";
import type { Pod } from "#api/core/pod.ts";
import { ServiceAccount } from "#api/core/serviceaccount.ts";
import type { ServiceAccountTokenProjection } from "#api/core/volume-sources.ts";
import { type Clock, hours } from "#base/clock.ts";
import type { Client } from "#client/client.ts";
import type { Token } from "./volumes/volume.ts";

interface TokenOptions {
  readonly client: Client;
  readonly clock: Clock;
}

const defaultSeconds = 3_600;
/** However long it would hold, a token is renewed after this. */
const ageMsMax = hours(24);
/** Of its time, a token is used for this share. */
const usedShare = 0.8;

export class TokenCache {
  readonly #options: TokenOptions;
  /** By pod, then by what was asked for. */
  readonly #kept = new Map<string, Map<string, Token>>();

  constructor(options: TokenOptions) {
    this.#options = options;
  }

  async token(pod: Pod, projection: ServiceAccountTokenProjection): Promise<Token> {
    const { audience = "", expirationSeconds = defaultSeconds } = projection;
    const ofPod = this.#kept.get(pod.metadata.uid ?? "") ?? new Map<string, Token>();
    const key = `${audience}/${expirationSeconds}`;
    const known = ofPod.get(key);
    const nowMs = this.#options.clock.now();
    if (known && known.refreshAtMs > nowMs) return known;
    try {
      const fresh = await this.#request(pod, projection);
      ofPod.set(key, fresh);
      this.#kept.set(pod.metadata.uid ?? "", ofPod);
      return fresh;
    } catch (error) {
      // An old token is better than none; ask again soon.
      if (!known || known.expiresAtMs <= nowMs) throw error;
      return { ...known, refreshAtMs: nowMs + retryMs };
    }
  }

  /** The pod is gone. */
  forget(uid: string): void {
    this.#kept.delete(uid);
  }

  async #request(pod: Pod, projection: ServiceAccountTokenProjection): Promise<Token> {
    const { client, clock } = this.#options;
    const { namespace = "", name = "", uid = "" } = pod.metadata;
    const { audience = "", expirationSeconds = defaultSeconds } = projection;
    const object = {
      apiVersion: TokenRequest.apiVersion,
      kind: TokenRequest.kind,
      metadata: {},
      spec: {
        audiences: audience === "" ? [] : [audience],
        expirationSeconds,
        boundObjectRef: { apiVersion: "v1", kind: "Pod", name, uid },
      },
    };
    const at = {
      namespace,
      name: pod.spec.serviceAccountName || "default",
      subresource: "token",
    };
    const { status } = await client.createSub<TokenRequest>(ServiceAccount, at, { object });
    const nowMs = clock.now();
    const expiresAtMs = Date.parse(status.expirationTimestamp ?? "") || nowMs;
    const usedMs = Math.min((expiresAtMs - nowMs) * usedShare, ageMsMax);
    return { token: status.token, expiresAtMs, refreshAtMs: nowMs + usedMs };
  }
}

const retryMs = 60_000;
