import { equal } from "node:assert/strict";
import { test } from "node:test";
import { ProtoWriter } from "./writer.ts";

const writes: [name: string, write: (writer: ProtoWriter) => void, hex: string][] = [
  ["a small number", (w) => w.varint(1), "01"],
  ["a number", (w) => w.varint(300), "ac02"],
  ["a large number", (w) => w.varint(2 ** 53 - 1), "ffffffffffffff0f"],
  ["a negative number", (w) => w.signed(-2), "feffffffffffffffff01"],
  ["a float", (w) => w.double(1.5), "000000000000f83f"],
  ["a text", (w) => w.text("ab"), "6162"],
  ["a text beyond ASCII", (w) => w.text("aé"), "61c3a9"],
  ["a long text beyond ASCII", (w) => w.text("é".repeat(100)), "c3a9".repeat(100)],
  ["bytes", (w) => w.base64("AAEC"), "000102"],
];

for (const [name, write, hex] of writes) {
  test(`${name} is written in front, also where it outgrows the buffer`, () => {
    for (let size = 16_384 - 210; size <= 16_384; size++) {
      const writer = new ProtoWriter();
      const filler = "x".repeat(size);
      writer.text(filler);
      write(writer);
      const written = Buffer.from(writer.finish());
      equal(written.toString("hex", 0, hex.length / 2), hex, `after ${size}`);
      equal(written.toString("utf8", hex.length / 2) === filler, true, `after ${size}`);
    }
  });
}

test("what was begun is forgotten by a reset, and what was finished stays as it is", () => {
  const writer = new ProtoWriter();
  writer.text("one");
  const one = writer.finish();
  writer.reset();
  writer.text("two");
  equal(Buffer.from(one).toString() + Buffer.from(writer.finish()).toString(), "onetwo");
});
