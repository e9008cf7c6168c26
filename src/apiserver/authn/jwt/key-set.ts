/**
 * The public keys of an issuer, found by discovery and kept. A token that none of them has signed may mean that the
 * issuer has new ones: they are read again, but not all the time; nor is an issuer that does not answer asked all the time.
 */
import { createLocalJWKSet, type JWTVerifyGetKey } from "jose";
import { hours, seconds } from "#base/clock.ts";
import { type FetchPorts, fetchText } from "./fetching.ts";

export interface KeyIssuer {
  readonly url: string;
  readonly discoveryUrl: string;
  /** PEM; the system's roots when absent. */
  readonly ca?: string | undefined;
}

/** Told of every time that keys were read: their text, or undefined when that failed. */
export type KeysRead = (text: string | undefined) => void;

const keptMs = hours(12);
/** Anybody may show a token that makes us look for new keys. */
const renewalPauseMs = seconds(1);
/** As upstream. */
const silencePauseMs = seconds(10);

/** Where the issuer tells of itself, unless it is said otherwise. */
export const discoveryOf = (issuerUrl: string): string =>
  `${issuerUrl.replace(/\/$/, "")}/.well-known/openid-configuration`;

export class KeySet {
  readonly #issuer: KeyIssuer;
  readonly #ports: FetchPorts;
  readonly #told: KeysRead;
  #keys: Promise<JWTVerifyGetKey> | undefined;
  #readMs = -Infinity;

  constructor(issuer: KeyIssuer, ports: FetchPorts, told: KeysRead = () => {}) {
    this.#issuer = issuer;
    this.#ports = ports;
    this.#told = told;
  }

  readonly find: JWTVerifyGetKey = async (header, token) => (await this.#current())(header, token);

  /** Reads them anew, unless that was done just now. Whether it was. */
  async renew(): Promise<boolean> {
    if (this.#age() < renewalPauseMs) return false;
    await this.#read();
    return true;
  }

  #current(): Promise<JWTVerifyGetKey> {
    if (this.#keys && this.#age() <= keptMs) return this.#keys;
    // exact: apiserver
    if (this.#age() < silencePauseMs) throw new Error("authenticator not initialized");
    return this.#read();
  }

  #age(): number {
    return this.#ports.clock.now() - this.#readMs;
  }

  #read(): Promise<JWTVerifyGetKey> {
    this.#readMs = this.#ports.clock.now();
    const before = this.#keys;
    const reading = this.#discover();
    this.#keys = reading;
    reading.catch(() => {
      this.#told(undefined);
      // Whoever waits for it is told. What was known before is still good for the others.
      if (this.#keys === reading) this.#keys = before;
    });
    return reading;
  }

  async #discover(): Promise<JWTVerifyGetKey> {
    const { url, discoveryUrl } = this.#issuer;
    const found = JSON.parse(await this.#get(discoveryUrl)) as {
      readonly issuer?: string;
      readonly jwks_uri?: string;
    };
    if (found.issuer !== url)
      throw new Error(`${discoveryUrl} is of another issuer: ${String(found.issuer)}`);
    if (!found.jwks_uri) throw new Error(`${discoveryUrl} names no jwks_uri`);
    const text = await this.#get(found.jwks_uri);
    const keys = createLocalJWKSet(JSON.parse(text) as Parameters<typeof createLocalJWKSet>[0]);
    this.#told(text);
    return keys;
  }

  readonly #get = (url: string): Promise<string> =>
    fetchText({ url, ca: this.#issuer.ca }, this.#ports);
}
