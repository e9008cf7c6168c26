/** The contract of `store.ts` as tests. A backend's test file is one call to this. */
import { deepEqual, equal, ok, rejects, throws } from "node:assert/strict";
import { describe, test } from "node:test";
import {
  Compacted,
  FutureRevision,
  type Change,
  type Entry,
  type Store,
  type Write,
} from "./store.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (entry: Entry | undefined): string | undefined =>
  entry && new TextDecoder().decode(entry.value);

/** "a=1" writes, "a" deletes. */
const writesOf = (texts: readonly string[]): Write[] =>
  texts.map((text) => {
    const [key = "", value] = text.split("=");
    return { key, value: value === undefined ? undefined : bytes(value) };
  });

/** Commits without guards; the revision. */
async function put(store: Store, ...texts: string[]): Promise<number> {
  const result = await store.commit({ guards: [], writes: writesOf(texts) });
  ok(result.ok, "a commit without guards");
  return result.revision;
}

/** "2: a=1 (was 0)" for each change. */
const lines = (changes: readonly Change[]): string[] =>
  changes.map(({ revision, key, entry, previous }) => {
    const now = entry ? `${key}=${textOf(entry)}` : `${key} gone`;
    return `${revision}: ${now}${previous ? ` (was ${textOf(previous)})` : ""}`;
  });

const shown = (entries: readonly Entry[]): string[] =>
  entries.map((entry) => `${entry.key}=${textOf(entry)}`);

interface Seen extends Disposable {
  readonly lines: string[];
  /** Changes per call. */
  readonly batches: number[];
}

function follow(store: Store, prefix: string, after = store.revision()): Seen {
  const seen: { lines: string[]; batches: number[] } = { lines: [], batches: [] };
  const watch = store.watch({ prefix, after }, (changes) => {
    seen.lines.push(...lines(changes));
    seen.batches.push(changes.length);
  });
  return { ...seen, [Symbol.dispose]: () => watch[Symbol.dispose]() };
}

