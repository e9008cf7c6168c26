import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { resultOf } from "./testing.ts";

function table(area: string, cases: Readonly<Record<string, unknown>>): void {
  test(area, () => {
    for (const [text, expected] of Object.entries(cases)) deepEqual(resultOf(text), expected, text);
  });
}

table("quantifiers decide as early as they can", {
  "[1, 2, 3].all(x, x > 0)": true,
  "[1, -2, 3].all(x, x > 0)": false,
  "[].all(x, false)": true,
  "[1, 2].exists(x, x == 2)": true,
  "[].exists(x, true)": false,
  "[1, 2, 2].exists_one(x, x == 2)": false,
  "[1, 2, 3].exists_one(x, x == 2)": true,
  "{'a': 1, 'b': 2}.all(k, k != 'c')": true,
  "{'a': 1}.exists(k, k == 'a')": true,
});

table("quantifiers swallow errors when another item decides", {
  "[0, 1, 2].exists(x, 2 / x == 2)": true,
  "[0, 3].exists(x, 2 / x == 2)": "error: division by zero",
  "[0, 1].all(x, 2 / x == 5)": false,
  "[1, 0].all(x, 2 / x == 2)": "error: division by zero",
  "[0].exists_one(x, 1 / x == 1)": "error: division by zero",
});

table("lists are mapped and filtered", {
  "[1, 2, 3].map(x, x * 2)": [2, 4, 6],
  "[1, 2, 3].map(x, x > 1, x * 2)": [4, 6],
  "[1, 2, 3].filter(x, x % 2 == 1)": [1, 3],
  "{'a': 1, 'b': 2}.map(k, k + '!')": ["a!", "b!"],
  "{'a': 1, 'b': 2}.filter(k, k == 'b')": ["b"],
  "[[1, 2], [3]].map(l, l.map(x, x + l.size()))": [[3, 4], [4]],
  "[1, 2].map(x, [3, 4].map(x, x))": [
    [3, 4],
    [3, 4],
  ],
});

table("two variables are an index or a key, and the value", {
  "[5, 6].all(i, v, v == i + 5)": true,
  "{'a': 1, 'b': 2}.exists(k, v, k == 'b' && v == 2)": true,
  "[5, 5, 6].existsOne(i, v, v == 5 && i == 1)": true,
  "[5, 6].transformList(i, v, i * v)": [0, 6],
  "[5, 6].transformList(i, v, i > 0, v)": [6],
  "{'a': 1}.transformMap(k, v, v + 1)": new Map([["a", 2]]),
  "{'a': 1, 'b': 2}.transformMap(k, v, v > 1, k)": new Map([["b", "b"]]),
  "{'a': 'x', 'b': 'y'}.transformMapEntry(k, v, {v: k})": new Map([
    ["x", "a"],
    ["y", "b"],
  ]),
  "{'a': 'x', 'b': 'x'}.transformMapEntry(k, v, {v: k})":
    "error: insert failed: key x already exists",
});

table("bindings are made when first asked for", {
  "cel.bind(x, 2 + 3, x * x)": 25,
  "cel.bind(x, 1 / 0, true)": true,
  "cel.bind(x, 1, cel.bind(y, x + 1, [x, y]))": [1, 2],
  "cel.bind(x, 1, cel.bind(x, x + 1, x))": 2,
});

table("optionals are there or not", {
  "{'a': 1}.?a.orValue(2)": 1,
  "{'a': 1}.?b.orValue(2)": 2,
  "{'a': {'b': 1}}.?a.?b.value()": 1,
  "{'a': {'b': 1}}.?x.b.hasValue()": false,
  "{'a': {'b': 1}}.?a.c.orValue(3)": 3,
  "[1, 2][?1].value() + [1][?5].orValue(10)": 12,
  "{'a': 1}[?'a'].hasValue()": true,
  "optional.none().hasValue()": false,
  "optional.none().value()": "error: optional.none() dereference",
  "optional.of(1).or(optional.of(2)).value()": 1,
  "optional.ofNonZeroValue('').hasValue()": false,
  "optional.ofNonZeroValue([0]).hasValue()": true,
  "optional.of(2).optMap(x, x * 2).value()": 4,
  "optional.none().optMap(x, x * 2).orValue(0)": 0,
  "optional.of([1]).optFlatMap(l, l.first()).value()": 1,
  "[?{'a': 1}.?a, ?{'a': 1}.?b, 3]": [1, 3],
  "{?'a': {'x': 1}.?x, ?'b': {'x': 1}.?y}": new Map([["a", 1]]),
  "optional.of(1) == optional.of(1) && optional.of(1) != optional.none()": true,
  "optional.unwrap([optional.of(1), optional.none()])": [1],
  "[].first().hasValue() || [1, 2].last().value() == 2": true,
  "has({'a': {'b': 1}}.?a.b)": true,
});
