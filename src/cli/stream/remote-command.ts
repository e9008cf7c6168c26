/**
 * exec and attach, from the caller's side: the streams of a command in a container, as numbered
 * channels in the messages of a WebSocket. Version 5 can end its input, version 4 cannot.
 * upstream: staging/src/k8s.io/client-go/tools/remotecommand
 */
import type { Status } from "#api/meta/status.ts";
import { whenAborted } from "#base/signal.ts";
import type { WebSocket } from "#base/streaming/websocket.ts";
import type { Output } from "../command.ts";
import { ProgramFailed } from "../explain.ts";
import { settled } from "./settled.ts";
import { type Dialling, dialWebSocket } from "./web-socket.ts";

export interface RemoteCommand {
  /** Of the subresource: `/api/v1/namespaces/default/pods/web/exec`. */
  readonly path: string;
  readonly container: string;
  /** For exec. */
  readonly command?: readonly string[];
  readonly stdin?: AsyncIterable<Uint8Array> | undefined;
  readonly stdout: Sink;
  /** Absent in a terminal, which has one output. */
  readonly stderr?: Sink;
  /** The terminal that the command runs in. */
  readonly screen?: Screen | undefined;
}

/** Whoever is slow makes the command wait by a promise. */
type Sink = (chunk: Uint8Array) => void | Promise<void>;

export interface Screen extends Pick<Output, "size" | "onResize"> {
  /** Begins with a size that is wrong, so that what runs there draws itself anew. */
  readonly redraws?: boolean;
}

const protocols = ["v5.channel.k8s.io", "v4.channel.k8s.io"];
const channels = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;

/** Runs to its end. Throws `ProgramFailed` with its exit code, or why there is none. */
export async function runRemoteCommand(dialling: Dialling, command: RemoteCommand): Promise<void> {
  const query = queryOf(command);
  const { socket, stream } = await dialWebSocket(dialling, {
    path: command.path,
    query,
    protocols,
  });
  const { signal } = dialling;
  using _ending = whenAborted(signal, stream.destroy);
  using _sizes = sendSizes(socket, command.screen);
  using input = new Input(socket, command.stdin);
  input.start(stream.destroy);
  try {
    judge(await hear(socket, command), socket);
  } catch (cause) {
    throw input.problem ?? cause;
  } finally {
    stream.destroy();
  }
}

function queryOf(command: RemoteCommand): URLSearchParams {
  const { container, stdin, stderr, screen, command: words = [] } = command;
  const query = new URLSearchParams(words.map((word) => ["command", word]));
  query.set("container", container);
  const flags = { stdin: !!stdin, stdout: true, stderr: !!stderr, tty: !!screen };
  for (const [name, isSet] of Object.entries(flags)) if (isSet) query.set(name, "true");
  return query;
}

/** What goes to the command. Nobody waits for it: a command may end without reading it all. */
class Input implements Disposable {
  readonly #socket: WebSocket;
  readonly #chunks: AsyncIterator<Uint8Array> | undefined;
  /** The input itself could not be read. */
  problem: Error | undefined;

  constructor(socket: WebSocket, stdin: AsyncIterable<Uint8Array> | undefined) {
    this.#socket = socket;
    this.#chunks = stdin?.[Symbol.asyncIterator]();
  }

  start(abandon: () => void): void {
    void this.#pass().catch((cause: unknown) => {
      this.problem = cause instanceof Error ? cause : new Error(String(cause));
      abandon();
    });
  }

  async #pass(): Promise<void> {
    const chunks = this.#chunks;
    if (!chunks) return;
    for (let next = await chunks.next(); !next.done; next = await chunks.next())
      if (!(await this.#send(channels.stdin, next.value))) return;
    const isHeard = this.#socket.protocol === protocols[0];
    if (isHeard) await this.#send(channels.close, Uint8Array.of(channels.stdin));
  }

  /** False when the connection is gone: whoever listens to it hears why. */
  async #send(channel: number, chunk: Uint8Array): Promise<boolean> {
    const sent = await settled(this.#socket.send(Uint8Array.of(channel), chunk));
    return sent.status === "fulfilled";
  }

  [Symbol.dispose](): void {
    // A terminal answers only with the next key: that is not waited for.
    const ending = this.#chunks?.return?.();
    if (ending) void settled(ending);
  }
}

function sendSizes(socket: WebSocket, screen: Screen | undefined): Disposable {
  if (!screen) return { [Symbol.dispose]: () => {} };
  const send = async (growth: number): Promise<void> => {
    const size = screen.size();
    if (!size) return;
    const text = JSON.stringify({ Width: size.columns + growth, Height: size.rows + growth });
    const frame = socket.send(Uint8Array.of(channels.resize), Buffer.from(`${text}\n`));
    // A connection that is gone is noticed by whoever listens to it.
    await settled(frame);
  };
  if (screen.redraws) void send(1);
  void send(0);
  return screen.onResize(() => void send(0));
}

/** Everything the command says; the text of its status at the end. */
async function hear(socket: WebSocket, { stdout, stderr }: RemoteCommand): Promise<string> {
  const status: Buffer[] = [];
  for await (const { data } of socket.messages) {
    const chunk = data.subarray(1);
    if (chunk.length === 0) continue;
    if (data[0] === channels.stdout) await stdout(chunk);
    else if (data[0] === channels.stderr) await stderr?.(chunk);
    else if (data[0] === channels.error) status.push(chunk);
  }
  return Buffer.concat(status).toString();
}

// exact: kubectl, the messages
function judge(text: string, socket: WebSocket): void {
  if (text === "") {
    if (socket.goodbye()) return;
    throw new Error(
      "error reading from error stream: next reader: websocket: close 1006 (abnormal closure): unexpected EOF",
    );
  }
  const { status, reason, message = "", details } = parseStatus(text);
  if (status === "Success") return;
  if (status !== "Failure") throw new Error(`error stream protocol error: unknown error`);
  if (reason !== "NonZeroExitCode") throw new Error(message);
  const code = details?.causes?.find((cause) => cause.reason === "ExitCode")?.message;
  if (code === undefined) throw new Error("error stream protocol error: no ExitCode cause given");
  throw new ProgramFailed(`command terminated with exit code ${code}`, Number(code));
}

function parseStatus(text: string): Partial<Status> {
  try {
    return JSON.parse(text) as Partial<Status>;
  } catch (cause) {
    throw new Error(
      `error stream protocol error: ${(cause as Error).message} in ${JSON.stringify(text)}`,
      { cause },
    );
  }
}
