/** Tells how large an answer is: at once where that is known, when all of it was sent where it is not. */
import type { HttpResponse } from "#base/http.ts";

export function sized(response: HttpResponse, onSent: (bytes: number) => void): HttpResponse {
  const { body } = response;
  if (body === undefined || body instanceof Uint8Array) onSent(body?.length ?? 0);
  else if (Array.isArray(body)) onSent(lengthOf(body as readonly Uint8Array[]));
  else return { ...response, body: counted(body as AsyncIterable<Uint8Array>, onSent) };
  return response;
}

const lengthOf = (pieces: readonly Uint8Array[]): number =>
  pieces.reduce((sum, { length }) => sum + length, 0);

/** No generator: one that waits for a chunk would not hear that nobody wants it any more. */
const counted = (
  chunks: AsyncIterable<Uint8Array>,
  onSent: (bytes: number) => void,
): AsyncIterable<Uint8Array> => ({
  [Symbol.asyncIterator]: () => {
    const source = chunks[Symbol.asyncIterator]();
    let bytes = 0;
    return {
      next: async () => {
        const next = await source.next();
        if (next.done) onSent(bytes);
        else bytes += next.value.length;
        return next;
      },
      return: async (value: unknown) => {
        await source.return?.();
        return { done: true, value };
      },
    };
  },
});
