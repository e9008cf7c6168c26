/**
 * Port-forward for WebSocket clients. kubectl tunnels SPDY: its messages are the bytes of a
 * connection, joined to the kubelet's. Other clients name ports in the query and get two channels
 * for each, one for data and one for errors.
 * upstream: staging/src/k8s.io/apimachinery/pkg/util/portforward, pkg/kubelet/server/portforward
 */
import type { Channels } from "./channels.ts";
import type { SpdyConnection, SpdyStream } from "#base/streaming/spdy.ts";

/** The subprotocol of the tunnel. */
export const tunnelProtocol = "SPDY/3.1+portforward.k8s.io";
/** What is asked of the kubelet, and what runs inside the tunnel. */
export const forwardProtocol = "portforward.k8s.io";

/** Resolves when the client has gone. Closes both sides. */
export async function serveForwardedPorts(
  client: Channels,
  kubelet: SpdyConnection,
  ports: readonly number[],
): Promise<void> {
  try {
    const pairs = await Promise.all(ports.map((port, at) => openPair(kubelet, port, at)));
    const speaking = pairs.map((pair, at) => speak(client, pair, at));
    await Promise.race([hear(client, pairs), kubelet.closed]);
    kubelet.destroy();
    await Promise.allSettled(speaking);
  } finally {
    kubelet.destroy();
    await client.close(1000);
  }
}

interface Pair {
  readonly port: number;
  readonly data: SpdyStream;
  readonly error: SpdyStream;
}

async function openPair(kubelet: SpdyConnection, port: number, at: number): Promise<Pair> {
  const headers = { port: String(port), requestid: String(at) };
  const error = await kubelet.open({ streamtype: "error", ...headers });
  await error.end();
  return { port, error, data: await kubelet.open({ streamtype: "data", ...headers }) };
}

/** Both channels of a pair begin with the port they are for. */
async function speak(client: Channels, { port, data, error }: Pair, at: number): Promise<void> {
  const name = Buffer.alloc(2);
  name.writeUInt16LE(port);
  await client.send(2 * at, name);
  await client.send(2 * at + 1, name);
  const relay = async (channel: number, stream: SpdyStream): Promise<void> => {
    for await (const chunk of stream.incoming) await client.send(channel, chunk);
  };
  await Promise.all([relay(2 * at, data), relay(2 * at + 1, error)]);
}

async function hear({ messages }: Channels, pairs: readonly Pair[]): Promise<void> {
  for await (const { channel, data } of messages) {
    const pair = channel % 2 === 0 ? pairs[channel / 2] : undefined;
    if (pair && data.length > 0) await Promise.allSettled([pair.data.write(data)]);
  }
}
