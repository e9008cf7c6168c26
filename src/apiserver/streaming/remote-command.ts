/**
 * exec and attach for WebSocket clients: their channels, translated to the SPDY streams that a
 * kubelet speaks. upstream: staging/src/k8s.io/apiserver/pkg/util/proxy/{streamtranslator,websocket}.go
 */
import { ApiError, statusOf } from "#api/errors.ts";
import { type ChannelProtocol, type Channels, closeChannel } from "./channels.ts";
import type { SpdyConnection, SpdyStream } from "#base/streaming/spdy.ts";

export interface CommandStreams {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

const numbers = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4 } as const;

/** The streams at the kubelet; absent where not asked for. */
interface Remote {
  readonly error: SpdyStream;
  readonly stdin: SpdyStream | undefined;
  readonly stdout: SpdyStream | undefined;
  readonly stderr: SpdyStream | undefined;
  readonly resize: SpdyStream | undefined;
}

/** A Status is some hundred bytes; nobody may make us keep more. */
const statusBytesMax = 64 * 1024;

/** Resolves when the command is over and the client has gone. Closes both sides. */
export async function serveRemoteCommand(
  client: Channels & { readonly protocol: ChannelProtocol },
  kubelet: SpdyConnection,
  asked: CommandStreams,
): Promise<void> {
  try {
    const remote = await openStreams(kubelet, asked);
    // Tells the client that the connection stands.
    await client.send(firstOutput(asked), new Uint8Array(0));
    // Whichever side goes first ends the other. What fails then fails for want of a client.
    await Promise.allSettled([
      hear(client, remote).finally(kubelet.destroy),
      speak(client, remote).finally(kubelet.destroy),
    ]);
  } finally {
    kubelet.destroy();
  }
}

const firstOutput = ({ stdout, stderr }: CommandStreams): number =>
  stdout ? numbers.stdout : stderr ? numbers.stderr : numbers.error;

/** A kubelet expects them in this order, the error stream first. */
async function openStreams(kubelet: SpdyConnection, asked: CommandStreams): Promise<Remote> {
  const open = async (streamtype: string, isAsked: boolean): Promise<SpdyStream | undefined> =>
    isAsked ? kubelet.open({ streamtype }) : undefined;
  return {
    error: await kubelet.open({ streamtype: "error" }),
    stdin: await open("stdin", asked.stdin),
    stdout: await open("stdout", asked.stdout),
    // A terminal has one output.
    stderr: await open("stderr", asked.stderr && !asked.tty),
    resize: await open("resize", asked.tty),
  };
}

type Client = Channels & { readonly protocol: ChannelProtocol };

/** What the client sends, until it goes. */
async function hear({ messages, protocol }: Client, remote: Remote): Promise<void> {
  for await (const { channel, data } of messages) {
    if (channel === closeChannel && protocol.hasClose) {
      if (data[0] === numbers.stdin) await settled(remote.stdin?.end());
      continue;
    }
    if (channel === numbers.stdin) await settled(remote.stdin?.write(data));
    if (channel === numbers.resize) await settled(remote.resize?.write(data));
  }
}

/** A command that no longer reads is no reason to stop listening to its output. */
async function settled(writing: Promise<void> | undefined): Promise<void> {
  await Promise.allSettled([writing]);
}

/** What the command says, then how it ended. */
async function speak(client: Client, remote: Remote): Promise<void> {
  const status = await relayAll(client, remote);
  const report = client.protocol.hasStatus ? statusReport(status) : plainReport(status);
  if (report !== "") await client.send(numbers.error, Buffer.from(report));
  await client.close(1000);
}

/** The kubelet's report, or why there is none. */
async function relayAll(client: Client, { stdout, stderr, error }: Remote): Promise<string> {
  const relay = async (channel: number, stream: SpdyStream | undefined): Promise<void> => {
    for await (const chunk of stream?.incoming ?? []) await client.send(channel, chunk);
  };
  try {
    const [status] = await Promise.all([
      whole(error),
      relay(numbers.stdout, stdout),
      relay(numbers.stderr, stderr),
    ]);
    return status;
  } catch (cause) {
    const message = `Internal error occurred: ${cause instanceof Error ? cause.message : "unknown"}`;
    return JSON.stringify(statusOf(new ApiError("InternalError", message, { cause })));
  }
}

async function whole({ incoming }: SpdyStream): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of incoming) {
    bytes += chunk.length;
    if (bytes <= statusBytesMax) chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** A kubelet that says nothing means success. */
const statusReport = (status: string): string =>
  status === "" ? JSON.stringify({ metadata: {}, status: "Success" }) : status;

function plainReport(status: string): string {
  try {
    const { status: outcome, message } = JSON.parse(status || "{}") as Record<string, string>;
    return outcome === "Failure" ? (message ?? "") : "";
  } catch (error) {
    if (error instanceof SyntaxError) return status;
    throw error;
  }
}
