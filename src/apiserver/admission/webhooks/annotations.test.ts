import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { ConfigMap } from "#api/core/configmap.ts";
import { objectOf } from "../testing.ts";
import { adding, type HookedServer, startHooked } from "./testing.ts";

/** What is noted for the audit log when a config map is created. */
async function notesOf({ server }: HookedServer): Promise<Record<string, string>> {
  const annotations = new Map<string, string>();
  const object = objectOf(ConfigMap, { metadata: { name: "a", namespace: "default" } });
  await server.registry.create(ConfigMap, object, {
    user: { name: "me", groups: [] },
    fieldManager: "me",
    dryRun: false,
    warnings: [],
    waiting: new AbortController(),
    annotations,
  });
  return Object.fromEntries(annotations);
}

const outOfOrder = () => {
  throw new Error("out of order");
};

test("what a webhook says for the audit log is kept under its name", async () => {
  const server = await startHooked({
    note: () => ({ allowed: true, auditAnnotations: { why: "because" } }),
  });
  await server.configure("validating", "note");
  deepEqual(await notesOf(server), { "note.test.k8ts.io/why": "because" });
});

test("who changed what is noted, round by round", async () => {
  const server = await startHooked({ one: adding("one"), two: adding("one") });
  await server.configure("mutating", "one", { reinvocationPolicy: "IfNeeded" });
  await server.configure("mutating", "two");
  const patched = (name: string, operation: object) =>
    JSON.stringify({
      configuration: name,
      webhook: `${name}.test.k8ts.io`,
      patch: [operation],
      patchType: "JSONPatch",
    });
  const said = (name: string, mutated: boolean) =>
    JSON.stringify({ configuration: name, webhook: `${name}.test.k8ts.io`, mutated });
  const add = { op: "add", path: "/data/one", value: "yes" };
  const first = { op: "add", path: "/data", value: { one: "yes" } };
  deepEqual(await notesOf(server), {
    "mutation.webhook.admission.k8s.io/round_0_index_0": said("one", true),
    "patch.webhook.admission.k8s.io/round_0_index_0": patched("one", first),
    "mutation.webhook.admission.k8s.io/round_0_index_1": said("two", false),
    "patch.webhook.admission.k8s.io/round_0_index_1": patched("two", add),
  });
});

test("a failure that is ignored is noted", async () => {
  const server = await startHooked({ one: outOfOrder, two: outOfOrder });
  await server.configure("mutating", "one", { failurePolicy: "Ignore" });
  await server.configure("validating", "two", { failurePolicy: "Ignore" });
  deepEqual(await notesOf(server), {
    "failed-open.mutation.webhook.admission.k8s.io/round_0_index_0": "one.test.k8ts.io",
    "mutation.webhook.admission.k8s.io/round_0_index_0": JSON.stringify({
      configuration: "one",
      webhook: "one.test.k8ts.io",
      mutated: false,
    }),
    "failed-open.validating.webhook.admission.k8s.io/round_0_index_0": "two.test.k8ts.io",
  });
});
