import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { isReason } from "./errors.ts";
import {
  exactFieldValue,
  formatLabelSelector,
  labelSelectorOf,
  labelSelectorText,
  labelSetSelectorOf,
  parseFieldSelector,
  parseLabelSelector,
} from "./selectors.ts";

const canonical: readonly [text: string, canonical: string][] = [
  ["", ""],
  ["  ", ""],
  ["b=1,a==2", "a==2,b=1"],
  ["a!=b", "a!=b"],
  ["x in (b, a,,b)", "x in (,a,b)"],
  ["x notin ()", "x notin ()"],
  ["x,!y", "x,!y"],
  ["n>5,n<10", "n>5,n<10"],
  ["a=", "a="],
  ["in in (in,notin)", "in in (in,notin)"],
  ["a.b/c = d", "a.b/c=d"],
];
for (const [text, expected] of canonical) {
  test(`"${text}" is the label selector "${expected}"`, () => {
    equal(parseLabelSelector(text).toString(), expected);
  });
}

const refused: readonly [text: string, message: RegExp | string][] = [
  ["a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
  ["=x", "found '=', expected: !, identifier, or 'end of string'"],
  ["a=b,", "found '', expected: identifier after ','"],
  ["a=b c", "found 'c', expected: ',' or 'end of string'"],
  ["!x=a", "found '=', expected: ',' or 'end of string'"],
  ["a in b", "unable to parse requirement: found 'b' expected: '('"],
  ["a in (b", "unable to parse requirement: found '', expected: ',' or ')'"],
  ["a in (b,!)", "unable to parse requirement: found '!', expected: ',', or identifier"],
  ["a in (=)", "unable to parse requirement: found '=', expected: ',', ')' or identifier"],
  ["a==(", "unable to parse requirement: found '(', expected: identifier"],
  ["!(", "unable to parse requirement: found '(', expected: identifier"],
  ["a$=b", /^unable to parse requirement: <nil>: Invalid value: "a\$": name part must consist/],
  [
    "a=b$",
    /^unable to parse requirement: values\[0\]\[a\]: Invalid value: "b\$": a valid label must be/,
  ],
  [
    "a>b",
    `unable to parse requirement: values[0]: Invalid value: "b": for 'Gt', 'Lt' operators, the value must be an integer`,
  ],
];
for (const [text, message] of refused) {
  test(`"${text}" is no label selector`, () => {
    throws(() => parseLabelSelector(text), { name: "ApiError", reason: "BadRequest", message });
  });
}

const matches: readonly [text: string, labels: Record<string, string>, boolean][] = [
  ["app=web", { app: "web" }, true],
  ["app=web", { app: "api" }, false],
  ["app!=web", {}, true],
  ["app in (a,b)", { app: "b" }, true],
  ["app notin (a,b)", { app: "b" }, false],
  ["app notin (a,b)", {}, true],
  ["app", { app: "" }, true],
  ["!app", { app: "" }, false],
  ["n>5", { n: "6" }, true],
  ["n>5", { n: "five" }, false],
  ["n<5", {}, false],
  ["n>9223372036854775806", { n: "9223372036854775807" }, true],
  ["constructor", {}, false],
];
for (const [text, labels, expected] of matches) {
  test(`"${text}" ${expected ? "matches" : "does not match"} ${JSON.stringify(labels)}`, () => {
    equal(parseLabelSelector(text).matches(labels), expected);
  });
}

test("an absent selector selects nothing, an empty one everything", () => {
  equal(labelSelectorOf(undefined).matches({}), false);
  equal(labelSelectorOf({}).matches(undefined), true);
  equal(labelSetSelectorOf({}).isEverything, true);
});

test("a selector of the API is remembered, and prints as text", () => {
  const selector = {
    matchLabels: { b: "1" },
    matchExpressions: [
      { key: "a", operator: "In", values: ["y", "x"] },
      { key: "c", operator: "DoesNotExist" },
    ],
  };
  equal(labelSelectorOf(selector), labelSelectorOf(selector));
  equal(formatLabelSelector(selector), "a in (x,y),b=1,!c");
  equal(formatLabelSelector({}), "<none>");
  equal(formatLabelSelector(undefined), "<none>");
});

test("an invalid selector says so", () => {
  const selector = { matchExpressions: [{ key: "a", operator: "Near" }] };
  equal(formatLabelSelector(selector), "<error>");
  equal(labelSelectorText(selector, "<invalid>"), "<invalid>");
  throws(
    () => labelSelectorOf(selector),
    (e) => isReason(e, "BadRequest") && e.message.startsWith(`"Near" is not a valid label`),
  );
});

test("field selectors have terms, escapes and two operators", () => {
  deepEqual(parseFieldSelector("status.phase!=Running,metadata.name==a,spec.x=b\\,c"), [
    { path: "metadata.name", operator: "=", value: "a" },
    { path: "spec.x", operator: "=", value: "b,c" },
    { path: "status.phase", operator: "!=", value: "Running" },
  ]);
  deepEqual(parseFieldSelector(""), []);
  deepEqual(parseFieldSelector(",a=,"), [{ path: "a", operator: "=", value: "" }]);
  equal(exactFieldValue(parseFieldSelector("a!=1,a=2"), "a"), "2");
});

const badFields: readonly [text: string, message: string][] = [
  ["abc", "invalid selector: 'abc'; can't understand 'abc'"],
  ["a=b=c", "invalid field selector: unescaped character in value: 61"],
  ["a=b\\c", "invalid field selector: invalid escape sequence: \\c"],
  ["a=b\\", "invalid field selector: invalid escape sequence: \\"],
];
for (const [text, message] of badFields) {
  test(`"${text}" is no field selector`, () => {
    throws(() => parseFieldSelector(text), { reason: "BadRequest", message });
  });
}
