import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import type { ApiRequest } from "#api/request.ts";
import type { ByteStream } from "#base/stream.ts";
import { connectionPair } from "#base/streaming/testing.ts";
import { acceptWebSocket, agreedProtocol } from "./websocket.ts";

function requestOf(stream: ByteStream, headers: Record<string, string> = {}): ApiRequest {
  return {
    method: "GET",
    path: "/",
    query: new URLSearchParams(),
    headers: {
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
      ...headers,
    },
    body: { is: "none" },
    caller: { is: "peer", peer: { address: "192.0.2.1" } },
    signal: new AbortController().signal,
    upgrade: {
      accept: (answer) => {
        accepted.push(answer);
        return stream;
      },
    },
  };
}
const accepted: object[] = [];

test("the handshake answers the key as RFC 6455 has it", () => {
  const [, accepting] = connectionPair();
  acceptWebSocket(requestOf(accepting), "");
  deepEqual(accepted.at(-1), {
    upgrade: "websocket",
    connection: "Upgrade",
    "sec-websocket-accept": "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
  });
  const [, far] = connectionPair();
  throws(() => acceptWebSocket(requestOf(far, { "sec-websocket-version": "8" }), ""), {
    reason: "BadRequest",
  });
});

test("the server's first choice among the client's protocols is taken", () => {
  const [, far] = connectionPair();
  const asks = (value: string): ApiRequest => requestOf(far, { "sec-websocket-protocol": value });
  equal(
    agreedProtocol(asks("v4.channel.k8s.io, v5.channel.k8s.io"), ["v5.channel.k8s.io"]),
    "v5.channel.k8s.io",
  );
  equal(agreedProtocol(asks("unknown"), ["v5.channel.k8s.io", ""]), undefined);
  equal(agreedProtocol(requestOf(far), ["v5.channel.k8s.io", ""]), "");
  equal(agreedProtocol(requestOf(far), ["v5.channel.k8s.io"]), undefined);
});
