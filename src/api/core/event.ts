import { defineKind, type ObjectOf } from "#api/kind.ts";
import { eventsV1 } from "#api/events/event.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { pathSegmentName } from "#api/names.ts";
import type { FieldError } from "#schema/field-error.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";
import { firstSeen, lastSeen, objectOf, reporterOf, timesSeen } from "./event-columns.ts";
import { EventSource } from "./event-source.ts";
import { validateEvent } from "./event-validation.ts";
import { ObjectReference } from "./references.ts";

export const EventSeries = s.struct("core/v1.EventSeries", {
  count: s.int32(1, { doc: "How often it happened so far." }),
  lastObservedTime: s.microTime(2, { doc: "When it happened last." }),
});

export interface EventSeries extends ValueOf<typeof EventSeries> {}

export const Event = defineKind({
  group: "",
  version: "v1",
  kind: "Event",
  doc: "Something that happened to an object, told by whoever did or saw it. Kept for a short while; nothing may depend on it.",
  plural: "events",
  shortNames: ["ev"],
  scope: "Namespaced",
  storage: { prefix: "/registry/events", hash: "r2yiGXH7wu8=", lazy: true, ttlSeconds: 3_600 },
  schema: s.struct("core/v1.Event", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta, { required: true }),
    involvedObject: s.object(2, ObjectReference, { required: true, doc: "What it is about." }),
    reason: s.string(3, { doc: "Why, in one word for machines." }),
    message: s.string(4, { doc: "What happened, for people." }),
    source: s.object(5, EventSource, { doc: "Who reports, in the old form." }),
    firstTimestamp: s.time(6, { doc: "When it was seen first, in the old form." }),
    lastTimestamp: s.time(7, { doc: "When it was seen last, in the old form." }),
    count: s.int32(8, { doc: "How often it was seen, in the old form." }),
    type: s.string(9, { doc: "Normal or Warning." }),
    eventTime: s.microTime(10, { doc: "When it happened first." }),
    series: s.object(11, EventSeries, { optional: true, doc: "Set once it happened again." }),
    action: s.string(12, { doc: "What was done, or failed, in one word for machines." }),
    related: s.object(13, ObjectReference, { optional: true, doc: "What else took part." }),
    reportingComponent: s.string(14, {
      always: true,
      doc: "Who reports, as in `kubernetes.io/kubelet`.",
    }),
    reportingInstance: s.string(15, { always: true, doc: "Which copy of the reporter." }),
  }),
  columns: [
    { name: "Last Seen", type: "string", doc: "Since it happened last.", cell: lastSeen },
    { name: "Type", type: "string", doc: "Normal or Warning.", cell: ({ type = "" }) => type },
    { name: "Reason", type: "string", doc: "Why.", cell: ({ reason = "" }) => reason },
    {
      name: "Object",
      type: "string",
      doc: "What it is about.",
      cell: ({ involvedObject }) => objectOf(involvedObject),
    },
    {
      name: "Subobject",
      type: "string",
      doc: "Which part of the object.",
      wide: true,
      cell: ({ involvedObject }) => involvedObject.fieldPath ?? "",
    },
    { name: "Source", type: "string", doc: "Who reports.", wide: true, cell: reporterOf },
    {
      name: "Message",
      type: "string",
      doc: "What happened.",
      cell: ({ message = "" }) => message.trim(),
    },
    {
      name: "First Seen",
      type: "string",
      doc: "Since it happened first.",
      wide: true,
      cell: firstSeen,
    },
    { name: "Count", type: "string", doc: "How often it happened.", wide: true, cell: timesSeen },
    {
      name: "Name",
      type: "string",
      format: "name",
      doc: "Name of the event.",
      wide: true,
      cell: ({ metadata }) => metadata.name ?? "",
    },
  ],
  selectableFields: {
    "involvedObject.kind": ({ involvedObject }) => involvedObject.kind ?? "",
    "involvedObject.namespace": ({ involvedObject }) => involvedObject.namespace ?? "",
    "involvedObject.name": ({ involvedObject }) => involvedObject.name ?? "",
    "involvedObject.uid": ({ involvedObject }) => involvedObject.uid ?? "",
    "involvedObject.apiVersion": ({ involvedObject }) => involvedObject.apiVersion ?? "",
    "involvedObject.resourceVersion": ({ involvedObject }) => involvedObject.resourceVersion ?? "",
    "involvedObject.fieldPath": ({ involvedObject }) => involvedObject.fieldPath ?? "",
    reason: ({ reason = "" }) => reason,
    reportingComponent: ({ reportingComponent }) => reportingComponent,
    source: ({ source, reportingComponent }) => source.component || reportingComponent,
    type: ({ type = "" }) => type,
  },
  nameRule: pathSegmentName,
  createsOnUpdate: true,
  validate: (event): Iterable<FieldError> => validateEvent(event),
  alsoServed: [eventsV1],
});

export interface Event extends ObjectOf<typeof Event> {}
