import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import type { FieldError } from "#schema/field-error.ts";
import {
  domainPrefixedPath,
  immutable,
  isEmptySelector,
  nonNegativeFields,
  notDecremented,
  notGreater,
  notLonger,
  requiredText,
  validConditions,
  validLabelSelector,
} from "./field-rules.ts";
import { dnsLabel } from "./names.ts";

const lines = (errors: Iterable<FieldError>) =>
  [...errors].map(({ path, message }) => `${path}: ${message}`);

test("numbers that may not be negative are told by name, absent ones are fine", () => {
  deepEqual(lines(nonNegativeFields("spec", { a: -1, b: 0, c: undefined }, ["a", "b", "c"])), [
    "spec.a: Invalid value: -1: must be greater than or equal to 0",
  ]);
});

test("a field that stays may only lose keys that are undefined", () => {
  deepEqual(lines(immutable("a", { b: 1 }, { b: 1, c: undefined })), []);
  deepEqual(lines(immutable("a", undefined, { b: 1 })), [
    "a: Invalid value: null: field is immutable",
  ]);
});

test("a text that must be there is told from one that is wrong", () => {
  deepEqual(lines(requiredText("a", "", dnsLabel)), ["a: Required value"]);
  deepEqual(lines(requiredText("a", undefined, dnsLabel)), ["a: Required value"]);
  deepEqual(lines(requiredText("a", "b.c", dnsLabel)), [
    'a: Invalid value: "b.c": must not contain dots',
  ]);
});

test("counters stay below others, and collisions are only counted up", () => {
  const rule = { names: ["ready", "old"], than: "all", why: "too many" } as const;
  deepEqual(lines(notGreater("s", { ready: 3, old: 1, all: 2 }, rule)), [
    "s.ready: Invalid value: 3: too many",
  ]);
  deepEqual(lines(notDecremented("c", undefined, undefined)), []);
  deepEqual(lines(notDecremented("c", 3, 2)), []);
  deepEqual(lines(notDecremented("c", undefined, 2)), [
    "c: Invalid value: 0: cannot be decremented",
  ]);
});

test("texts are measured in bytes", () => {
  deepEqual(lines(notLonger("a", "é".repeat(2), 4)), []);
  deepEqual(lines(notLonger("a", "é".repeat(2), 3)), ["a: Too long: may not be more than 3 bytes"]);
  deepEqual(lines(notLonger("a", undefined, 3)), []);
});

test("selectors say what is wrong with them", () => {
  const requirement = (operator: string, values?: string[]) => ({
    matchExpressions: [{ key: "a", operator, ...(values && { values }) }],
  });
  const at = "s.matchExpressions[0]";
  const cases: readonly [selector: object, ...problems: string[]][] = [
    [{ matchLabels: { a: "b" }, ...requirement("In", ["x"]) }],
    [
      requirement("NotIn"),
      `${at}.values: Required value: must be specified when \`operator\` is 'In' or 'NotIn'`,
    ],
    [
      requirement("Exists", ["x"]),
      `${at}.values: Forbidden: may not be specified when \`operator\` is 'Exists' or 'DoesNotExist'`,
    ],
    [
      requirement("Gt", ["1"]),
      `${at}.operator: Invalid value: "Gt": not a valid selector operator`,
    ],
  ];
  for (const [selector, ...problems] of cases) {
    deepEqual(lines(validLabelSelector("s", selector)), problems);
  }
  deepEqual([{}, { matchLabels: {} }, { matchLabels: { a: "b" } }].map(isEmptySelector), [
    true,
    true,
    false,
  ]);
});

test("conditions say what is wrong with them", () => {
  const condition = {
    type: "Ready",
    status: "True",
    reason: "Fine",
    message: "",
    lastTransitionTime: "2026-01-01T00:00:00Z",
  };
  deepEqual(lines(validConditions("c", [condition])), []);
  deepEqual(lines(validConditions("c", [condition, { ...condition, status: "Yes" }])), [
    'c[1].type: Duplicate value: "Ready"',
    'c[1].status: Unsupported value: "Yes": supported values: "False", "True", "Unknown"',
  ]);
  const bare = { ...condition, reason: "", lastTransitionTime: null, observedGeneration: -1 };
  deepEqual(lines(validConditions("c", [bare])), [
    "c[0].observedGeneration: Invalid value: -1: must be greater than or equal to zero",
    "c[0].lastTransitionTime: Required value: must be set",
    "c[0].reason: Required value: must be set",
  ]);
});

test("controllers are named by a domain and a path", () => {
  deepEqual(lines(domainPrefixedPath("a", "acme.io/foo/bar")), []);
  deepEqual(lines(domainPrefixedPath("a", "")), ["a: Required value"]);
  deepEqual(lines(domainPrefixedPath("a", "acme.io/")), [
    'a: Invalid value: "acme.io/": must be a domain-prefixed path (such as "acme.io/foo")',
  ]);
  deepEqual(lines(domainPrefixedPath("a", "acme.io/a b")), [
    `a: Invalid value: "a b": Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')`,
  ]);
});
