/**
 * Calls the API server in the same process: no socket and no bytes, and the same pipeline behind
 * it: authentication, authorization, admission, validation.
 */
import type { ApiHandler, ApiResponse, User } from "#api/request.ts";
import type { HttpHeaders } from "#base/http.ts";
import type { Soon } from "#base/soon.ts";
import type { Connection } from "../client.ts";
import type { Transport } from "../transport.ts";
import { streamPair } from "./stream-pair.ts";

export function inProcess(handler: ApiHandler, user: User): Transport {
  const caller = { is: "component", user } as const;
  return {
    request: ({ kind: _kind, expects: _expects, ...request }) =>
      Promise.resolve(handler({ ...request, caller })),
    connect: ({ kind: _kind, expects: _expects, ...request }) =>
      connect((upgrade) => handler({ ...request, caller, upgrade })),
  };
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
