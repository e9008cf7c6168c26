import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { PriorityClass } from "#api/scheduling/priorityclass.ts";
import { objectOf } from "../admission/testing.ts";
import { startTestServer } from "../testing.ts";
import { ownWrites } from "./own-writes.ts";
import type { Founded } from "./registry.ts";

const classes = (...names: readonly string[]): readonly Founded[] =>
  names.map((name) => ({
    kind: PriorityClass,
    draft: objectOf(PriorityClass, { metadata: { name }, value: 1 }),
  }));

test("all are written in one commit, or none where one of the names is taken", async () => {
  await using server = await startTestServer({ kinds: [PriorityClass] });
  const { registry, store } = server;
  const how = ownWrites(new AbortController().signal);
  const before = store.revision();
  equal(await registry.found(classes("low", "high"), how), true);
  equal(store.revision(), before + 1);
  equal(await registry.found(classes("middle", "low"), how), false);
  equal(store.revision(), before + 1);
  const found = registry.reader.list(PriorityClass, "").map(({ object: { metadata } }) => metadata);
  deepEqual(
    found.map(({ name, managedFields = [] }) => [name, managedFields[0]?.manager]),
    [
      ["high", "kube-apiserver"],
      ["low", "kube-apiserver"],
    ],
  );
  equal(new Set(found.map(({ uid }) => uid)).size, 2);
});
