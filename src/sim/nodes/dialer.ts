/** Reaches the kubelets of simulated nodes, in the same process; all others as whoever asks says. */
import type { HttpAnswer, HttpCall, HttpHandler, HttpRequest } from "#base/http.ts";
import { answerOf, chunksOf } from "#base/http-answer.ts";
import type { KubeletDialer } from "#apiserver/subresources/kubelet-dialer.ts";

/** As the API server's client certificate says it. */
const apiServer = {
  commonName: "kube-apiserver-kubelet-client",
  organizations: ["system:masters"],
};

export interface DialerOptions {
  /** Undefined for a node that is none of ours. */
  readonly find: (nodeName: string) => { readonly http: HttpHandler | undefined } | undefined;
  /** For real nodes beside the simulated ones. */
  readonly others?: KubeletDialer;
}

export function simulatedDialer({ find, others }: DialerOptions): KubeletDialer {
  /** Throws when the node is switched off. */
  const handlerOf = (name: string): HttpHandler => {
    const handler = find(name)?.http;
    if (!handler)
      throw Object.assign(new Error(`node ${name} does not answer`), { code: "ECONNREFUSED" });
    return handler;
  };
  return {
    call: async (node, path, call = {}) => {
      const name = node.metadata.name ?? "";
      if (others && !find(name)) return others.call(node, path, call);
      const response = await handlerOf(name)(requestOf(path, call));
      if (!response) throw new Error("a kubelet left HTTP although nobody asked");
      return answerOf(response);
    },
    upgrade: async (node, path, call = {}) => {
      const name = node.metadata.name ?? "";
      if (others && !find(name)) return others.upgrade(node, path, call);
      handlerOf(name);
      return { answer: refusal() };
    },
  };
}

/** With a status whose text the API server passes on. */
const refusal = (): HttpAnswer => ({
  status: 400,
  headers: { "content-type": "text/plain" },
  body: chunksOf(Buffer.from("simulated containers have no programs to talk to")),
});

function requestOf(path: string, call: Partial<HttpCall>): HttpRequest {
  const { method = "GET", headers = {}, body, signal = new AbortController().signal } = call;
  const certificate = { ...apiServer, raw: new Uint8Array(), notAfterMs: Infinity };
  return {
    method,
    target: path,
    headers,
    peer: { address: "127.0.0.1", certificate },
    signal,
    body: async () => Buffer.concat(await Array.fromAsync(chunksOf(body))),
    bodyStream: () => chunksOf(body),
  };
}
