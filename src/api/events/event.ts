/**
 * Events of the group events.k8s.io: the events of the core group with other field names, and with
 * stricter rules for those who write them.
 * upstream: pkg/apis/events/v1/conversion.go, pkg/apis/core/validation/events.go
 */
import { EventSource } from "#api/core/event-source.ts";
import type { Event as Stored } from "#api/core/event.ts";
import { ObjectReference } from "#api/core/references.ts";
import { immutableFields } from "#api/field-rules.ts";
import type { AlsoServed } from "#api/kind.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { type FieldError, invalid, required } from "#schema/field-error.ts";
import { type Draft, s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const EventSeries = s.struct("events/v1.EventSeries", {
  count: s.int32(1, { required: true, doc: "How often it happened so far." }),
  lastObservedTime: s.microTime(2, { required: true, doc: "When it happened last." }),
});

export interface EventSeries extends ValueOf<typeof EventSeries> {}

export const Event = s.struct("events/v1.Event", {
  ...typeMeta,
  metadata: s.object(1, ObjectMeta, { always: true }),
  eventTime: s.microTime(2, { required: true, doc: "When it happened first." }),
  series: s.object(3, EventSeries, { optional: true, doc: "Set once it happened again." }),
  reportingController: s.string(4, { doc: "Who reports, as in `kubernetes.io/kubelet`." }),
  reportingInstance: s.string(5, { doc: "Which copy of the reporter." }),
  action: s.string(6, { doc: "What was done, or failed, in one word for machines." }),
  reason: s.string(7, { doc: "Why, in one word for machines." }),
  regarding: s.object(8, ObjectReference, { doc: "What it is about." }),
  related: s.object(9, ObjectReference, { optional: true, doc: "What else took part." }),
  note: s.string(10, { doc: "What happened, for people." }),
  type: s.string(11, { doc: "Normal or Warning." }),
  deprecatedSource: s.object(12, EventSource),
  deprecatedFirstTimestamp: s.time(13),
  deprecatedLastTimestamp: s.time(14),
  deprecatedCount: s.int32(15),
});

export interface Event extends ValueOf<typeof Event> {}

/** Keys with undefined values are no part of canonical objects. */
const given = <T extends object>(fields: T): T =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;

function toStored(event: Draft<Event>): Draft<Stored> {
  return given({
    kind: "Event",
    apiVersion: "v1",
    metadata: event.metadata,
    involvedObject: event.regarding,
    reason: event.reason,
    message: event.note,
    source: event.deprecatedSource,
    firstTimestamp: event.deprecatedFirstTimestamp,
    lastTimestamp: event.deprecatedLastTimestamp,
    count: event.deprecatedCount,
    type: event.type,
    eventTime: event.eventTime,
    series: event.series && seriesToStored(event.series),
    action: event.action,
    related: event.related,
    reportingComponent: event.reportingController ?? "",
    reportingInstance: event.reportingInstance ?? "",
  });
}

/** The core group leaves a count of zero out. */
const seriesToStored = ({ count, lastObservedTime }: EventSeries) =>
  given({ count: count === 0 ? undefined : count, lastObservedTime });

function fromStored(event: Stored): Draft<Event> {
  return given({
    kind: "Event",
    apiVersion: "events.k8s.io/v1",
    metadata: event.metadata as Draft<ObjectMeta>,
    eventTime: event.eventTime,
    series: event.series && {
      count: event.series.count ?? 0,
      lastObservedTime: event.series.lastObservedTime,
    },
    reportingController: event.reportingComponent || undefined,
    reportingInstance: event.reportingInstance || undefined,
    action: event.action,
    reason: event.reason,
    regarding: event.involvedObject,
    related: event.related,
    note: event.message,
    type: event.type,
    deprecatedSource: event.source,
    deprecatedFirstTimestamp: event.firstTimestamp,
    deprecatedLastTimestamp: event.lastTimestamp,
    deprecatedCount: event.count,
  });
}

const unset = "needs to be unset";

function* validateCreate(event: Stored): Iterable<FieldError> {
  yield* validSeries(event.series);
  if (event.eventTime === null) yield required("eventTime");
  if (event.type !== "Normal" && event.type !== "Warning") {
    yield invalid("type", "", `has invalid value: ${event.type ?? ""}`);
  }
  if (event.firstTimestamp !== null) yield invalid("firstTimestamp", "", unset);
  if (event.lastTimestamp !== null) yield invalid("lastTimestamp", "", unset);
  if (event.count) yield invalid("count", "", unset);
  if (event.source.component || event.source.host) yield invalid("source", "", unset);
}

function* validSeries(series: Stored["series"]): Iterable<FieldError> {
  if (!series) return;
  if ((series.count ?? 0) < 2) yield invalid("series.count", "", "should be at least 2");
  if (series.lastObservedTime === null) yield required("series.lastObservedTime");
}

function* validateUpdate(event: Stored, old: Stored): Iterable<FieldError> {
  yield* immutableFields("", { value: event, old }, [
    "involvedObject",
    "reason",
    "message",
    "source",
    "firstTimestamp",
    "lastTimestamp",
    "count",
    "type",
    "eventTime",
    "action",
    "related",
    "reportingComponent",
    "reportingInstance",
  ]);
  yield* validSeries(event.series);
}

/** Selectors of the core group's events, by the names that these have here. */
const selectableFields = {
  reason: (event: Stored) => event.reason ?? "",
  "regarding.kind": ({ involvedObject }: Stored) => involvedObject.kind ?? "",
  "regarding.namespace": ({ involvedObject }: Stored) => involvedObject.namespace ?? "",
  "regarding.name": ({ involvedObject }: Stored) => involvedObject.name ?? "",
  "regarding.uid": ({ involvedObject }: Stored) => involvedObject.uid ?? "",
  "regarding.apiVersion": ({ involvedObject }: Stored) => involvedObject.apiVersion ?? "",
  "regarding.resourceVersion": ({ involvedObject }: Stored) => involvedObject.resourceVersion ?? "",
  "regarding.fieldPath": ({ involvedObject }: Stored) => involvedObject.fieldPath ?? "",
  reportingController: (event: Stored) => event.reportingComponent,
  type: (event: Stored) => event.type ?? "",
} as const;

export const eventsV1: AlsoServed = {
  group: "events.k8s.io",
  version: "v1",
  kind: "Event",
  plural: "events",
  shortNames: ["ev"],
  doc: "Something that happened to an object, told by whoever did or saw it. Kept for a short while.",
  hash: "r2yiGXH7wu8=",
  schema: Event,
  toStored,
  fromStored,
  validateCreate,
  validateUpdate,
  selectableFields,
};
