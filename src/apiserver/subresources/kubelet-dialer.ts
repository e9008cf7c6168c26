import type { Node } from "#api/core/node.ts";
import type { HttpAnswer, HttpCall } from "#base/http.ts";
import type { ByteStream } from "#base/stream.ts";

/** Reaches the kubelet of a node: over HTTPS with the server's client certificate, or in-process. */
export interface KubeletDialer {
  /** `path` such as `/containerLogs/default/web/app?follow=true`. */
  readonly call: (node: Node, path: string, call?: Partial<HttpCall>) => Promise<HttpAnswer>;
  /** Asks the kubelet to leave HTTP; without a stream it refused, and `answer` says why. */
  readonly upgrade: (
    node: Node,
    path: string,
    call?: Partial<HttpCall>,
  ) => Promise<{ readonly answer: HttpAnswer; readonly stream?: ByteStream }>;
}
