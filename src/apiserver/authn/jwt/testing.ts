/** An OpenID provider within a test, and who believes its tokens. */
import { generateKeyPairSync } from "node:crypto";
import { SignJWT } from "jose";
import type { User } from "#api/request.ts";
import type { HttpCall, HttpClient } from "#base/http.ts";
import { silent } from "#base/log.ts";
import { Metrics } from "#base/metrics.ts";
import { ManualClock } from "#base/testing.ts";
import { parseAuthentication } from "./configuration.ts";
import { jwtMetrics } from "./metrics.ts";
import { jwtTokens } from "./tokens.ts";

export const head = "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\n";
export const url = "https://id.example.org";
export const pair = () => generateKeyPairSync("ec", { namedCurve: "P-256" });

/** Its keys can be exchanged, and it can be out of reach. */
export class Provider {
  readonly url: string;
  readonly keys = new Map([["one", pair()]]);
  /** Paths. */
  readonly asked: string[] = [];
  /** Who it says it is. */
  issuer: string;
  isDown = false;
  /** Whether keys and tokens have `kid`. */
  isNaming = true;
  /** Answers besides its own, by path. */
  readonly answers = new Map<string, (call: HttpCall) => Promise<string>>();

  constructor(providerUrl = url) {
    this.url = providerUrl;
    this.issuer = providerUrl;
    this.answers.set("/.well-known/openid-configuration", async () =>
      JSON.stringify({ issuer: this.issuer, jwks_uri: `${this.url}/keys` }),
    );
    this.answers.set("/keys", async () => JSON.stringify({ keys: this.#published() }));
  }

  rename(name: string): void {
    this.issuer = name;
  }

  async sign(claims: object, { kid = "one", nowMs = 0, by = this.url } = {}): Promise<string> {
    return new SignJWT({ ...claims })
      .setProtectedHeader({ alg: "ES256", ...(this.isNaming ? { kid } : {}) })
      .setIssuer(by)
      .setAudience("k8s")
      .setExpirationTime(nowMs / 1_000 + 600)
      .sign(this.keys.get(kid)?.privateKey ?? pair().privateKey);
  }

  #published(): readonly object[] {
    return Array.from(this.keys, ([kid, { publicKey }]) => ({
      ...publicKey.export({ format: "jwk" }),
      ...(this.isNaming ? { kid } : {}),
    }));
  }
}

/** Reaches these providers and nobody else. */
export const reaching = (...providers: readonly Provider[]): HttpClient => ({
  call: async (call) => {
    const { origin, pathname } = new URL(call.url);
    const provider = providers.find((one) => one.url === origin);
    provider?.asked.push(pathname);
    const answer = provider?.answers.get(pathname);
    const text = answer && !provider?.isDown ? await answer(call) : "";
    const body = (async function* () {
      yield Buffer.from(text);
    })();
    return { status: provider?.isDown ? 503 : answer ? 200 : 404, headers: {}, body };
  },
  upgrade: () => Promise.reject(new Error("not part of this test")),
});

export const standard = `
  issuer: {url: "${url}", audiences: [k8s]}
  claimMappings:
    username: {claim: sub, prefix: "id:"}
    groups: {claim: roles, prefix: ""}`;

/** Believes the first provider, as `jwt` says. */
export function setUp(jwt = standard, ...others: readonly Provider[]) {
  const clock = new ManualClock();
  const idp = new Provider();
  const http = reaching(idp, ...others);
  const [issuer] = parseAuthentication(`${head}jwt:\n- ${jwt.trim()}`).jwt;
  if (!issuer) throw new Error("no issuer");
  const all = new Metrics();
  const metrics = jwtMetrics(all, clock, "me");
  const check = jwtTokens(issuer, { http, clock, log: silent, metrics: metrics.of(issuer.url) });
  const sign = (claims: object, kid = "one", by = url): Promise<string> =>
    idp.sign({ sub: "jane", ...claims }, { kid, nowMs: clock.now(), by });
  return {
    issuer,
    clock,
    idp,
    http,
    sign,
    metrics,
    numbers: () => all.text(),
    userOf: async (token: string): Promise<User | undefined> => (await check(token, ["api"]))?.user,
  };
}
