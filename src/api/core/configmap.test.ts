import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { cellsOf, changeProblems, problemsOf } from "#api/testing.ts";
import { ConfigMap } from "./configmap.ts";
import type { Cases } from "./testing.ts";

const map = (fields: object) => ({ metadata: { name: "a", namespace: "b" }, ...fields });

const badKey =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";

test("keys do as file names, in one of the two maps, and all of it is not too long", () => {
  const cases: Cases = [
    [{ data: { "a.b-c_D": "", ".env": "1" }, binaryData: { c: "AAEC" } }],
    [{ data: { "a b": "" } }, `data[a b]: Invalid value: "a b": ${badKey}`],
    [{ data: { "..": "" } }, "data[..]: Invalid value: \"..\": must not be '..'"],
    [{ data: { "..a": "" } }, "data[..a]: Invalid value: \"..a\": must not start with '..'"],
    [
      { data: { a: "" }, binaryData: { a: "" } },
      'data[a]: Invalid value: "a": duplicate of key present in binaryData',
    ],
    [{ data: { a: "x".repeat(1024 * 1024) } }],
    [
      { data: { a: "é".repeat(512 * 1024), b: "x" } },
      "[]: Too long: may not be more than 1048576 bytes",
    ],
  ];
  for (const [fields, ...problems] of cases)
    deepEqual(problemsOf(ConfigMap, map(fields)), problems);
});

test("what is immutable stays so", () => {
  const from = map({ immutable: true, data: { a: "1" } });
  const sealed = "Forbidden: field is immutable when `immutable` is set";
  deepEqual(changeProblems(ConfigMap, { from, to: from }), []);
  deepEqual(changeProblems(ConfigMap, { from, to: map({ data: { a: "2" } }) }), [
    `immutable: ${sealed}`,
    `data: ${sealed}`,
  ]);
  deepEqual(changeProblems(ConfigMap, { from: map({}), to: from }), []);
});

test("entries of both maps are counted", () => {
  equal(cellsOf(ConfigMap, map({ data: { a: "", b: "" }, binaryData: { c: "" } }))["Data"], 3);
});
