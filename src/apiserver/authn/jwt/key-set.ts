/**
 * The public keys of an issuer, found by discovery and kept. A token signed with a key that is not
 * among them may mean that the issuer has new ones: they are read again, but not all the time.
 */
import { createLocalJWKSet, errors as joseErrors, type JWTVerifyGetKey } from "jose";
import { type Clock, hours, seconds } from "#base/clock.ts";
import type { HttpClient } from "#base/http.ts";
import type { JwtIssuer } from "./configuration.ts";

export interface KeySetPorts {
  readonly http: HttpClient;
  readonly clock: Clock;
}

const keptMs = hours(12);
const pauseMs = seconds(10);
const answerBytesMax = 1024 * 1024;
const timeoutMs = seconds(30);

export class KeySet {
  readonly #issuer: JwtIssuer;
  readonly #ports: KeySetPorts;
  #keys: Promise<JWTVerifyGetKey> | undefined;
  #readMs = 0;

  constructor(issuer: JwtIssuer, ports: KeySetPorts) {
    this.#issuer = issuer;
    this.#ports = ports;
  }

  readonly find: JWTVerifyGetKey = async (header, token) => {
    const age = (): number => this.#ports.clock.now() - this.#readMs;
    const isOld = age() > keptMs;
    try {
      return await (
        await this.#read(isOld)
      )(header, token);
    } catch (cause) {
      if (!(cause instanceof joseErrors.JWKSNoMatchingKey) || age() < pauseMs) throw cause;
      return (await this.#read(true))(header, token);
    }
  };

  #read(anew: boolean): Promise<JWTVerifyGetKey> {
    if (this.#keys && !anew) return this.#keys;
    this.#readMs = this.#ports.clock.now();
    const reading = this.#discover();
    this.#keys = reading;
    reading.catch(() => {
      // Whoever waits for it is told; the next one tries again.
      if (this.#keys === reading) this.#keys = undefined;
    });
    return reading;
  }

  async #discover(): Promise<JWTVerifyGetKey> {
    const { url, discoveryUrl } = this.#issuer;
    const found = (await this.#get(discoveryUrl)) as { issuer?: string; jwks_uri?: string };
    if (found.issuer !== url)
      throw new Error(`${discoveryUrl} is of another issuer: ${String(found.issuer)}`);
    if (!found.jwks_uri) throw new Error(`${discoveryUrl} names no jwks_uri`);
    const keys = (await this.#get(found.jwks_uri)) as Parameters<typeof createLocalJWKSet>[0];
    return createLocalJWKSet(keys);
  }

  async #get(url: string): Promise<unknown> {
    const { http, clock } = this.#ports;
    const { ca } = this.#issuer;
    const late = new AbortController();
    using _timer = clock.after(timeoutMs, () => late.abort());
    const headers = { accept: "application/json", "user-agent": "kube-apiserver" };
    const tls = ca === undefined ? {} : { tls: { ca } };
    const answer = await http.call({ method: "GET", url, headers, signal: late.signal, ...tls });
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of answer.body) {
      length += chunk.length;
      if (length > answerBytesMax) throw new Error(`${url} answers more than a megabyte`);
      chunks.push(chunk);
    }
    if (answer.status !== 200) throw new Error(`${url} answers ${answer.status}`);
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  }
}
