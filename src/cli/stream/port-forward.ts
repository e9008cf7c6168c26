/**
 * Local ports that lead into a pod: every connection is a pair of SPDY streams, all of them in one
 * WebSocket to the API server.
 * upstream: staging/src/k8s.io/client-go/tools/portforward/portforward.go
 */
import type { Pod } from "#api/core/pod.ts";
import { canonicalIp, hostPort } from "#base/ip.ts";
import { aborted } from "#base/signal.ts";
import type { ByteStream } from "#base/stream.ts";
import { spdyConnection, type SpdyConnection, type SpdyStream } from "#base/streaming/spdy.ts";
import { tunnelOf } from "#base/streaming/websocket-tunnel.ts";
import type { Listen, Listener } from "#base/tcp.ts";
import type { Shell } from "../command.ts";
import type { Session } from "../session.ts";
import { bindProblem } from "./bind-problem.ts";
import { dialling, podPath } from "./exec.ts";
import type { ForwardedPort } from "./ports.ts";
import { settled } from "./settled.ts";
import { dialWebSocket } from "./web-socket.ts";

/** SPDY in a WebSocket; what is spoken in its streams. */
const protocols = ["SPDY/3.1+portforward.k8s.io"];

export interface Forwarding {
  /** `localhost`, or addresses. */
  readonly addresses: readonly string[];
  readonly ports: readonly ForwardedPort[];
}

/** Until the user has enough. Throws when the pod is lost. */
export async function forwardPorts(
  session: Session,
  pod: Pod,
  { addresses, ports }: Forwarding,
): Promise<void> {
  const { shell } = session;
  const wanted = parseAddresses(addresses);
  const connection = await connect(session, pod);
  await using listeners = new AsyncDisposableStack();
  try {
    const forwarder = new Forwarder(shell, connection);
    await forwarder.listenAll(ports, wanted, listeners);
    const stopped = aborted(shell.signal).then(() => false);
    const isLost = await Promise.race([connection.closed.then(() => true), stopped]);
    if (isLost) throw new Error("lost connection to pod"); // exact: kubectl
  } finally {
    connection.destroy();
  }
}

async function connect(session: Session, pod: Pod): Promise<SpdyConnection> {
  const to = { path: podPath(pod, "portforward"), query: new URLSearchParams(), protocols };
  try {
    const { socket } = await dialWebSocket(dialling(session), to);
    return spdyConnection(tunnelOf(socket), { side: "client" });
  } catch (cause) {
    throw new Error(`error upgrading connection: ${(cause as Error).message}`, { cause }); // exact: kubectl
  }
}

interface Address {
  readonly host: string;
  /** One of those that stand for `localhost`: some of them are enough. */
  readonly isOptional: boolean;
}

/** exact: kubectl, the message */
export function parseAddresses(texts: readonly string[]): readonly Address[] {
  const found = new Map<string, Address>();
  for (const text of texts) {
    const hosts = text === "localhost" ? ["127.0.0.1", "::1"] : [text];
    for (const host of hosts) {
      if (canonicalIp(host) === undefined) throw new Error(`${host} is not a valid IP`);
      const isOptional = text === "localhost";
      if (!isOptional || !found.has(host)) found.set(host, { host, isOptional });
    }
  }
  return [...found.values()].sort((a, b) => (a.host < b.host ? -1 : 1));
}

class Forwarder {
  readonly #shell: Shell;
  readonly #connection: SpdyConnection;
  readonly #listen: Listen;
  #requests = 0;

  constructor(shell: Shell, connection: SpdyConnection) {
    if (!shell.listen) throw new Error("there is no network to listen on here");
    this.#shell = shell;
    this.#connection = connection;
    this.#listen = shell.listen;
  }

  // exact: kubectl, the messages
  async listenAll(
    ports: readonly ForwardedPort[],
    addresses: readonly Address[],
    listeners: AsyncDisposableStack,
  ): Promise<void> {
    let isListening = false;
    for (const port of ports) {
      const problem = await this.#listenOn(port, addresses, listeners);
      if (problem === undefined) isListening = true;
      else this.#shell.errors.write(`Unable to listen on port ${port.local}: ${problem}\n`);
    }
    if (isListening) return;
    const all = ports.map(({ local, remote }) => `{${local} ${remote}}`).join(" ");
    throw new Error(`unable to listen on any of the requested ports: [${all}]`);
  }

