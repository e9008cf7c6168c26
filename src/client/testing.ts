/** A real API server for tests of clients, to be reached in the same process or through HTTP's port. */
import * as catalog from "#api/catalog.ts";
import type { AnyKind } from "#api/kind.ts";
import type { User } from "#api/request.ts";
import { type ApiServer, createApiServer } from "#apiserver/server.ts";
import type { HttpCall, HttpClient, HttpHandler, HttpResponse } from "#base/http.ts";
import { answerOf } from "#base/http-answer.ts";
import { silent } from "#base/log.ts";
import { seededRandom } from "#base/random.ts";
import { VirtualClock } from "#sim/clock.ts";
import { memoryStore, type MemoryStoreOptions } from "#store/backends/memory.ts";

export interface TestApi extends ApiServer {
  readonly clock: VirtualClock;
  /** Calls the server's HTTP handler: everything but the socket. */
  readonly wire: HttpClient;
}

export const admin: User = { name: "admin", groups: ["system:masters"] };

/** What `wire` has to send to be the administrator. */
export const adminToken = "open-sesame";

const unused = (): never => {
  throw new Error("not part of this test");
};

export interface TestApiOptions {
  readonly history?: MemoryStoreOptions["history"];
}

export async function startTestApi({ history }: TestApiOptions = {}): Promise<TestApi> {
  const clock = new VirtualClock();
  const server = createApiServer({
    store: memoryStore(history ? { history } : {}),
    kinds: Object.values(catalog as Record<string, AnyKind>),
    admission: [],
    subresources: [],
    virtuals: [],
    isFreezing: true,
    ports: {
      clock,
      random: seededRandom(1),
      log: silent,
      http: { call: unused, upgrade: unused },
      authenticator: {
        authenticate: async ({ caller, headers }) => {
          if (caller.is === "component") return caller.user;
          return headers["authorization"] === `Bearer ${adminToken}` ? admin : undefined;
        },
        review: unused,
      },
      authorizer: { authorize: () => ({ allowed: true, reason: "" }), rulesFor: unused },
      tokens: { issue: unused, jwks: unused, issuer: "" },
      kubelets: { call: unused, upgrade: unused },
    },
  });
  await server.ready();
  return { ...server, clock, wire: loopback(server.http) };
}

/** A client whose every call ends in this handler. */
export const loopback = (handler: HttpHandler): HttpClient => ({
  call: async (call) => answerOf(await handled(handler, call)),
  upgrade: async (call) => ({ answer: answerOf(await handled(handler, call)) }),
});

async function handled(handler: HttpHandler, call: HttpCall): Promise<HttpResponse> {
  const { pathname, search } = new URL(call.url);
  const response = await handler({
    method: call.method,
    target: `${pathname}${search}`,
    headers: call.headers ?? {},
    peer: { address: "127.0.0.1" },
    signal: call.signal ?? new AbortController().signal,
    body: async () => (call.body instanceof Uint8Array ? call.body : new Uint8Array()),
    bodyStream: unused,
  });
  return response ?? unused();
}
