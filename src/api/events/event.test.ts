import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { Event as Stored } from "#api/core/event.ts";
import { draftFrom } from "#api/testing.ts";
import { decodeJson } from "#schema/json.ts";
import type { FieldError } from "#schema/field-error.ts";
import { Event, eventsV1 } from "./event.ts";

const eventTime = "2026-01-01T00:00:00.000000Z";
const event = (change: object = {}) => ({
  kind: "Event",
  apiVersion: "events.k8s.io/v1",
  metadata: { name: "web.1", namespace: "default" },
  eventTime,
  reportingController: "example.com/controller",
  reportingInstance: "controller-1",
  action: "Starting",
  reason: "Started",
  regarding: { kind: "Pod", name: "web" },
  note: "it runs",
  type: "Normal",
  ...change,
});
const draft = (change: object = {}) => decodeJson(Event, event(change), { defaults: true }).value;
const stored = (change: object = {}) => eventsV1.toStored(draft(change) as never) as Stored;

test("the stored event is one of the core group, canonical, and comes back as it was", () => {
  const made = stored({ series: { count: 3, lastObservedTime: eventTime }, deprecatedCount: 4 });
  const again = draftFrom(Stored, made);
  equal(JSON.stringify(made), JSON.stringify(again));
  equal(made.involvedObject.name, "web");
  equal(made.message, "it runs");
  equal(made.count, 4);
  const back = eventsV1.fromStored(made as never);
  equal(
    JSON.stringify(back),
    JSON.stringify(
      draft({ series: { count: 3, lastObservedTime: eventTime }, deprecatedCount: 4 }),
    ),
  );
});

test("the core kind serves it", () => {
  deepEqual(Stored.alsoServed, [eventsV1]);
});

const lines = (errors: Iterable<FieldError> | undefined) =>
  [...(errors ?? [])].map(({ path, message }) => `${path}: ${message}`);

test("new events leave the old fields unset", () => {
  deepEqual(lines(eventsV1.validateCreate?.(stored() as never)), []);
  const old = stored({
    eventTime: null,
    type: "Odd",
    series: { count: 1, lastObservedTime: null },
    deprecatedSource: { component: "a" },
    deprecatedFirstTimestamp: "2026-01-01T00:00:00Z",
    deprecatedLastTimestamp: "2026-01-01T00:00:00Z",
    deprecatedCount: 1,
  });
  deepEqual(lines(eventsV1.validateCreate?.(old as never)), [
    'series.count: Invalid value: "": should be at least 2',
    "series.lastObservedTime: Required value",
    "eventTime: Required value",
    'type: Invalid value: "": has invalid value: Odd',
    'firstTimestamp: Invalid value: "": needs to be unset',
    'lastTimestamp: Invalid value: "": needs to be unset',
    'count: Invalid value: "": needs to be unset',
    'source: Invalid value: "": needs to be unset',
  ]);
});

test("only the series of an event may change", () => {
  const series = { count: 2, lastObservedTime: eventTime };
  deepEqual(lines(eventsV1.validateUpdate?.(stored({ series }) as never, stored() as never)), []);
  const changed = stored({ note: "it stopped", action: "Stopping" });
  deepEqual(lines(eventsV1.validateUpdate?.(changed as never, stored() as never)), [
    'message: Invalid value: "it stopped": field is immutable',
    'action: Invalid value: "Stopping": field is immutable',
  ]);
});

test("events are found by what they are about", () => {
  const fields = eventsV1.selectableFields ?? {};
  equal(fields["regarding.name"]?.(stored() as never), "web");
  equal(fields["reportingController"]?.(stored() as never), "example.com/controller");
});
