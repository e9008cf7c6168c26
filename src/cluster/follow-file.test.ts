import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { drain } from "#sim/clock.ts";
import { followFile } from "./follow-file.ts";

/** A file whose readers take as long as the test wants. */
function follow() {
  const stop = new AbortController();
  const reads: PromiseWithResolvers<void>[] = [];
  const complaints: unknown[] = [];
  let changed = (): void => {};
  followFile({
    path: "/etc/tokens",
    disk: {
      observe: (_path, call) => {
        changed = call;
        return { [Symbol.dispose]: () => (changed = () => {}) };
      },
    },
    signal: stop.signal,
    reread: () => {
      const read = Promise.withResolvers<void>();
      reads.push(read);
      return read.promise;
    },
    complain: (cause) => complaints.push(cause),
  });
  return { stop, reads, complaints, change: () => changed() };
}

test("a file that changes while it is read is read again afterwards", async () => {
  const { reads, change } = follow();
  change();
  change();
  await drain();
  deepEqual(reads.length, 1);
  reads[0]?.resolve();
  await drain();
  deepEqual(reads.length, 2);
});

test("what is wrong with a file is told, and the next change is looked at all the same", async () => {
  const { reads, complaints, change } = follow();
  change();
  await drain();
  reads[0]?.reject("no such key");
  await drain();
  change();
  await drain();
  deepEqual([complaints, reads.length], [["no such key"], 2]);
});

test("nobody looks any more once it is over, not even at what was still to be read", async () => {
  const { stop, reads, change } = follow();
  change();
  change();
  await drain();
  stop.abort();
  reads[0]?.resolve();
  change();
  await drain();
  deepEqual(reads.length, 1);
});