  /** What went wrong, if so much did that the port is of no use. */
  async #listenOn(
    wanted: ForwardedPort,
    addresses: readonly Address[],
    listeners: AsyncDisposableStack,
  ): Promise<string | undefined> {
    const { remote } = wanted;
    const failures: { readonly isOptional: boolean; readonly text: string }[] = [];
    // A free port that was found for one address is meant for the others too.
    let { local } = wanted;
    for (const { host, isOptional } of addresses) {
      try {
        const listener = await this.#listenAt(host, { local, remote });
        listeners.use(listener);
        local = listener.port;
        this.#shell.output.write(`Forwarding from ${hostPort(host, local)} -> ${remote}\n`);
      } catch (cause) {
        failures.push({ isOptional, text: listenProblem(host, local, cause) });
      }
    }
    const optional = addresses.filter((address) => address.isOptional).length;
    const failedOptional = failures.filter((failure) => failure.isOptional).length;
    const isUseless =
      failures.length > failedOptional || (optional > 0 && failedOptional === optional);
    const said = failures.map(({ text }) => text).join(" ");
    return isUseless
      ? `Listeners failed to create with the following errors: [${said}]`
      : undefined;
  }

  async #listenAt(address: string, { local, remote }: ForwardedPort): Promise<Listener> {
    // A connection may be there before the port's number is.
    const accept = async (stream: ByteStream): Promise<void> => {
      const { port } = await opening;
      await this.#handle(stream, { local: port, remote });
    };
    const opening: Promise<Listener> = this.#listen({
      address,
      port: local,
      connected: (stream) => void accept(stream),
    });
    return opening;
  }

  /** Never fails: a connection that does not work out is told of. */
  async #handle(local: ByteStream, port: ForwardedPort): Promise<void> {
    const { output, errors } = this.#shell;
    output.write(`Handling connection for ${port.local}\n`); // exact: kubectl
    try {
      const said = await this.#joined(local, port);
      if (said === "") return;
      const what = `${port.local} -> ${port.remote}`;
      errors.write(`error: an error occurred forwarding ${what}: ${said}\n`);
      // exact: kubectl, which has the user start again.
      this.#connection.destroy();
    } catch (cause) {
      errors.write(`error: error creating forwarding stream: ${(cause as Error).message}\n`);
    } finally {
      local.destroy();
    }
  }

  /** What the other side says went wrong; empty when nothing did. */
  async #joined(local: ByteStream, port: ForwardedPort): Promise<string> {
    const headers = { port: String(port.remote), requestid: String(this.#requests++) };
    const error = await this.#connection.open({ streamtype: "error", ...headers });
    await error.end();
    const problem = settled(textOf(error.incoming));
    const data = await this.#connection.open({ streamtype: "data", ...headers });
    const sending = settled(send(local, data));
    // Whichever way breaks, the other one ends with it: that is how connections end.
    await settled(receive(data, local));
    await settled(data.reset());
    const said = await problem;
    // When the whole line broke, whoever waits for it says so.
    if (said.status === "rejected") return "";
    if (said.value === "") await sending;
    return said.value;
  }
}

async function send(local: ByteStream, data: SpdyStream): Promise<void> {
  try {
    for await (const chunk of local.incoming) await data.write(chunk);
    await data.end();
  } catch (cause) {
    await settled(data.reset());
    throw cause;
  }
}

async function receive(data: SpdyStream, local: ByteStream): Promise<void> {
  for await (const chunk of data.incoming) await local.write(chunk);
  local.end();
}

async function textOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  return Buffer.concat(await Array.fromAsync(chunks)).toString();
}

function listenProblem(host: string, port: number, cause: unknown): string {
  const network = host.includes(":") ? "tcp6" : "tcp4";
  return `unable to create listener: Error listen ${network} ${hostPort(host, port)}: ${bindProblem(cause)}`;
}
