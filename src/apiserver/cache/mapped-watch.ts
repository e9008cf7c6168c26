import type { WatchBatch } from "#api/request.ts";

/** Called for one batch after the other; of an empty one nothing is told. */
export type MapBatch = (batch: WatchBatch) => WatchBatch | Promise<WatchBatch>;

/** Ends what it reads from when it is ended itself, even before it was read. */
export function mappedWatch(
  batches: AsyncIterable<WatchBatch>,
  map: MapBatch,
): AsyncIterable<WatchBatch> {
  const source = batches[Symbol.asyncIterator]();
  const iterator: AsyncIterator<WatchBatch, undefined> = {
    async next() {
      for (;;) {
        const { done, value } = await source.next();
        if (done) return { done, value: undefined };
        const mapped = await map(value);
        if (mapped.length > 0) return { done: false, value: mapped };
      }
    },
    async return() {
      await source.return?.();
      return { done: true, value: undefined };
    },
  };
  return { [Symbol.asyncIterator]: () => iterator };
}
