import { EventSource } from "#api/core/event.ts";
import { ObjectReference } from "#api/core/references.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const EventSeries = s.struct("events/v1.EventSeries", {
  count: s.int32(1, { required: true }),
  lastObservedTime: s.microTime(2, { required: true }),
});

export interface EventSeries extends ValueOf<typeof EventSeries> {}

export const Event = s.struct("events/v1.Event", {
  ...typeMeta,
  metadata: s.object(1, ObjectMeta, { always: true }),
  eventTime: s.microTime(2, { required: true }),
  series: s.object(3, EventSeries, { optional: true }),
  reportingController: s.string(4),
  reportingInstance: s.string(5),
  action: s.string(6),
  reason: s.string(7),
  regarding: s.object(8, ObjectReference),
  related: s.object(9, ObjectReference, { optional: true }),
  note: s.string(10),
  type: s.string(11),
  deprecatedSource: s.object(12, EventSource),
  deprecatedFirstTimestamp: s.time(13),
  deprecatedLastTimestamp: s.time(14),
  deprecatedCount: s.int32(15),
});

export interface Event extends ValueOf<typeof Event> {}
