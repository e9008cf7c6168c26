import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { cellsOf, draftFrom, objectFrom, problemsOf } from "#api/testing.ts";
import { Namespace } from "./namespace.ts";

const named = { metadata: { name: "team", labels: { z: "1", a: "2" } } };

test("a new namespace is labelled with its name, active and held", () => {
  equal(
    JSON.stringify(objectFrom(Namespace, named)),
    '{"kind":"Namespace","apiVersion":"v1","metadata":{"name":"team","labels":{"a":"2","kubernetes.io/metadata.name":"team","z":"1"}},"spec":{"finalizers":["kubernetes"]},"status":{"phase":"Active"}}',
  );
});

test("finalizers of namespaces are qualified", () => {
  deepEqual(problemsOf(Namespace, { ...named, spec: { finalizers: ["a.b/c"] } }), []);
  const problem = "name is neither a standard finalizer name nor is it fully qualified";
  deepEqual(problemsOf(Namespace, { ...named, spec: { finalizers: ["mine"] } }), [
    `spec.finalizers: Invalid value: "mine": ${problem}`,
  ]);
});

test("updates leave the finalizers alone; deletion changes the phase", () => {
  const old = objectFrom(Namespace, named);
  const draft = draftFrom(Namespace, named);
  Namespace.prepareForUpdate?.(draft, old);
  deepEqual(draft.spec, { finalizers: ["kubernetes"] });
  equal(Namespace.isHeld?.(draft), true);
  Namespace.prepareForDelete?.(draft);
  equal(draft.status.phase, "Terminating");
});

test("the phase follows deletion", () => {
  const deletionTimestamp = "2024-01-01T00:00:00Z";
  const problems = (metadata: object, phase: string): readonly string[] => {
    const draft = draftFrom(Namespace, { metadata, status: { phase } });
    const errors = Namespace.status?.validate?.(draft, draft) ?? [];
    return Array.from(errors, ({ path, message }) => `${path}: ${message}`);
  };
  deepEqual(problems({ name: "a" }, "Active"), []);
  deepEqual(problems({ name: "a", deletionTimestamp }, "Terminating"), []);
  deepEqual(problems({ name: "a" }, "Terminating"), [
    "status.Phase: Invalid value: \"Terminating\": may only be 'Active' if `deletionTimestamp` is empty",
  ]);
  deepEqual(problems({ name: "a", deletionTimestamp }, "Active"), [
    "status.Phase: Invalid value: \"Active\": may only be 'Terminating' if `deletionTimestamp` is not empty",
  ]);
});

test("namespaces are shown and selected by phase", () => {
  equal(cellsOf(Namespace, named)["Status"], "Active");
  equal(Namespace.selectableFields?.["status.phase"]?.(objectFrom(Namespace, named)), "Active");
});
