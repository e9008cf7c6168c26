/** A whole server with its real security, over a memory store: everything but sockets and kubelets. */
import { generateKeyPairSync } from "node:crypto";
import { type ApiError, errorOf } from "#api/errors.ts";
import type { ApiRequest, ApiResponse, Method, User } from "#api/request.ts";
import type { AnyKind } from "#api/kind.ts";
import type { HttpClient, HttpHeaders, TlsIdentity } from "#base/http.ts";
import type { Log } from "#base/log.ts";
import { seededRandom } from "#base/random.ts";
import type { ByteStream } from "#base/stream.ts";
import { memoryStore } from "#store/backends/memory.ts";
import type { Store } from "#store/store.ts";
import { defaultAdmission } from "../admission/profile.ts";
import type { WebhookClient } from "../admission/webhooks/client.ts";
import { openIdEndpoints } from "../authn/open-id-endpoints.ts";
import { createTokenIssuer, signingKeyOf } from "../authn/token-issuer.ts";
import type { FrontProxy } from "../authn/remote-user.ts";
import { createAuthenticator } from "../authn/union.ts";
import { type Chain, createAuthorizer } from "../authz/union.ts";
import { nodeRules } from "../bootstrap/node-rules.ts";
import type { ApiServer } from "../server.ts";
import type { ServiceUrl } from "../service-url.ts";
import { allKinds, bodyOf, type Loose, makeReady, quietServer, TestClock } from "../testing.ts";
import type { KubeletDialer } from "./kubelet-dialer.ts";

export const admin: User = { name: "admin", groups: ["system:masters"] };

export interface Call {
  readonly body?: object;
  readonly as?: User;
  readonly headers?: HttpHeaders;
  readonly token?: string;
  /** The connection that is handed over when the server accepts an upgrade. */
  readonly upgrade?: ByteStream;
}

export interface SecureServer {
  readonly server: ApiServer;
  readonly clock: TestClock;
  readonly issuer: string;
  readonly send: (method: Method, target: string, call?: Call) => Promise<ApiResponse>;
  /** The body of a successful answer; throws what a failed one says. */
  readonly ask: <T = Loose>(method: Method, target: string, call?: Call) => Promise<T>;
  /** What the server answered 101 with. */
  readonly accepted: HttpHeaders[];
}

export interface SecureServerOptions {
  readonly kubelets?: KubeletDialer;
  readonly http?: HttpClient;
  readonly log?: Log;
  readonly store?: Store;
  readonly webhooks?: WebhookClient;
  readonly serviceUrl?: ServiceUrl;
  readonly frontProxy?: () => TlsIdentity;
  /** Besides Kubernetes' own. */
  readonly kinds?: readonly AnyKind[];
  /** Who decides who may do what; node and roles unless said. */
  readonly chain?: () => Chain;
  /** Who may speak for others. */
  readonly believes?: FrontProxy;
}

const issuer = "https://kubernetes.default.svc.cluster.local";

export async function startSecureServer(options: SecureServerOptions = {}): Promise<SecureServer> {
  const clock = new TestClock();
  const random = seededRandom(1);
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const pem: string = privateKey.export({ type: "pkcs8", format: "pem" });
  const key = signingKeyOf(pem);
  const keys = () => [key];
  const late: { server?: ApiServer } = {};
  const reader = () => (late.server as ApiServer).registry.reader;
  const authorizer = createAuthorizer({ reader, nodeRules, chain: options.chain });
  const tokens = createTokenIssuer({ issuer, key: () => key, keys, clock, random });
  const server = quietServer({
    endpoints: openIdEndpoints(tokens),
    store: options.store ?? memoryStore(),
    kinds: [...allKinds, ...(options.kinds ?? [])],
    admission: defaultAdmission({ clock, random, authorizer }),
    ports: {
      clock,
      random,
      ...(options.log ? { log: options.log } : {}),
      ...(options.http ? { http: options.http } : {}),
      authenticator: createAuthenticator({
        clock,
        reader,
        audiences: [issuer],
        issuer,
        keys,
        ...(options.believes ? { frontProxy: options.believes } : {}),
      }),
      authorizer,
      tokens,
      ...(options.kubelets ? { kubelets: options.kubelets } : {}),
      ...(options.webhooks ? { webhooks: options.webhooks } : {}),
      ...(options.serviceUrl ? { serviceUrl: options.serviceUrl } : {}),
      ...(options.frontProxy ? { frontProxy: options.frontProxy } : {}),
    },
  });
  late.server = server;
  await makeReady(server, { clock, serves: [...server.kinds.all()].map(({ kind }) => kind) });
  const accepted: HttpHeaders[] = [];
  const send: SecureServer["send"] = async (method, target, call = {}) =>
    server.handle(requestOf(method, target, { ...call, accepted }));
  const ask: SecureServer["ask"] = async (method, target, call) => {
    const response = await send(method, target, call);
    const body = bodyOf(response);
    if (response.status >= 400) throw refusal(body);
    return body;
  };
  await ask("POST", "/api/v1/namespaces/default/serviceaccounts", {
    body: { metadata: { name: "default" } },
  });
  return { server, clock, issuer, send, ask, accepted };
}

const refusal = (status: Loose): ApiError => errorOf(status);

interface Asked extends Call {
  readonly accepted: HttpHeaders[];
}

function requestOf(method: Method, target: string, asked: Asked): ApiRequest {
  const [path = "", query = ""] = target.split("?");
  const { body, as = admin, headers = {}, token, upgrade, accepted } = asked;
  return {
    method,
    path,
    query: new URLSearchParams(query),
    headers: {
      "content-type": "application/json",
      "user-agent": "test/1.0",
      ...headers,
      ...(token ? { authorization: `Bearer ${token}` } : {}),
    },
    body: body ? { is: "bytes", bytes: Buffer.from(JSON.stringify(body)) } : { is: "none" },
    caller: token ? { is: "peer", peer: { address: "192.0.2.7" } } : { is: "component", user: as },
    signal: new AbortController().signal,
    ...(upgrade
      ? {
          upgrade: {
            accept: (answer: HttpHeaders) => {
              accepted.push(answer);
              return upgrade;
            },
          },
        }
      : {}),
  };
}
