import { equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { formatJson } from "#base/go-json.ts";
import { compileJsonPath } from "#base/jsonpath.ts";
import { alignTabs, describeTabs, tableTabs } from "./tab-writer.ts";

const list = {
  items: [
    { name: "a", size: 1, tags: ["x", "y"] },
    { name: "b", size: 5, tags: [] },
  ],
};
const found = (template: string): string => compileJsonPath(template).print(list);

test("paths name fields, items, slices and filters", () => {
  equal(found("{.items[*].name}"), "a b");
  equal(found("{.items[-1].name}"), "b");
  equal(found("{.items[0].tags[0:1]}"), "x");
  equal(found("{.items[?(@.size>2)].name}"), "b");
  equal(found('{range .items[*]}{.name}{"\\t"}{.size}{"\\n"}{end}'), "a\t1\nb\t5\n");
  equal(found("{..name}"), "a b");
});

test("a path that is none is refused", () => {
  throws(() => compileJsonPath("{.items[}"));
  throws(() => compileJsonPath("{.a"));
});

test("JSON has sorted keys, and no characters that mean something to HTML", () => {
  equal(formatJson({ b: "<&>", a: 1 }), '{\n    "a": 1,\n    "b": "\\u003c\\u0026\\u003e"\n}\n');
});

test("a column is as wide as the lines that have a cell in it, one after the other", () => {
  equal(alignTabs("a\tb\nlonger\tc\n\nx\ty\n", describeTabs), "a       b\nlonger  c\n\nx  y\n");
});

test("tables keep the widths that they had", () => {
  const tabs = { ...tableTabs, remembered: [] };
  equal(alignTabs("a-long-name\tb\n", tabs), "a-long-name   b\n");
  equal(alignTabs("a\tb\n", tabs), "a             b\n");
});
