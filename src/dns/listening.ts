/** The sockets that questions come in by. */
import { type Clock, seconds } from "#base/clock.ts";
import type { BindDatagrams, DatagramPeer, DatagramSocket } from "#base/datagram.ts";
import type { Log } from "#base/log.ts";
import type { ByteStream } from "#base/stream.ts";
import type { Listen } from "#base/tcp.ts";
import type { Answering } from "./answering.ts";
import { headerBytes } from "./message.ts";
import { framed, frames } from "./frames.ts";

export interface ListeningOptions {
  readonly bindDatagrams: BindDatagrams;
  readonly listen: Listen;
  readonly address: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly answering: Answering;
  readonly clock: Clock;
  readonly log: Log;
}

const connectionsMax = 500;
/** Questions of one connection that wait for their answers. */
const pipelinedMax = 64;
/** A connection on which nothing is asked for so long is closed. */
const idleMs = seconds(10);

export interface Listening extends AsyncDisposable {
  readonly udpPort: number;
  readonly tcpPort: number;
}

export async function listenForQuestions(options: ListeningOptions): Promise<Listening> {
  const { address, port, listen, bindDatagrams } = options;
  await using opened = new AsyncDisposableStack();
  let socket: DatagramSocket | undefined;
  const received = (message: Uint8Array, from: DatagramPeer): void => {
    if (socket) void answerDatagram(socket, { message, from }, options);
  };
  socket = opened.use(await bindDatagrams({ address, port, received }));
  let connections = 0;
  const listener = opened.use(
    await listen({
      address,
      port,
      connected(stream) {
        if (connections >= connectionsMax) return stream.destroy();
        connections++;
        void answerConnection(stream, options).finally(() => connections--);
      },
    }),
  );
  const kept = opened.move();
  return {
    udpPort: socket.port,
    tcpPort: listener.port,
    [Symbol.asyncDispose]: () => kept[Symbol.asyncDispose](),
  };
}

async function answerDatagram(
  socket: DatagramSocket,
  { message, from }: { readonly message: Uint8Array; readonly from: DatagramPeer },
  { answering, log }: ListeningOptions,
): Promise<void> {
  try {
    const answer = answering.answer(message, "udp");
    const bytes = answer instanceof Promise ? await answer : answer;
    if (bytes) await socket.send(bytes, from);
  } catch (cause) {
    log.debug("a datagram was not answered", { cause: String(cause) });
  }
}

async function answerConnection(
  stream: ByteStream,
  { answering, clock, log }: ListeningOptions,
): Promise<void> {
  const close = (): void => stream.destroy();
  let idle = clock.after(idleMs, close);
  const pending = new Set<Promise<void>>();
  try {
    for await (const message of frames(stream.incoming)) {
      idle[Symbol.dispose]();
      idle = clock.after(idleMs, close);
      if (message.length < headerBytes) break;
      const replying = reply(stream, message, answering).finally(() => pending.delete(replying));
      pending.add(replying);
      if (pending.size >= pipelinedMax) await Promise.race(pending);
    }
    await Promise.all(pending);
    stream.end();
  } catch (cause) {
    log.debug("a connection broke", { cause: String(cause) });
  } finally {
    await Promise.allSettled(pending);
    idle[Symbol.dispose]();
    close();
  }
}

async function reply(stream: ByteStream, message: Uint8Array, answering: Answering): Promise<void> {
  const answer = await answering.answer(message, "tcp");
  if (answer) await stream.write(framed(answer));
}
