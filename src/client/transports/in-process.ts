/**
 * Calls the API server in the same process: no socket and no bytes, and the same pipeline behind
 * it: authentication, authorization, admission, validation.
 */
import type { ApiHandler, ApiRequest, ApiResponse, Caller, User } from "#api/request.ts";
import type { HttpHeaders } from "#base/http.ts";
import type { Soon } from "#base/soon.ts";
import type { Connection } from "../client.ts";
import type { Transport, TransportRequest } from "../transport.ts";
import { streamPair } from "./stream-pair.ts";

export function inProcess(handler: ApiHandler, user: User): Transport {
  const caller = { is: "component", user } as const;
  return {
    request: (asked) => Promise.resolve(handler(new InProcessRequest(asked, caller))),
    connect: (asked) => connect((upgrade) => handler(new InProcessRequest(asked, caller, upgrade))),
  };
}

/** A class for the sake of its getter, as what was asked is one. */
class InProcessRequest implements ApiRequest {
  readonly method: ApiRequest["method"];
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: HttpHeaders;
  readonly body: ApiRequest["body"];
  readonly caller: Caller;
  readonly upgrade?: Upgrade;
  readonly #asked: TransportRequest;

  constructor(asked: TransportRequest, caller: Caller, upgrade?: Upgrade) {
    this.method = asked.method;
    this.path = asked.path;
    this.query = asked.query;
    this.headers = asked.headers;
    this.body = asked.body;
    this.caller = caller;
    if (upgrade) this.upgrade = upgrade;
    this.#asked = asked;
  }

  get signal(): AbortSignal {
    return this.#asked.signal;
  }
}

type Upgrade = { readonly accept: (headers: HttpHeaders) => ReturnType<typeof streamPair>[0] };

/** Resolves as soon as the server accepts, or with its refusal. */
async function connect(serve: (upgrade: Upgrade) => Soon<ApiResponse>): Promise<Connection> {
  const [ours, theirs] = streamPair();
  const accepted = Promise.withResolvers<Connection>();
  const accept = (headers: HttpHeaders): typeof theirs => {
    accepted.resolve({
      response: { status: 101, headers, body: { is: "upgraded" } },
      stream: ours,
    });
    return theirs;
  };
  const served = Promise.resolve(serve({ accept })).then((response): Connection => ({ response }));
  return Promise.race([accepted.promise, served]);
}
