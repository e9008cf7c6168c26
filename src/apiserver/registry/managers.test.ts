import { deepEqual, equal, notEqual } from "node:assert/strict";
import { test } from "node:test";
import { FieldSet } from "#schema/fieldset.ts";
import {
  areKnownEntries,
  entriesOf,
  identityOf,
  type Manager,
  ownersStored,
  owning,
} from "./managers.ts";

const applier: Manager = { name: "x", operation: "Apply", apiVersion: "v1", subresource: "" };
const time = "2026-01-02T03:04:05Z";
const data = (): FieldSet => FieldSet.ofPaths([["f:data", "f:k"]]);

const entriesFor = (manager: Manager, fields: FieldSet, at = time) =>
  entriesOf(new Map([[identityOf(manager), owning(manager, fields, at)]]));

test("objects written alike share what is said of their owner", () => {
  const first = entriesFor(applier, data());
  equal(entriesFor(applier, data()), first);
  deepEqual(first, [
    {
      manager: "x",
      operation: "Apply",
      apiVersion: "v1",
      time,
      fieldsType: "FieldsV1",
      fieldsV1: { "f:data": { "f:k": {} } },
    },
  ]);
});

test("nothing is shared between other times, other fields and other versions", () => {
  const first = entriesFor(applier, data());
  const later = entriesFor(applier, data(), "2026-01-02T03:04:06Z");
  deepEqual([first[0]?.time, later[0]?.time], [time, "2026-01-02T03:04:06Z"]);
  const other = entriesFor(applier, FieldSet.ofPaths([["f:data"]]));
  notEqual(other[0]?.fieldsV1, first[0]?.fieldsV1);
  // The same applier, whatever the version: but it is told which one it last used.
  entriesFor(applier, data());
  equal(entriesFor({ ...applier, apiVersion: "v2" }, data())[0]?.apiVersion, "v2");
});

test("stored entries are read once; those of a request are nobody's until they are stored", () => {
  const stored = structuredClone(entriesFor(applier, data()));
  equal(areKnownEntries(stored), false);
  const owners = ownersStored(stored);
  equal(ownersStored(stored), owners);
  equal(areKnownEntries(stored), true);
  equal(areKnownEntries(structuredClone(stored)), false);
});
