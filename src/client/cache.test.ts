import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import type { ApiObject } from "#api/kind.ts";
import { Cache, type Index } from "./cache.ts";

const byLetter: Index = ({ metadata }) => [(metadata.name ?? "").slice(0, 1)];

const named = (name: string, uid = name): ApiObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { namespace: "a", name, uid },
});

test("an index finds none, one and several objects, and forgets those that go", () => {
  const cache = new Cache();
  const names = (value: string) => cache.by(byLetter, value).map(({ metadata }) => metadata.name);
  deepEqual(names("x"), []);
  for (const name of ["x1", "y1", "x2", "x3"]) cache.put(named(name));
  deepEqual([names("x"), names("y")], [["x1", "x2", "x3"], ["y1"]]);
  for (const name of ["x1", "y1"]) cache.remove(named(name));
  deepEqual([names("x"), names("y")], [["x2", "x3"], []]);
  for (const name of ["x2", "x3"]) cache.remove(named(name));
  deepEqual([names("x"), cache.size], [[], 0]);
});

test("a changed object takes the place of the old one in every index", () => {
  const cache = new Cache();
  cache.put(named("x1", "old"));
  equal(cache.by(byLetter, "x").length, 1);
  cache.put(named("x1", "new"));
  deepEqual(
    cache.by(byLetter, "x").map(({ metadata }) => metadata.uid),
    ["new"],
  );
});
