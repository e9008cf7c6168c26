import { equal } from "node:assert/strict";
import { test } from "node:test";
import { newestMarked } from "./default-class.ts";
import type { ApiObject } from "./kind.ts";

const mark = "example.org/default";

const classOf = (name: string, creationTimestamp: string, marked = "true"): ApiObject => ({
  apiVersion: "v1",
  kind: "Class",
  metadata: { name, creationTimestamp, annotations: { [mark]: marked } },
});

const [early, late] = ["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"];

test("of classes that are marked, the one made last is the default", () => {
  const classes = [classOf("a", early), classOf("b", late), classOf("c", early)];
  equal(newestMarked(classes, [mark])?.metadata.name, "b");
});

test("of those made at the same time it is the first by name, however they are listed", () => {
  for (const names of ["abc", "cba", "bac"]) {
    const classes = Array.from(names, (name) => classOf(name, early));
    equal(newestMarked(classes, ["example.org/beta", mark])?.metadata.name, "a");
  }
});

test("a class that is not marked is never the default", () => {
  equal(newestMarked([classOf("a", early, "false")], [mark]), undefined);
});
