/** A connection as both ends see it: bytes in, bytes out, each direction closed on its own. */
export interface ByteStream {
  /** What the peer sends, until it half-closes. Failing when the connection breaks. */
  readonly incoming: AsyncIterable<Uint8Array>;
  /** Resolves when the chunk was accepted: whoever awaits it feels the peer's back-pressure. */
  readonly write: (chunk: Uint8Array) => Promise<void>;
  /** Half-closes: the peer sees the end, and may still send. */
  readonly end: () => void;
  /** Closes both directions at once. */
  readonly destroy: () => void;
  /** Resolves, never fails, when both directions are closed. A peer's end is noticed by reading. */
  readonly closed: Promise<void>;
}

/** Copies until the source ends, then half-closes the target. */
export async function pump(source: AsyncIterable<Uint8Array>, target: ByteStream): Promise<void> {
  for await (const chunk of source) await target.write(chunk);
  target.end();
}

/** Joins two connections: whatever one peer says, the other hears, until both are done. */
export async function join(a: ByteStream, b: ByteStream): Promise<void> {
  const directions = [pump(a.incoming, b), pump(b.incoming, a)];
  try {
    await Promise.all(directions);
  } finally {
    a.destroy();
    b.destroy();
    await Promise.allSettled(directions);
  }
}
