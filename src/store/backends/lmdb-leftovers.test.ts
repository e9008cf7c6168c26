import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { HeldEntry } from "../entry.ts";
import type { CommitRecord } from "../history.ts";
import type { Change, Entry } from "../store.ts";
import { Leftovers } from "./lmdb-leftovers.ts";

const entry = (key: string, revision: number): Entry =>
  new HeldEntry({ key, value: new Uint8Array(), revision, created: 1 });

/** "a<2" overwrites what revision 2 wrote to a; "a<2 gone" deletes it; "a" creates. */
function record(revision: number, ...texts: readonly string[]): CommitRecord {
  const changes = texts.map((text): Change => {
    const [, key = "", old, gone] = /^(\w)(?:<(\d+))?( gone)?$/.exec(text) ?? [];
    const previous = old === undefined ? undefined : entry(key, Number(old));
    return {
      revision,
      key,
      entry: gone ? undefined : entry(key, revision),
      previous,
      note: undefined,
    };
  });
  return { revision, changes, atMs: 0 };
}

/** Revisions to rewrite, with the keys that are left in them. */
function cleaning(leftovers: Leftovers, countMax = 100): unknown {
  const { rewrites, compacted } = leftovers.take(countMax);
  const left = [...rewrites].map(([revision, commit]) => [
    revision,
    commit?.writes.map(({ key }) => key).join("") ?? "removed",
  ]);
  return [compacted, ...left];
}

function after(...records: readonly CommitRecord[]): Leftovers {
  const leftovers = new Leftovers();
  for (const each of records) leftovers.note(each);
  for (const each of records) leftovers.forget(each);
  return leftovers;
}

test("what was overwritten goes, what was only created stays", () => {
  deepEqual(cleaning(after(record(2, "a"), record(3, "a<2"), record(4, "b"))), [4, [2, "removed"]]);
});

test("a deletion goes together with what it deleted", () => {
  deepEqual(cleaning(after(record(2, "a"), record(3, "a<2 gone"))), [
    3,
    [2, "removed"],
    [3, "removed"],
  ]);
});

test("a record of several keys keeps those that are still as it left them", () => {
  const first = [record(2, "a", "b", "c"), record(3, "b<2")];
  deepEqual(cleaning(after(...first)), [3, [2, "ac"]]);
  deepEqual(cleaning(after(...first, record(4, "a<2 gone", "d"), record(5, "c<2"))), [
    5,
    [2, "removed"],
  ]);
});

test("cleaning comes in small steps, and what failed is done again", () => {
  const leftovers = after(record(2, "a"), record(3, "a<2"), record(4, "a<3"), record(5, "a<4"));
  deepEqual(cleaning(leftovers, 2), [3, [2, "removed"]]);
  leftovers.putBack();
  deepEqual(leftovers.count, 4);
  deepEqual(cleaning(leftovers, 3), [4, [2, "removed"], [3, "removed"]]);
  leftovers.done();
  deepEqual(cleaning(leftovers), [5, [4, "removed"]]);
  leftovers.done();
  deepEqual(cleaning(leftovers), [undefined]);
});
