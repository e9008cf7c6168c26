/** Messages over TCP: each with its length before it. RFC 1035, 4.2.2. */

export function framed(message: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(2 + message.length);
  bytes[0] = message.length >> 8;
  bytes[1] = message.length & 255;
  bytes.set(message, 2);
  return bytes;
}

/** Ends where the stream ends; what was begun then is lost. */
export async function* frames(incoming: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let held: Uint8Array = new Uint8Array();
  for await (const chunk of incoming) {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    for (let length = lengthOf(held); length !== undefined; length = lengthOf(held)) {
      yield held.slice(2, 2 + length);
      held = held.subarray(2 + length);
    }
  }
}

/** Of the first message, when it is there as a whole. */
function lengthOf(bytes: Uint8Array): number | undefined {
  const [high, low] = bytes;
  if (high === undefined || low === undefined) return undefined;
  const length = (high << 8) | low;
  return bytes.length >= 2 + length ? length : undefined;
}