export function storeSuite(name: string, open: () => Store | Promise<Store>): void {
  /** A test with a store of its own. */
  const holds = (what: string, body: (store: Store) => Promise<void>): void => {
    test(what, async () => {
      await using store = await open();
      await body(store);
    });
  };

  describe(`${name} store: commits`, () => {
    holds("starts empty at revision 1", async (store) => {
      equal(store.revision(), 1);
      deepEqual(await store.range({ prefix: "" }), { entries: [], revision: 1, remaining: 0 });
      equal(await store.get("a"), undefined);
    });

    holds("every commit has the next revision, and what it wrote can be read", async (store) => {
      deepEqual(
        [await put(store, "a=1"), await put(store, "a=2"), await put(store, "b=3")],
        [2, 3, 4],
      );
      equal(store.revision(), 4);
      const entry = await store.get("a");
      deepEqual([entry?.key, textOf(entry), entry?.revision, entry?.created], ["a", "2", 3, 2]);
    });

    holds("a key that is deleted and created again starts a new life", async (store) => {
      await put(store, "a=1");
      await put(store, "a");
      equal(await store.get("a"), undefined);
      await put(store, "a=2");
      const entry = await store.get("a");
      deepEqual([entry?.revision, entry?.created], [4, 4]);
    });

    holds(
      "a value reads as it was written, however much like it was written since",
      async (store) => {
        const pad = "in every one of them the same ".repeat(200);
        const text = (i: number, round: number): string =>
          `{"name":"${i}","round":${round},"pad":"${pad}"}`;
        const count = 500;
        for (const round of [1, 2])
          for (let i = 0; i < count; i++) await put(store, `/kind/of/${i}=${text(i, round)}`);
        const all = Array.from({ length: count }, (_, i) => i);
        const read = async (revision?: number): Promise<unknown> =>
          Promise.all(all.map(async (i) => textOf(await store.get(`/kind/of/${i}`, revision))));
        deepEqual(
          await read(),
          all.map((i) => text(i, 2)),
        );
        deepEqual(
          await read(1 + count),
          all.map((i) => text(i, 1)),
        );
        let replayed = 0;
        using _watch = store.watch({ prefix: "/kind/", after: 1 + count }, (changes) => {
          for (const { entry, previous } of changes) {
            equal(textOf(previous), text(replayed, 1));
            equal(textOf(entry), text(replayed++, 2));
          }
        });
        equal(replayed, count);
      },
    );

    holds("a guard holds at the key's revision only", async (store) => {
      await put(store, "a=1");
      const update = (revision: number): ReturnType<Store["commit"]> =>
        store.commit({ guards: [{ key: "a", revision }], writes: writesOf(["a=2"]) });
      const refused = await update(1);
      ok(!refused.ok);
      deepEqual([refused.key, textOf(refused.found), refused.found?.revision], ["a", "1", 2]);
      equal(store.revision(), 2, "nothing was written");
      deepEqual(await update(2), { ok: true, revision: 3 });
    });

    holds("a guard for an absent key refuses to create twice", async (store) => {
      const create = { guards: [{ key: "a", revision: 0 }], writes: writesOf(["a=1"]) };
      deepEqual(await store.commit(create), { ok: true, revision: 2 });
      equal((await store.commit(create)).ok, false);
      const missing = { guards: [{ key: "b", revision: 2 }], writes: writesOf(["b=1"]) };
      deepEqual(await store.commit(missing), { ok: false, key: "b", found: undefined });
    });

    holds("one failing guard stops every write of the commit", async (store) => {
      await put(store, "a=1");
      const guards = [
        { key: "a", revision: 2 },
        { key: "b", revision: 7 },
      ];
      equal((await store.commit({ guards, writes: writesOf(["a=2", "b=2", "c=2"]) })).ok, false);
      deepEqual(shown((await store.range({ prefix: "" })).entries), ["a=1"]);
    });

    holds("a guard may stand on a key that is not written", async (store) => {
      await put(store, "lock=1");
      const commit = { guards: [{ key: "lock", revision: 2 }], writes: writesOf(["a=1"]) };
      ok((await store.commit(commit)).ok);
      await put(store, "lock=2");
      equal((await store.commit(commit)).ok, false);
    });

    holds("all writes of a commit share its revision", async (store) => {
      await put(store, "a=1", "b=1");
      equal(await put(store, "a=2", "b", "c=2"), 3);
      const { entries } = await store.range({ prefix: "" });
      deepEqual(
        entries.map((e) => [e.key, e.revision, e.created]),
        [
          ["a", 3, 2],
          ["c", 3, 3],
        ],
      );
    });

    holds("a commit that changes nothing takes no revision", async (store) => {
      await put(store, "a=1");
      equal(await put(store, "absent"), 2);
      equal(await put(store), 2);
      equal(await put(store, "absent", "b=1"), 3);
    });

    holds("guards see commits that are still under way, in call order", async (store) => {
      const create = (value: string): ReturnType<Store["commit"]> =>
        store.commit({ guards: [{ key: "a", revision: 0 }], writes: writesOf([`a=${value}`]) });
      const results = await Promise.all([create("1"), create("2"), create("3")]);
      deepEqual(
        results.map((result) => result.ok),
        [true, false, false],
      );
      equal(textOf(await store.get("a")), "1");
    });

    holds("of many concurrent commits each gets its own revision, none is lost", async (store) => {
      const seen = follow(store, "");
      const count = 500;
      const commits = Array.from({ length: count }, (_, i) => put(store, `k${i % 50}=${i}`));
      deepEqual(
        await Promise.all(commits),
        Array.from({ length: count }, (_, i) => i + 2),
      );
      equal(seen.lines.length, count);
      equal((await store.range({ prefix: "" })).entries.length, 50);
      equal(textOf(await store.get("k49")), `${count - 1}`);
      seen[Symbol.dispose]();
    });

    holds("lazy commits are ordinary ones to everybody in this process", async (store) => {
      const seen = follow(store, "");
      const writes = writesOf(["lease=1"]);
      const lazy = store.commit({ guards: [], writes, lazy: true });
      const durable = put(store, "a=1");
      deepEqual(await lazy, { ok: true, revision: 2 });
      equal(await durable, 3);
      deepEqual(seen.lines, ["2: lease=1", "3: a=1"]);
      seen[Symbol.dispose]();
    });

    holds("a value may be empty, and it may be a mebibyte", async (store) => {
      const big = new Uint8Array(2 ** 20).map((_, i) => i * 7);
      const writes = [
        { key: "big", value: big },
        { key: "empty", value: new Uint8Array() },
      ];
      ok((await store.commit({ guards: [], writes })).ok);
      ok(Buffer.from(big).equals((await store.get("big"))?.value ?? new Uint8Array()));
      equal((await store.get("empty"))?.value.length, 0);
    });
  });

  describe(`${name} store: ranges`, () => {
    holds("keys come in the order of their bytes", async (store) => {
      const keys = ["b", "a", "a/b", "a.b", "A", "\u00e9", "\uffee", "\u{1f600}", "a\u0001"];
      for (const key of keys) await put(store, `${key}=1`);
      const { entries } = await store.range({ prefix: "" });
      deepEqual(
        entries.map((e) => e.key),
        keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
      );
    });

    holds("a range has the keys of its prefix and no others", async (store) => {
      await put(store, "/a=1", "/a/=2", "/a/x=3", "/a/y=4", "/a0=5", "/b=6");
      deepEqual(shown((await store.range({ prefix: "/a/" })).entries), [
        "/a/=2",
        "/a/x=3",
        "/a/y=4",
      ]);
      deepEqual(shown((await store.range({ prefix: "/c" })).entries), []);
    });

    holds("pages follow each other without gap or overlap and know what remains", async (store) => {
      const keys = Array.from({ length: 250 }, (_, i) => `/p/${String(i).padStart(3, "0")}`);
      await put(store, ...keys.map((key) => `${key}=1`), "/q=1");
      const first = await store.range({ prefix: "/p/", limit: 100 });
      deepEqual([first.entries.length, first.remaining, first.revision], [100, 150, 2]);
      await put(store, "/p/000", "/p/150=2", "/p/zzz=1");
      const pages = [first];
      for (let page = first; page.remaining > 0; pages.push(page)) {
        const after = page.entries.at(-1)?.key ?? "";
        page = await store.range({ prefix: "/p/", limit: 100, after, revision: first.revision });
        equal(page.revision, 2);
      }
      deepEqual(
        pages.flatMap((page) => page.entries.map((e) => e.key)),
        keys,
      );
      deepEqual(
        pages.map((page) => page.remaining),
        [150, 50, 0],
      );
    });

    holds("a page may start after a key that is not there, or before the prefix", async (store) => {
      await put(store, "/p/a=1", "/p/c=1", "/q=1");
      const keysAfter = async (after: string): Promise<string[]> =>
        shown((await store.range({ prefix: "/p/", after })).entries);
      deepEqual(await keysAfter("/p/b"), ["/p/c=1"]);
      deepEqual(await keysAfter("/a"), ["/p/a=1", "/p/c=1"]);
      deepEqual(await keysAfter("/p/c"), []);
      deepEqual(await keysAfter("/z"), []);
    });

    holds("a limit of none counts", async (store) => {
      await put(store, "/p/a=1", "/p/b=1", "/q=1");
      deepEqual(await store.range({ prefix: "/p/", limit: 0 }), {
        entries: [],
        revision: 2,
        remaining: 2,
      });
    });
  });

  describe(`${name} store: history`, () => {
    holds("the map can be read as it was", async (store) => {
      await put(store, "a=1");
      await put(store, "a=2", "b=2");
      await put(store, "a");
      const at = async (revision: number): Promise<string[]> => {
        const page = await store.range({ prefix: "", revision });
        equal(page.revision, revision);
        return shown(page.entries);
      };
      deepEqual(
        [await at(1), await at(2), await at(3), await at(4)],
        [[], ["a=1"], ["a=2", "b=2"], ["b=2"]],
      );
      equal(textOf(await store.get("a", 2)), "1");
      equal(await store.get("a", 4), undefined);
    });

    holds("the future cannot be read", async (store) => {
      await put(store, "a=1");
      await rejects(store.get("a", 3), FutureRevision);
      await rejects(store.range({ prefix: "", revision: 3 }), FutureRevision);
    });

    holds("what was compacted can be neither read nor watched from", async (store) => {
      for (let i = 2; i <= 6; i++) await put(store, `a=${i}`);
      await store.compact(4);
      equal(store.compacted(), 4);
      await rejects(store.get("a", 3), Compacted);
      await rejects(store.range({ prefix: "", revision: 3 }), Compacted);
      throws(() => store.watch({ prefix: "", after: 3 }, () => {}), Compacted);
      equal(textOf(await store.get("a", 4)), "4");
      equal(textOf(await store.get("a")), "6");
      const seen = follow(store, "", 4);
      deepEqual(seen.lines, ["5: a=5 (was 4)", "6: a=6 (was 5)"]);
      seen[Symbol.dispose]();
      await store.compact(2);
      equal(store.compacted(), 4, "compacting to the past does nothing");
      await rejects(store.compact(7), FutureRevision);
    });

    holds("everything may be compacted, and life goes on", async (store) => {
      await put(store, "a=1", "b=1");
      await put(store, "a");
      await store.compact(3);
      deepEqual(shown((await store.range({ prefix: "", revision: 3 })).entries), ["b=1"]);
      equal(await put(store, "b=2"), 4);
      equal(textOf(await store.get("b", 3)), "1");
    });
  });

  describe(`${name} store: watches`, () => {
    holds("history first, before watch returns, then what happens", async (store) => {
      await put(store, "/p/a=1");
      await put(store, "/p/a=2", "/q=1");
      using seen = follow(store, "/p/", 2);
      deepEqual(seen.lines, ["3: /p/a=2 (was 1)"]);
      await put(store, "/p/b=1");
      await put(store, "/q=2");
      await put(store, "/p/a");
      deepEqual(seen.lines, ["3: /p/a=2 (was 1)", "4: /p/b=1", "6: /p/a gone (was 2)"]);
    });

    holds("a watch from the start sees everything", async (store) => {
      await put(store, "a=1");
      using seen = follow(store, "", 0);
      using same = follow(store, "", 1);
      deepEqual([seen.lines, same.lines], [["2: a=1"], ["2: a=1"]]);
    });

    holds("the changes of one commit stand in one batch, in the order written", async (store) => {
      using seen = follow(store, "");
      await put(store, "b=1", "a=1", "c=1");
      deepEqual([seen.lines, seen.batches], [["2: b=1", "2: a=1", "2: c=1"], [3]]);
    });

    holds("a long history comes in order and without gaps", async (store) => {
      const count = 3_000;
      await Promise.all(Array.from({ length: count }, (_, i) => put(store, `k${i % 7}=${i}`)));
      const revisions: number[] = [];
      using _watch = store.watch({ prefix: "", after: 1 }, (changes) => {
        for (const change of changes) revisions.push(change.revision);
      });
      deepEqual(
        revisions,
        Array.from({ length: count }, (_, i) => i + 2),
      );
    });

    holds("when a commit resolves, every watcher has seen it and readers too", async (store) => {
      using seen = follow(store, "");
      let revision = 0;
      using _watch = store.watch({ prefix: "", after: 1 }, () => (revision = store.revision()));
      for (let i = 2; i < 30; i++) {
        equal(await put(store, `a=${i}`), i);
        deepEqual([seen.lines.length, revision], [i - 1, i]);
      }
    });

    holds("notes travel with their changes", async (store) => {
      await store.commit({ guards: [], writes: writesOf(["a=1", "b=1"]), note: "caf\u00e9: why" });
      await put(store, "a=2");
      const notes: (string | undefined)[] = [];
      using _watch = store.watch({ prefix: "", after: 1 }, (changes) => {
        notes.push(...changes.map((change) => change.note));
      });
      deepEqual(notes, ["caf\u00e9: why", "caf\u00e9: why", undefined]);
    });

    holds("a disposed watch is silent at once, even from inside a listener", async (store) => {
      const seen: string[] = [];
      const second = store.watch({ prefix: "", after: 1 }, () => seen.push("second"));
      const stopOthers = store.watch({ prefix: "", after: 1 }, () => {
        seen.push("first");
        second[Symbol.dispose]();
        third[Symbol.dispose]();
        stopOthers[Symbol.dispose]();
      });
      const third = store.watch({ prefix: "", after: 1 }, () => seen.push("third"));
      await put(store, "a=1");
      await put(store, "a=2");
      deepEqual(seen, ["second", "first"]);
    });

    holds(
      "a watch that begins inside a listener misses nothing and repeats nothing",
      async (store) => {
        const inner: string[] = [];
        let opened: Disposable | undefined;
        using _outer = store.watch({ prefix: "", after: 1 }, () => {
          opened ??= store.watch({ prefix: "", after: 1 }, (changes) =>
            inner.push(...lines(changes)),
          );
        });
        await put(store, "a=1");
        await put(store, "a=2");
        deepEqual(inner, ["2: a=1", "3: a=2 (was 1)"]);
        opened?.[Symbol.dispose]();
      },
    );

    holds("a listener that commits does not disturb the order of others", async (store) => {
      let reaction: Promise<number> | undefined;
      using _eager = store.watch({ prefix: "a", after: 1 }, () => {
        reaction ??= put(store, "b=1");
      });
      using seen = follow(store, "");
      await put(store, "a=1");
      equal(await reaction, 3);
      deepEqual(seen.lines, ["2: a=1", "3: b=1"]);
    });

    holds("a watch may wait for a revision that is yet to come", async (store) => {
      using seen = follow(store, "", 3);
      await put(store, "a=1");
      await put(store, "a=2");
      await put(store, "a=3");
      deepEqual(seen.lines, ["4: a=3 (was 2)"]);
    });
  });

  describe(`${name} store: forks`, () => {
    holds("a twin shares the past and goes its own way", async (store) => {
      if (!store.fork) return;
      await put(store, "a=1");
      await using twin = store.fork();
      equal(await put(store, "a=2"), 3);
      equal(await put(twin, "b=2"), 3);
      deepEqual(shown((await store.range({ prefix: "" })).entries), ["a=2"]);
      deepEqual(shown((await twin.range({ prefix: "" })).entries), ["a=1", "b=2"]);
      using here = follow(store, "", 1);
      using there = follow(twin, "", 1);
      deepEqual(
        [here.lines, there.lines],
        [
          ["2: a=1", "3: a=2 (was 1)"],
          ["2: a=1", "3: b=2"],
        ],
      );
      await twin.compact(3);
      equal(textOf(await store.get("a", 2)), "1");
    });
  });
}
