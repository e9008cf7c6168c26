import { deepEqual, equal, notEqual, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import { deepFreeze, draftOf, equal as same } from "./copy.ts";

test("a draft of a frozen object may be written to, all through", () => {
  const object = deepFreeze({ a: { b: [{ c: 1 }] } });
  const draft = draftOf(object);
  draft.a.b.push({ c: 2 });
  (draft.a.b[0] ?? { c: 0 }).c = 3;
  deepEqual(object, { a: { b: [{ c: 1 }] } });
});

test("a frozen object cannot be written to, all through", () => {
  const object = deepFreeze({ a: { b: [{ c: 1 }] } });
  throws(() => Object.assign(object.a.b[0] ?? {}, { c: 2 }), TypeError);
});

test("a copy keeps a member called __proto__", () => {
  const object: unknown = JSON.parse('{"__proto__":{"a":1}}');
  const draft = draftOf(object) as object;
  equal(JSON.stringify(draft), '{"__proto__":{"a":1}}');
  notEqual(Object.getOwnPropertyDescriptor(draft, "__proto__")?.value, undefined);
  equal(Object.getPrototypeOf(draft), Object.prototype);
});

const pairs: [name: string, a: unknown, b: unknown, same: boolean][] = [
  ["order of keys does not count", { a: 1, b: { c: [1] } }, { b: { c: [1] }, a: 1 }, true],
  ["undefined is absent", { a: undefined, b: 1 }, { b: 1, c: undefined }, true],
  ["null is not absent", { a: null }, {}, false],
  ["order of items counts", [1, 2], [2, 1], false],
  ["a longer list", [1], [1, 1], false],
  ["one key more", { a: 1 }, { a: 1, b: 1 }, false],
  ["one key instead of another", { a: 1 }, { b: 1 }, false],
  ["a list is no object", [], {}, false],
  ["null is no object", null, {}, false],
  ["a string is no number", "1", 1, false],
];
for (const [name, a, b, expected] of pairs) {
  test(`equality: ${name}`, () => {
    equal(same(a, b), expected);
    equal(same(b, a), expected);
    ok(same(a, draftOf(a)));
  });
}
