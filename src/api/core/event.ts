import { defineKind, type ObjectOf } from "#api/kind.ts";
import { ObjectReference } from "./references.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const EventSeries = s.struct("core/v1.EventSeries", {
  count: s.int32(1),
  lastObservedTime: s.microTime(2),
});

export interface EventSeries extends ValueOf<typeof EventSeries> {}

export const EventSource = s.struct("core/v1.EventSource", {
  component: s.string(1),
  host: s.string(2),
});

export interface EventSource extends ValueOf<typeof EventSource> {}

export const Event = defineKind({
  group: "",
  version: "v1",
  kind: "Event",
  plural: "events",
  shortNames: ["ev"],
  scope: "Namespaced",
  storage: { prefix: "/registry/events", hash: "r2yiGXH7wu8=" },
  schema: s.struct("core/v1.Event", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta, { required: true }),
    involvedObject: s.object(2, ObjectReference, { required: true }),
    reason: s.string(3),
    message: s.string(4),
    source: s.object(5, EventSource),
    firstTimestamp: s.time(6),
    lastTimestamp: s.time(7),
    count: s.int32(8),
    type: s.string(9),
    eventTime: s.microTime(10),
    series: s.object(11, EventSeries, { optional: true }),
    action: s.string(12),
    related: s.object(13, ObjectReference, { optional: true }),
    reportingComponent: s.string(14, { always: true }),
    reportingInstance: s.string(15, { always: true }),
  }),
});

export interface Event extends ObjectOf<typeof Event> {}
