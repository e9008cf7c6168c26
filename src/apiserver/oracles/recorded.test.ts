/** What upstream's own libraries answered (`npm run oracles -- --record`), asked again of the server. */
import { deepEqual, equal } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import {
  kinds,
  type PatchAnswer,
  patchedHere,
  type PatchQuestion,
  wordsOf,
  type WriteAnswer,
  type WriteQuestion,
  writtenHere,
} from "./testing.ts";

interface RecordedWrite {
  readonly kind: string;
  readonly question: WriteQuestion;
  readonly answer: WriteAnswer;
}

interface RecordedPatch {
  readonly kind?: undefined;
  readonly question: PatchQuestion;
  readonly answer: PatchAnswer;
}

const lines = readFileSync(join(import.meta.dirname, "recorded.jsonl"), "utf8").trimEnd();
const recorded = lines.split("\n").map((line) => JSON.parse(line) as RecordedWrite | RecordedPatch);
const plain = (value: object): unknown => JSON.parse(JSON.stringify(value));

test("what is applied and updated becomes what upstream makes of it, with the same owners and conflicts", async () => {
  const writes = recorded.filter((one): one is RecordedWrite => one.kind !== undefined);
  equal(writes.length > 200, true);
  for (const { kind: name, question, answer } of writes) {
    const kind = kinds.find(({ apiVersion, kind: one }) => `${apiVersion} ${one}` === name);
    if (!kind) throw new Error(`${name} is gone`);
    const here = await writtenHere(kind, question);
    const message = JSON.stringify({ name, question });
    if (answer.error === undefined) deepEqual(plain(here), answer, message);
    else equal(wordsOf(here.error), wordsOf(answer.error), message);
  }
});

test("what is patched becomes what upstream makes of it, and is refused in its words", () => {
  const patches = recorded.filter((one): one is RecordedPatch => one.kind === undefined);
  equal(patches.length > 100, true);
  for (const { question, answer } of patches) {
    deepEqual(plain(patchedHere(question)), answer, JSON.stringify(question));
  }
});
