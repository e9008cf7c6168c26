/**
 * The one way from the components of a simulated cluster to its API server: here requests can be
 * delayed, refused or lost on the way, answers changed, and a component that crashed cut off.
 */
import type { ApiHandler, ApiRequest, ApiResponse, User } from "#api/request.ts";
import type { Gate } from "#base/gate.ts";
import type { Client } from "#client/client.ts";
import { gated } from "#client/transports/gated.ts";
import { inProcess } from "#client/transports/in-process.ts";
import { createClient } from "#client/typed.ts";

/** A request, and whose it is. */
export interface Call {
  /** `kube-scheduler`, `kubelet/node-1`; `client` for whoever tests. */
  readonly component: string;
  readonly user: User;
  readonly request: ApiRequest;
}

type Serve = () => Promise<ApiResponse>;

/** What may happen on the way: `serve` sends it on. Throws where there is no answer. */
export type Interference = (call: Call, serve: Serve) => Promise<ApiResponse>;

export interface Caller {
  readonly component: string;
  readonly user: User;
  readonly fieldManager: string;
  /** Bounds how many writes are under way. */
  readonly gate?: Gate | undefined;
}

export const isWatch = ({ request }: Call): boolean =>
  request.method === "GET" && request.query.has("watch");

/** As a client sees a server that does not answer. */
export const unreachable = (why: string): Error =>
  Object.assign(new Error(`the API server cannot be reached: ${why}`), { code: "ECONNREFUSED" });

export class Gateway {
  readonly #server: () => ApiHandler;
  readonly #interferences = new Set<Interference>();
  /** One for each component, until it is cut. */
  readonly #lines = new Map<string, Line>();

  constructor(server: () => ApiHandler) {
    this.#server = server;
  }

  readonly clientFor = ({ component, user, fieldManager, gate }: Caller): Client => {
    const line = this.#lines.get(component) ?? new Line();
    this.#lines.set(component, line);
    const handle: ApiHandler = (request) => this.#pass({ component, user, request }, line);
    const transport = inProcess(handle, user);
    return createClient(gate ? gated(transport, gate) : transport, { fieldManager });
  };

  /** The last one added is asked first. */
  add(interference: Interference): Disposable {
    this.#interferences.add(interference);
    return { [Symbol.dispose]: () => void this.#interferences.delete(interference) };
  }

  /** Whoever got a client for the component so far hears nothing any more. */
  cut(component: string): void {
    this.#lines.get(component)?.cut(unreachable(`${component} crashed`));
    this.#lines.delete(component);
  }

  async #pass(call: Call, line: Line): Promise<ApiResponse> {
    let serve: Serve = () => this.#server()(call.request);
    for (const interfere of this.#interferences) {
      const next = serve;
      serve = () => interfere(call, next);
    }
    const response = await line.hear(serve);
    const { body } = response;
    if (body.is !== "watch") return response;
    return { ...response, body: { ...body, events: whileHeard(body.events, line) } };
  }
}

/** What a component hears through: nothing, once it is cut. */
class Line {
  readonly #waiting = new Set<(cause: Error) => void>();
  #cause: Error | undefined;

  cut(cause: Error): void {
    this.#cause = cause;
    for (const stop of this.#waiting) stop(cause);
  }

  /** What was asked is done or not; whoever is cut off never hears of it. */
  async hear<T>(work: () => Promise<T>): Promise<T> {
    if (this.#cause) throw this.#cause;
    const cut = Promise.withResolvers<never>();
    this.#waiting.add(cut.reject);
    try {
      return await Promise.race([work(), cut.promise]);
    } finally {
      this.#waiting.delete(cut.reject);
    }
  }
}

async function* whileHeard<T>(events: AsyncIterable<T>, line: Line): AsyncGenerator<T> {
  const iterator = events[Symbol.asyncIterator]();
  try {
    while (true) {
      const next = await line.hear(() => iterator.next());
      if (next.done) return;
      yield next.value;
    }
  } finally {
    // Not waited for: one that still waits for its next event ends with its own signal.
    void iterator.return?.();
  }
}
