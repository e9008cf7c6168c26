/**
 * The one way from the components of a simulated cluster to its API server: here requests can be
 * delayed, refused or lost on the way, answers changed, and a component that crashed cut off.
 */
import type { ApiHandler, ApiRequest, ApiResponse, User, WatchBatch } from "#api/request.ts";
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

/** What may happen to what a watch tells: later, in parts, not at all. To throw ends the watch. */
export type StreamRule = (call: Call, batch: WatchBatch) => Promise<readonly WatchBatch[]>;

const unknownUser: User = { name: "", groups: [] };

/** Member by member: a request from outside is no plain object. */
function actingAs(user: User, request: ApiRequest): ApiRequest {
  const { method, path, query, headers, body, signal, upgrade } = request;
  const { authorization: _shown, ...others } = headers;
  const caller = { is: "component", user } as const;
  const asked = { method, path, query, headers: others, body, signal, caller };
  return upgrade ? { ...asked, upgrade } : asked;
}

export type Tap = (call: Call, response: ApiResponse) => void;

export class Gateway {
  readonly #server: () => ApiHandler;
  readonly #interferences = new Set<Interference>();
  readonly #taps = new Set<Tap>();
  readonly #streamRules = new Set<StreamRule>();
  /** One for each component, until it is cut. */
  readonly #lines = new Map<string, Line>();

  constructor(server: () => ApiHandler) {
    this.#server = server;
  }

  /** For whoever speaks HTTP: acts as this user, or, without one, as whoever he shows to be. */
  readonly handlerFor = (component: string, user?: User): ApiHandler => {
    const handle = this.#handlerOn(this.#lineOf(component), component, user ?? unknownUser);
    if (!user) return handle;
    return (request) => handle(actingAs(user, request));
  };

  readonly clientFor = ({ component, user, fieldManager, gate }: Caller): Client => {
    const line = this.#lineOf(component);
    const transport = inProcess(this.#handlerOn(line, component, user), user);
    return createClient(gate ? gated(transport, gate) : transport, { fieldManager });
  };

  /** The last one added is asked first. */
  add(interference: Interference): Disposable {
    this.#interferences.add(interference);
    return { [Symbol.dispose]: () => void this.#interferences.delete(interference) };
  }

  /** Told of every answer of the server, also of one that does not arrive. */
  addTap(tap: Tap): Disposable {
    this.#taps.add(tap);
    return { [Symbol.dispose]: () => void this.#taps.delete(tap) };
  }

  /** Also for watches that are open already. */
  addStreamRule(rule: StreamRule): Disposable {
    this.#streamRules.add(rule);
    return { [Symbol.dispose]: () => void this.#streamRules.delete(rule) };
  }

  /** Whatever is under way ends with this failure, watches as well. */
  interrupt(concerns: (call: Call) => boolean, cause: Error): void {
    for (const line of this.#lines.values()) line.interrupt(concerns, cause);
  }

  /** Whoever got a client for the component so far hears nothing any more. */
  cut(component: string): void {
    this.#lines.get(component)?.cut(unreachable(`${component} crashed`));
    this.#lines.delete(component);
  }

  #lineOf(component: string): Line {
    const line = this.#lines.get(component) ?? new Line();
    this.#lines.set(component, line);
    return line;
  }

  #handlerOn(line: Line, component: string, user: User): ApiHandler {
    return (request) => this.#pass({ component, user, request }, line);
  }

  async #pass(call: Call, line: Line): Promise<ApiResponse> {
    let serve: Serve = async () => {
      const response = await this.#server()(call.request);
      for (const tap of this.#taps) tap(call, response);
      return response;
    };
    for (const interfere of this.#interferences) {
      const next = serve;
      serve = () => interfere(call, next);
    }
    const response = await line.hear(call, serve);
    const { body } = response;
    if (body.is !== "watch") return response;
    const events = this.#stream({ call, line }, body.events);
    return { ...response, body: { ...body, events } };
  }

  async *#stream(
    { call, line }: { readonly call: Call; readonly line: Line },
    events: AsyncIterable<WatchBatch>,
  ): AsyncGenerator<WatchBatch> {
    const iterator = events[Symbol.asyncIterator]();
    try {
      while (true) {
        const next = await line.hear(call, () => iterator.next());
        if (next.done) return;
        if (this.#streamRules.size > 0)
          yield* await line.hear(call, () => this.#ruled(call, next.value));
        else {
          line.check();
          yield next.value;
        }
      }
    } finally {
      // Not waited for: one that still waits for its next event ends with its own signal.
      void iterator.return?.();
    }
  }

  async #ruled(call: Call, batch: WatchBatch): Promise<readonly WatchBatch[]> {
    let batches: readonly WatchBatch[] = [batch];
    for (const rule of this.#streamRules) {
      const told: WatchBatch[] = [];
      for (const each of batches) told.push(...(await rule(call, each)));
      batches = told;
    }
    return batches;
  }
}

interface Hearing {
  readonly call: Call;
  readonly stop: (cause: Error) => void;
  /** Among those that wait. */
  place: number;
}

/** What a component hears through: nothing, once it is cut. */
class Line {
  /** A list, for they come and go: a map would be laid out anew with every few of them. */
  readonly #waiting: Hearing[] = [];
  #cause: Error | undefined;

  cut(cause: Error): void {
    this.#cause = cause;
    this.interrupt(() => true, cause);
  }

  interrupt(concerns: (call: Call) => boolean, cause: Error): void {
    for (const { call, stop } of this.#waiting) if (concerns(call)) stop(cause);
  }

  /** What was asked is done or not; whoever is cut off never hears of it. */
  hear<T>(call: Call, work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#cause) return reject(this.#cause);
      const hearing = { call, stop: reject, place: this.#waiting.length };
      this.#waiting.push(hearing);
      const over =
        <V>(tell: (value: V) => void) =>
        (value: V): void => {
          this.#leave(hearing);
          tell(value);
        };
      work().then(over(resolve), over(reject));
    });
  }

  /** The last one takes the place. */
  #leave({ place }: Hearing): void {
    const last = this.#waiting.pop();
    if (!last || last.place === place) return;
    last.place = place;
    this.#waiting[place] = last;
  }

  /** Throws when it is cut. */
  check(): void {
    if (this.#cause) throw this.#cause;
  }
}
