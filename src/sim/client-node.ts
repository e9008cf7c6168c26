/**
 * npm's @kubernetes/client-node (2.x) on a cluster in the same process: its requests go to the API server
 * without a socket. The configuration stays the program's own, of its own version.
 *
 *   const config = cluster.kubeConfig(new KubeConfig());
 *   const core = config.makeApiClient(CoreV1Api);
 *
 * differs: exec, attach and port-forward open sockets of their own and do not get through
 */
import type { HttpHandler, HttpResponse } from "#base/http.ts";

/** As much as is needed of client-node's KubeConfig. */
export interface KubeConfigLike {
  loadFromOptions: (options: never) => void;
}

export interface Backing {
  readonly handler: HttpHandler;
  readonly user: string;
  /** Something passed between the program and the cluster. */
  readonly touch: () => void;
}

const name = "k8ts";
const server = "http://k8ts.simulated";

/** Makes the configuration point to the cluster, and gives it back. */
export function backKubeConfig<T extends KubeConfigLike>(config: T, backing: Backing): T {
  const load = config.loadFromOptions as (options: object) => void;
  load.call(config, {
    clusters: [{ name, server, skipTLSVerify: false }],
    users: [{ name: backing.user }],
    contexts: [{ name, cluster: name, user: backing.user, namespace: "default" }],
    currentContext: name,
  });
  const dispatcher = { dispatch: (call: Call, answer: Answer) => dispatch(backing, call, answer) };
  return Object.assign(config, { createDispatcher: () => dispatcher });
}

/** As undici asks a dispatcher. */
interface Call {
  readonly path: string;
  readonly method: string;
  readonly headers?: Readonly<Record<string, string>> | null;
  readonly body?: string | Uint8Array | AsyncIterable<Uint8Array> | null;
}

/** How undici wants to be answered. */
interface Answer {
  readonly onRequestStart: (controller: Controller, context: object) => void;
  readonly onResponseStarted?: () => void;
  readonly onResponseStart: (
    controller: Controller,
    status: number,
    ...rest: readonly [headers: object, statusText: string]
  ) => void;
  readonly onResponseData: (controller: Controller, chunk: Uint8Array) => void;
  readonly onResponseEnd: (controller: Controller, trailers: object) => void;
  readonly onResponseError: (controller: Controller, cause: unknown) => void;
}

class Controller {
  readonly #life = new AbortController();
  #resumed = Promise.resolve();
  #resume: () => void = () => undefined;
  /** Names and values in turn. */
  rawHeaders: readonly Buffer[] = [];

  get signal(): AbortSignal {
    return this.#life.signal;
  }

  get aborted(): boolean {
    return this.#life.signal.aborted;
  }

  get reason(): unknown {
    return this.#life.signal.reason;
  }

  get paused(): Promise<void> {
    return this.#resumed;
  }

  abort(reason: unknown): void {
    this.#life.abort(reason);
    this.#resume();
  }

  pause(): void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#resumed = promise;
    this.#resume = resolve;
  }

  resume(): void {
    this.#resume();
  }
}

function dispatch(backing: Backing, call: Call, answer: Answer): boolean {
  const controller = new Controller();
  answer.onRequestStart(controller, {});
  void respond(backing, { call, controller, answer });
  return true;
}

interface Exchange {
  readonly call: Call;
  readonly controller: Controller;
  readonly answer: Answer;
}

async function respond(
  { handler, touch }: Backing,
  { call, controller, answer }: Exchange,
): Promise<void> {
  try {
    const response = await handler(requestOf(call, controller.signal, touch));
    touch();
    controller.signal.throwIfAborted();
    if (!response) throw new Error("the server left HTTP although nobody asked");
    answer.onResponseStarted?.();
    const headers = Object.entries(response.headers).filter(([, value]) => value !== undefined);
    controller.rawHeaders = headers.flat().map((text) => Buffer.from(text ?? "", "latin1"));
    answer.onResponseStart(controller, response.status, Object.fromEntries(headers), "");
    for await (const chunk of chunksOf(response.body)) {
      touch();
      answer.onResponseData(controller, Buffer.from(chunk));
      await controller.paused;
      controller.signal.throwIfAborted();
    }
    answer.onResponseEnd(controller, {});
  } catch (cause) {
    answer.onResponseError(controller, controller.aborted ? controller.reason : cause);
  } finally {
    touch();
  }
}

function requestOf({ path, method, headers, body }: Call, signal: AbortSignal, touch: () => void) {
  touch();
  const parts = (): AsyncIterable<Uint8Array> => chunksOf(body ?? undefined);
  return {
    method,
    target: path,
    headers: Object.fromEntries(
      Object.entries(headers ?? {}).map(([key, value]) => [key.toLowerCase(), value]),
    ),
    peer: { address: "127.0.0.1" },
    signal,
    body: async () => Buffer.concat(await Array.fromAsync(parts())),
    bodyStream: parts,
  };
}

async function* chunksOf(
  body: HttpResponse["body"] | string | AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  if (body === undefined) return;
  if (typeof body === "string") yield Buffer.from(body);
  else if (body instanceof Uint8Array) yield body;
  else yield* body;
}
