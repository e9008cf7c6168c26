import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { Node } from "#api/core/node.ts";
import { Pod } from "#api/core/pod.ts";
import type { ApiObject } from "#api/kind.ts";
import { podGcController } from "./pod-gc.ts";
import { type Answer, made, one, testNow, told, viewOf } from "./runtime/testing.ts";

const deletionTimestamp = "2030-01-01T00:00:00Z";

const pod = (facts: { node?: string; phase?: string; isGoing?: boolean } = {}): Pod =>
  made(Pod, {
    metadata: { name: "web", ...(facts.isGoing ? { deletionTimestamp } : {}) },
    spec: { containers: [], ...(facts.node ? { nodeName: facts.node } : {}) },
    status: { phase: facts.phase ?? "Running" },
  });

const node = (taints: readonly object[] = [], ready = "True"): Node =>
  made(Node, {
    metadata: { name: "n" },
    spec: { taints },
    status: { conditions: [{ type: "Ready", status: ready }] },
  });

const absent: Answer = () => ({ ok: true, found: undefined });

const gone = (ago: number) => ({ since: { "node n is gone": testNow - ago * 1_000 } });

const reconcile = (
  object: Pod,
  others: readonly ApiObject[],
  { answer, ...moment }: { readonly since?: Record<string, number>; readonly answer?: Answer } = {},
): string[] => told(podGcController.reconcile(object, viewOf([object, ...others], moment)), answer);

test("pods of nodes that are there stay", () => {
  deepEqual(reconcile(pod({ node: "n" }), [node()]), []);
  deepEqual(reconcile(pod({ node: "n", isGoing: true }), [node()]), []);
});

test("pods of a node that is gone wait a while, then the server is asked", () => {
  deepEqual(reconcile(pod({ node: "n" }), [], gone(10)), ["wakeIn 30s"]);
  deepEqual(reconcile(pod({ node: "n" }), [], { ...gone(40), answer: absent }), [
    "fetch Node n",
    "patch Pod web",
    "delete Pod web",
  ]);
  deepEqual(
    reconcile(pod({ node: "n" }), [], { ...gone(40), answer: () => ({ ok: true, found: node() }) }),
    ["fetch Node n"],
  );
});

test("the pod is marked as failed, with the reason, and deleted by force", () => {
  const object = pod({ node: "n" });
  const effects = podGcController.reconcile(object, viewOf([object], gone(40)));
  const patched = one(effects, "patch", absent);
  deepEqual(patched.patch.is === "strategic" && patched.patch.change, {
    metadata: { uid: "uid-of-web" },
    status: {
      phase: "Failed",
      conditions: [
        {
          type: "DisruptionTarget",
          status: "True",
          observedGeneration: undefined,
          reason: "DeletionByPodGC",
          message: "PodGC: node no longer exists",
          lastProbeTime: null,
          lastTransitionTime: "2030-01-01T00:00:00Z",
        },
      ],
    },
  });
  equal(one(effects, "delete", absent).options.gracePeriodSeconds, 0);
});

test("a finished pod keeps its phase", () => {
  const lines = reconcile(pod({ node: "n", phase: "Succeeded" }), [], {
    ...gone(40),
    answer: absent,
  });
  deepEqual(lines, ["fetch Node n", "delete Pod web"]);
});

test("a pod that is deleted before it got a node goes at once", () => {
  deepEqual(reconcile(pod({ isGoing: true }), []), ["patch Pod web", "delete Pod web"]);
});

test("terminating pods of a node out of service go, others stay", () => {
  const out = node([{ key: "node.kubernetes.io/out-of-service", effect: "NoExecute" }], "False");
  deepEqual(reconcile(pod({ node: "n", isGoing: true }), [out]), [
    "patch Pod web",
    "delete Pod web",
  ]);
  deepEqual(reconcile(pod({ node: "n" }), [out]), []);
});

test("of very many finished pods the oldest go", () => {
  const many = Array.from({ length: 12_502 }, (_, i) =>
    made(Pod, {
      metadata: {
        name: `p${String(i).padStart(5, "0")}`,
        creationTimestamp: new Date(testNow - i * 1_000).toISOString(),
      },
      spec: { containers: [] },
      status: { phase: "Succeeded" },
    }),
  );
  const view = viewOf(many);
  const isDeleted = (object: Pod): boolean => podGcController.reconcile(object, view).length > 0;
  const [newest, ...others] = many as [Pod, ...Pod[]];
  deepEqual([isDeleted(newest), isDeleted(others.at(-1) as Pod)], [false, true]);
  const woken = podGcController.watches?.[1]?.wakes(newest, undefined, view) ?? [];
  deepEqual([...woken].length, 2);
});

test("of very many finished pods those that were evicted go before older ones", () => {
  const many = Array.from({ length: 12_501 }, (_, i) =>
    made(Pod, {
      metadata: {
        name: `p${i}`,
        creationTimestamp: new Date(testNow - i * 1_000).toISOString(),
      },
      spec: { containers: [] },
      status: { phase: "Failed", ...(i === 7 ? { reason: "Evicted" } : {}) },
    }),
  );
  const view = viewOf(many);
  const deleted = [many[7], many.at(-1)].map(
    (object) => object && podGcController.reconcile(object, view).length > 0,
  );
  deepEqual(deleted, [true, false]);
});
