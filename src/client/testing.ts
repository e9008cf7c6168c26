/** A real API server for tests of clients, to be reached in the same process or through HTTP's port. */
import type { User } from "#api/request.ts";
import type { ApiServer } from "#apiserver/server.ts";
import { believing, quietServer, unused } from "#apiserver/testing.ts";
import type { HttpCall, HttpClient, HttpHandler, HttpResponse } from "#base/http.ts";
import { answerOf } from "#base/http-answer.ts";
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

export interface TestApiOptions {
  readonly history?: MemoryStoreOptions["history"];
}

export async function startTestApi({ history }: TestApiOptions = {}): Promise<TestApi> {
  const clock = new VirtualClock();
  const server = quietServer({
    store: memoryStore(history ? { history } : {}),
    subresources: [],
    virtuals: [],
    ports: { clock, authenticator: believing(adminToken, admin) },
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
