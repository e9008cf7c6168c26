import { deepEqual, equal, notEqual, ok } from "node:assert/strict";
import { test } from "node:test";
import { HeldEntry } from "./entry.ts";
import { Shrinking } from "./shrinking.ts";

const pad = "the same in all of them ".repeat(60);

const entryOf = (name: string, text: string): HeldEntry =>
  new HeldEntry({
    key: `/registry/pods/${name}`,
    value: Buffer.from(text),
    revision: 2,
    created: 2,
  });

/** Enough to make everything before it go small. */
function pushOut(shrinking: Shrinking): void {
  for (let i = 0; i < 40; i++)
    shrinking.add(
      new HeldEntry({
        key: "/other/large/x",
        value: Buffer.alloc(2 ** 18),
        revision: 2,
        created: 2,
      }),
    );
}

test("what was just written stays the very same bytes; later it is kept small, and reads the same", () => {
  const shrinking = new Shrinking();
  const texts = Array.from({ length: 50 }, (_, i) => `{"name":"pod-${i}","text":"${pad}"}`);
  const entries = texts.map((text, i) => entryOf(String(i), text));
  const before = entries.map(({ value }) => value);
  for (const entry of entries) shrinking.add(entry);
  deepEqual(
    entries.map(({ value }, i) => value === before[i]),
    entries.map(() => true),
  );
  pushOut(shrinking);
  const whole = entries.filter(({ value }, i) => value === before[i]);
  ok(whole.length < 5, `${whole.length} are whole`);
  for (const [i, entry] of entries.entries()) {
    equal(Buffer.from(entry.value).toString(), texts[i]);
    equal(entry.size, texts[i]?.length);
    const into = Buffer.alloc(entry.size + 3);
    entry.copy(into, 3);
    equal(into.toString("utf8", 3), texts[i]);
  }
});

test("those for whom a distant model would do come to have one of their own", () => {
  const shrinking = new Shrinking();
  shrinking.add(entryOf("distant", `{"name":"distant","text":"${pad}"}`));
  const own = Array.from({ length: 60 }, (_, i) => `word${i * 7_919}`).join(" ");
  const family = Array.from({ length: 40 }, (_, i) =>
    entryOf(`f${i}`, `{"name":"f${i}","own":"${own.slice(0, 250)}","text":"${pad}"}`),
  );
  for (const entry of family) shrinking.add(entry);
  pushOut(shrinking);
  // The model is the one that stays whole: only what is told by others is made anew each time.
  const readTwice = family.map((entry) => [entry.value, entry.value] as const);
  equal(readTwice.filter(([one, other]) => one === other).length, 1);
});

test("what is like nothing else is kept, but not the larger piece of memory it came in", () => {
  const shrinking = new Shrinking();
  const batch = Buffer.from(`${"x".repeat(5_000)}a value of its own`);
  const value = batch.subarray(5_000);
  const entry = new HeldEntry({ key: "/registry/configmaps/a/b", value, revision: 2, created: 2 });
  shrinking.add(entry);
  pushOut(shrinking);
  notEqual(entry.value, value);
  equal(Buffer.from(entry.value).toString(), "a value of its own");
  equal(entry.value.buffer.byteLength, entry.size);
});
