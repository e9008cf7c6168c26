import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { base32, fnv32a, safeEncode, sha256, sha256Hex } from "./hash.ts";

test("FNV-1a as published", () => {
  deepEqual(["", "a", "foobar", "\u00e9"].map(fnv32a), [
    0x811c9dc5,
    0xe40c292c,
    0xbf9cf968,
    fnv32a(new Uint8Array([0xc3, 0xa9])),
  ]);
});

test("SHA-256", () => {
  equal(sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  equal(sha256("abc").toHex(), sha256Hex("abc"));
});

test("base 32 as published, without padding", () => {
  deepEqual(
    ["", "f", "fo", "foo", "foob", "fooba", "foobar"].map((text) => base32(Buffer.from(text))),
    ["", "MY", "MZXQ", "MZXW6", "MZXW6YQ", "MZXW6YTB", "MZXW6YTBOI"],
  );
});

test("safe encoding keeps the length and makes no words", () => {
  deepEqual(["", "0", "1234567890"].map(safeEncode), ["", "4", "56789bcdf4"]);
});
