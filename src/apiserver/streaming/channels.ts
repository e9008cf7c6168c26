/**
 * Several streams over one WebSocket: the first byte of a message (in base64 protocols: its first
 * character) says which. upstream: staging/src/k8s.io/apimachinery/pkg/util/httpstream/wsstream
 */
import type { WebSocket } from "#base/streaming/websocket.ts";

export interface Channels {
  readonly send: (channel: number, data: Uint8Array) => Promise<void>;
  readonly messages: AsyncIterable<ChannelMessage>;
  readonly close: WebSocket["close"];
}

export interface ChannelMessage {
  readonly channel: number;
  readonly data: Buffer;
}

/** What a protocol can do beyond carrying bytes. */
export interface ChannelProtocol {
  readonly isBase64: boolean;
  /** The error channel carries a Status; else a plain text, and nothing on success. */
  readonly hasStatus: boolean;
  /** A message on channel 255 half-closes the channel it names. */
  readonly hasClose: boolean;
}

const binary = { isBase64: false, hasStatus: false, hasClose: false };

/** In the order of our preference; the empty one is spoken by whoever asks for none. */
export const channelProtocols: ReadonlyMap<string, ChannelProtocol> = new Map([
  ["v5.channel.k8s.io", { isBase64: false, hasStatus: true, hasClose: true }],
  ["v4.channel.k8s.io", { ...binary, hasStatus: true }],
  ["v4.base64.channel.k8s.io", { isBase64: true, hasStatus: true, hasClose: false }],
  ["channel.k8s.io", binary],
  ["base64.channel.k8s.io", { ...binary, isBase64: true }],
  ["", binary],
]);

export const closeChannel = 255;

export const channelsOf = (socket: WebSocket, { isBase64 }: ChannelProtocol): Channels => ({
  send: isBase64
    ? (channel, data) => socket.sendText(`${channel}${Buffer.from(data).toString("base64")}`)
    : (channel, data) => socket.send(Buffer.from([channel]), data),
  messages: isBase64 ? base64Messages(socket) : binaryMessages(socket),
  close: socket.close,
});

async function* binaryMessages({ messages }: WebSocket): AsyncIterable<ChannelMessage> {
  for await (const { data } of messages) {
    const [channel] = data;
    if (channel !== undefined) yield { channel, data: data.subarray(1) };
  }
}

async function* base64Messages({ messages }: WebSocket): AsyncIterable<ChannelMessage> {
  for await (const { data } of messages) {
    const channel = (data[0] ?? 0) - zero;
    if (channel < 0 || channel > 9) continue;
    yield { channel, data: Buffer.from(data.toString("latin1", 1), "base64") };
  }
}

const zero = 0x30;
