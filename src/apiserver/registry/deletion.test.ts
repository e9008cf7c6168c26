import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import type { AnyKind, ApiObject } from "#api/kind.ts";
import { planDeletion } from "./deletion.ts";

const nowMs = Date.parse("2026-01-01T00:00:00Z");
const plain = {} as AnyKind;
const graceful = { graceSeconds: (_: ApiObject, asked?: number) => asked ?? 30 } as AnyKind;
const held = { isHeld: () => true } as unknown as AnyKind;
const orphaning = { orphansByDefault: true } as AnyKind;

interface Asked {
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: "Background" | "Foreground" | "Orphan";
}

const plan = (kind: AnyKind, metadata: object, asked: Asked = {}): unknown => {
  const query = { gracePeriodSeconds: undefined, propagationPolicy: undefined, ...asked, nowMs };
  const made = planDeletion(kind, { metadata } as ApiObject, query);
  if (made.do !== "mark") return made.do;
  const { deletionTimestamp, graceSeconds, finalizers, isNews } = made;
  return [deletionTimestamp.slice(14, 19), graceSeconds, finalizers.join(), isNews];
};

const marked = (grace: number, finalizers: string[] = []): object => ({
  deletionTimestamp: "2026-01-01T00:00:30Z",
  deletionGracePeriodSeconds: grace,
  finalizers,
});

const foreground = "foregroundDeletion";

const rows: readonly [name: string, made: unknown, expected: unknown][] = [
  ["nothing keeps it", plan(plain, {}), "remove"],
  ["a finalizer keeps it", plan(plain, { finalizers: ["x"] }), ["00:00", 0, "x", true]],
  ["the kind keeps it", plan(held, {}), ["00:00", 0, "", true]],
  ["it has a grace period", plan(graceful, {}), ["00:30", 30, "", true]],
  ["no grace wanted", plan(graceful, {}, { gracePeriodSeconds: 0 }), "remove"],
  [
    "no grace, but a finalizer",
    plan(graceful, { finalizers: ["x"] }, { gracePeriodSeconds: 0 }),
    ["00:00", 0, "x", true],
  ],
  ["orphan", plan(plain, {}, { propagationPolicy: "Orphan" }), ["00:00", 0, "orphan", true]],
  [
    "foreground",
    plan(plain, { finalizers: ["x"] }, { propagationPolicy: "Foreground" }),
    ["00:00", 0, `x,${foreground}`, true],
  ],
  ["orphaning by default", plan(orphaning, {}), ["00:00", 0, "orphan", true]],
  ["unless told", plan(orphaning, {}, { propagationPolicy: "Background" }), "remove"],
  ["what was decided stays", plan(plain, { finalizers: ["orphan"] }), ["00:00", 0, "orphan", true]],
  [
    "or is decided anew",
    plan(plain, { finalizers: [foreground] }, { propagationPolicy: "Orphan" }),
    ["00:00", 0, "orphan", true],
  ],
  ["again, while the grace period runs", plan(graceful, marked(30)), "nothing"],
  ["a longer one", plan(graceful, marked(30), { gracePeriodSeconds: 60 }), "nothing"],
  ["a shorter one", plan(graceful, marked(30), { gracePeriodSeconds: 5 }), ["00:05", 5, "", false]],
  ["none any more", plan(graceful, marked(30), { gracePeriodSeconds: 0 }), "remove"],
  ["again, with a finalizer", plan(plain, marked(0, ["x"])), "nothing"],
  [
    "again, and foreground now",
    plan(plain, marked(0, ["x"]), { propagationPolicy: "Foreground" }),
    ["00:30", 0, `x,${foreground}`, false],
  ],
  ["again, and nothing keeps it any more", plan(plain, marked(0)), "remove"],
];

for (const [name, made, expected] of rows) {
  test(`deleting: ${name}`, () => deepEqual(made, expected));
}
