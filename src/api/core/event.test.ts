import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { cellsOf, objectFrom, problemsOf } from "#api/testing.ts";
import { Event } from "./event.ts";
import type { Cases } from "./testing.ts";

const event = (fields: object, namespace = "default") => ({
  metadata: { name: "web.1", namespace },
  involvedObject: { kind: "Pod", namespace, name: "web" },
  ...fields,
});

const nowMs = Date.parse("2024-01-01T01:00:00Z");
const report = {
  eventTime: "2024-01-01T00:00:00.000001Z",
  reportingComponent: "example.com/controller",
  reportingInstance: "controller-1",
  action: "Scale",
  reason: "Scaled",
};

test("events of both sorts are accepted", () => {
  const cases: Cases = [
    [event({ reason: "Started", source: { component: "kubelet" } })],
    [event({ involvedObject: { kind: "Node", name: "n" } })],
    [event(report)],
    [event({ ...report, involvedObject: { kind: "Node", name: "n" } }, "kube-system")],
    [event({ ...report, involvedObject: { kind: "Pod", namespace: "other" } })],
  ];
  for (const [manifest, ...problems] of cases) deepEqual(problemsOf(Event, manifest), problems);
});

test("an event lies where its object is", () => {
  const mismatch = "does not match event.namespace";
  deepEqual(problemsOf(Event, event({ involvedObject: { namespace: "other" } })), [
    `involvedObject.namespace: Invalid value: "other": ${mismatch}`,
  ]);
  deepEqual(problemsOf(Event, event({ involvedObject: { kind: "Node" } }, "team")), [
    `involvedObject.namespace: Invalid value: "": ${mismatch}`,
  ]);
});

test("new events say who reports what", () => {
  const { eventTime } = report;
  deepEqual(problemsOf(Event, event({ eventTime, message: "x".repeat(1025) })), [
    "reportingController: Required value",
    'reportingController: Invalid value: "": name part must be non-empty',
    "reportingController: Invalid value: \"\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
    "reportingInstance: Required value",
    "action: Required value",
    "reason: Required value",
    'message: Invalid value: "": can have at most 1024 characters',
  ]);
  deepEqual(problemsOf(Event, event({ ...report, action: "x".repeat(129) })), [
    'action: Invalid value: "": can have at most 128 characters',
  ]);
});

function shown(fields: object): readonly unknown[] {
  const cells = cellsOf(Event, event(fields), nowMs);
  return ["Last Seen", "First Seen", "Count", "Source"].map((name) => cells[name]);
}

test("events are shown with their times, whichever form they have", () => {
  deepEqual(shown({}), ["<unknown>", "<unknown>", 1, ""]);
  deepEqual(
    shown({
      firstTimestamp: "2024-01-01T00:00:00Z",
      lastTimestamp: "2024-01-01T00:59:00Z",
      count: 5,
      source: { component: "kubelet", host: "n" },
    }),
    ["60s", "60m", 5, "kubelet, n"],
  );
  deepEqual(shown({ firstTimestamp: "2024-01-01T00:00:00Z" }), ["60m", "60m", 1, ""]);
  deepEqual(
    shown({ ...report, series: { count: 3, lastObservedTime: "2024-01-01T00:59:50.000000Z" } }),
    ["10s", "60m", 3, "example.com/controller, controller-1"],
  );
});

test("events are shown with what they are about", () => {
  const cells = cellsOf(Event, event({ message: "  done\n", type: "Normal", reason: "Started" }));
  deepEqual(
    ["Object", "Message", "Type", "Reason", "Name"].map((name) => cells[name]),
    ["pod/web", "done", "Normal", "Started", "web.1"],
  );
});

test("the source of an event is selected in either form", () => {
  const source = (fields: object) =>
    Event.selectableFields?.["source"]?.(objectFrom(Event, event(fields)));
  equal(source({ source: { component: "kubelet" } }), "kubelet");
  equal(source(report), "example.com/controller");
});
