/** Two ends of a connection in memory. */
import type { ByteStream } from "../stream.ts";
import { ByteQueue } from "./byte-queue.ts";

export function connectionPair(bytesMax?: number): readonly [ByteStream, ByteStream] {
  const [there, back] = [new ByteQueue(bytesMax), new ByteQueue(bytesMax)];
  const [thereClosed, backClosed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const both = bothOf(thereClosed.promise, backClosed.promise);
  const endOf = (incoming: ByteQueue, outgoing: ByteQueue, ended: () => void): ByteStream => ({
    incoming,
    write: (chunk) => outgoing.push(Uint8Array.from(chunk)),
    end: () => {
      outgoing.end();
      ended();
    },
    destroy: () => {
      for (const queue of [incoming, outgoing]) queue.end();
      thereClosed.resolve();
      backClosed.resolve();
    },
    closed: both,
  });
  return [endOf(back, there, thereClosed.resolve), endOf(there, back, backClosed.resolve)];
}

async function bothOf(one: Promise<void>, other: Promise<void>): Promise<void> {
  await one;
  await other;
}

export async function textOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  return Buffer.concat(await Array.fromAsync(chunks)).toString();
}
