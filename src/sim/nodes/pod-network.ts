/**
 * The network of simulated pods: knows who has which address, and answers probes and hooks for
 * whoever listens there. Nothing else can be reached in it.
 */
import type { HttpClient } from "#base/http.ts";
import type { Connect } from "#base/tcp.ts";
import type { GrpcHealth } from "#kubelet/ports.ts";

/** Says whether a container behind an address listens on the port, and is well. */
export type Listener = (port: number) => "well" | "unwell" | undefined;

export class PodNetwork {
  readonly #listeners = new Map<string, Set<Listener>>();

  /** Several may share an address: that of their node. */
  join(address: string, listener: Listener): Disposable {
    const there = this.#listeners.get(address) ?? new Set();
    this.#listeners.set(address, there.add(listener));
    return {
      [Symbol.dispose]: () => {
        there.delete(listener);
        if (there.size === 0) this.#listeners.delete(address);
      },
    };
  }

  readonly http: HttpClient = {
    call: async ({ url }) => {
      const { hostname, port, protocol } = new URL(url);
      const number = Number(port || (protocol === "https:" ? 443 : 80));
      const isWell = this.#ask(hostname, number);
      return { status: isWell ? 200 : 503, headers: {}, body: noBody() };
    },
    upgrade: async ({ url }) => {
      throw new Error(`${url}: simulated containers have no terminals`);
    },
  };

  readonly connect: Connect = async (address) => {
    if ("path" in address) throw refusedAt(address.path);
    if (!this.#ask(address.host, address.port)) throw refusedAt(address.host);
    return closedStream;
  };

  readonly grpcHealth: GrpcHealth = async ({ host, port }) =>
    this.#ask(host, port) ? "SERVING" : "NOT_SERVING";

  #ask(host: string, port: number): boolean {
    for (const listener of this.#listeners.get(host.replace(/^\[|\]$/g, "")) ?? []) {
      const answer = listener(port);
      if (answer) return answer === "well";
    }
    throw refusedAt(host);
  }
}

const refusedAt = (host: string): Error =>
  Object.assign(new Error(`connect ECONNREFUSED ${host}`), { code: "ECONNREFUSED" });

async function* noBody(): AsyncGenerator<Uint8Array> {
  // Whoever asks looks at the status only.
}

const closedStream: Awaited<ReturnType<Connect>> = {
  incoming: noBody(),
  write: async () => Promise.reject(new Error("nobody reads")),
  end: () => undefined,
  destroy: () => undefined,
  closed: Promise.resolve(),
};
