import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { APIService } from "#api/apiregistration/apiservice.ts";
import * as catalog from "#api/catalog.ts";
import { ConfigMap } from "#api/core/configmap.ts";
import { Namespace } from "#api/core/namespace.ts";
import { Pod } from "#api/core/pod.ts";
import { Secret } from "#api/core/secret.ts";
import { ApiError } from "#api/errors.ts";
import type { AnyKind, ApiObject } from "#api/kind.ts";
import { namespaceController } from "./namespace.ts";
import type { Effect } from "./runtime/effects.ts";
import { type Answer, made, one, told, viewOf } from "./runtime/testing.ts";

const controller = namespaceController(Object.values(catalog as Record<string, AnyKind>));
const few = namespaceController([Pod, ConfigMap, Secret]);
const deletionTimestamp = "2030-01-01T00:00:00Z";

const going = (more: object = {}): Namespace =>
  made(Namespace, {
    metadata: { name: "shop", deletionTimestamp },
    spec: { finalizers: ["kubernetes"] },
    status: { phase: "Terminating" },
    ...more,
  });

const inShop = (kind: AnyKind, name: string, metadata: object = {}): ApiObject =>
  made(kind, { metadata: { namespace: "shop", name, ...metadata }, spec: { containers: [] } });

const reconcile = (namespace: Namespace, objects: readonly ApiObject[] = []): readonly Effect[] =>
  few.reconcile(namespace, viewOf([namespace, ...objects]));

const conditionsOf = (effects: readonly Effect[], answer?: Answer): Record<string, string[]> => {
  const { conditions = [] } = one(effects, "setStatus", answer).status as Namespace["status"];
  return Object.fromEntries(
    conditions.map(({ type, status, reason, message }) => [
      type,
      [status, reason ?? "", message ?? ""],
    ]),
  );
};

test("a namespace that stays is left alone", () => {
  const staying = made(Namespace, { metadata: { name: "shop" }, status: { phase: "Active" } });
  deepEqual(reconcile(staying, [inShop(ConfigMap, "a")]), []);
});

test("first of all it is shown to be terminating", () => {
  deepEqual(told(reconcile(going({ status: { phase: "Active" } }))), ["setStatus Namespace shop"]);
});

test("pods go before what they use", () => {
  const effects = reconcile(going(), [inShop(Pod, "web"), inShop(ConfigMap, "settings")]);
  deepEqual(told(effects), ["deleteAll pods shop", "setStatus Namespace shop", "wakeIn 1s"]);
});

test("what is already leaving is not deleted again", () => {
  const leaving = inShop(Pod, "web", { deletionTimestamp, deletionGracePeriodSeconds: 30 });
  deepEqual(told(reconcile(going(), [leaving, inShop(ConfigMap, "settings")])), [
    "setStatus Namespace shop",
    "wakeIn 16s",
  ]);
});

test("pods that a finalizer holds do not hold up the rest", () => {
  const held = inShop(Pod, "web", { deletionTimestamp, finalizers: ["example.com/hold"] });
  deepEqual(told(reconcile(going(), [held, inShop(ConfigMap, "settings")])), [
    "deleteAll configmaps shop",
    "setStatus Namespace shop",
    "wakeIn 8s",
  ]);
});

test("the conditions tell what is left, and what holds it", () => {
  const held = inShop(Pod, "web", { deletionTimestamp, finalizers: ["example.com/hold"] });
  const conditions = conditionsOf(
    reconcile(going(), [held, inShop(Secret, "a"), inShop(Secret, "b")]),
  );
  deepEqual(conditions, {
    NamespaceDeletionDiscoveryFailure: [
      "False",
      "ResourcesDiscovered",
      "All resources successfully discovered",
    ],
    NamespaceDeletionGroupVersionParsingFailure: [
      "False",
      "ParsedGroupVersions",
      "All legacy kube types successfully parsed",
    ],
    NamespaceDeletionContentFailure: [
      "False",
      "ContentDeleted",
      "All content successfully deleted, may be waiting on finalization",
    ],
    NamespaceContentRemaining: [
      "True",
      "SomeResourcesRemain",
      "Some resources are remaining: pods. has 1 resource instances, secrets. has 2 resource instances",
    ],
    NamespaceFinalizersRemaining: [
      "True",
      "SomeFinalizersRemain",
      "Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances",
    ],
  });
});

test("a deletion that fails is told in a condition and tried again", () => {
  const cause = new ApiError("Forbidden", "secrets may not be deleted");
  const answer: Answer = (effect) =>
    effect.do === "deleteAll" ? { ok: false, cause } : { ok: true };
  const effects = reconcile(going(), [inShop(Secret, "a")]);
  deepEqual(told(effects, answer).at(-1), "fail ApiError: secrets may not be deleted");
  deepEqual(conditionsOf(effects, answer)["NamespaceDeletionContentFailure"], [
    "True",
    "ContentDeletionFailed",
    "Failed to delete all resource types, 1 remaining: secrets may not be deleted",
  ]);
});

test("when the caches show nothing, the server is asked before the namespace goes", () => {
  deepEqual(told(reconcile(going())), [
    "survey pods shop",
    "survey configmaps shop",
    "survey secrets shop",
    "update Namespace shop",
  ]);
  const finalization = one(reconcile(going()), "update");
  equal(finalization.subresource, "finalize");
  deepEqual((finalization.object as Namespace).spec.finalizers, []);
});

test("what only the server knows of is deleted too", () => {
  const late = inShop(ConfigMap, "late");
  const answer: Answer = (effect) =>
    effect.do === "survey" && effect.kind === ConfigMap
      ? { ok: true, all: [late] }
      : { ok: true, all: [] };
  deepEqual(told(reconcile(going()), answer).slice(3), [
    "deleteAll configmaps shop",
    "setStatus Namespace shop",
    "wakeIn 1s",
  ]);
});

test("a survey that fails never ends a namespace", () => {
  const cause = new ApiError("InternalError", "cannot tell");
  const lines = told(reconcile(going()), () => ({ ok: false, cause }));
  equal(lines.at(-1), "fail ApiError: cannot tell");
  equal(
    lines.some((line) => line.startsWith("update")),
    false,
  );
});

const apiService = (group: string, status: "True" | "False"): ApiObject =>
  made(APIService, {
    metadata: { name: `v1.${group}` },
    spec: { group, version: "v1", service: { namespace: "default", name: "fruits" } },
    status: { conditions: [{ type: "Available", status, lastTransitionTime: deletionTimestamp }] },
  });

const resource = (name: string, verbs: readonly string[], namespaced = true): object => ({
  name,
  singularName: "",
  namespaced,
  kind: name,
  verbs,
});

const apple = { metadata: { namespace: "shop", name: "apple", uid: "7" } } as ApiObject;

/** An extension server with an apple of every kind. */
const fruits: Answer = (effect) => {
  if (effect.do === "survey") return { ok: true, all: [apple] };
  if (effect.do !== "call") return { ok: true };
  const resources = [
    resource("fruits", ["delete", "deletecollection", "list"]),
    resource("fruits/scale", ["delete", "list"]),
    resource("singles", ["delete", "list"]),
    resource("readings", ["get", "list"]),
    resource("trees", ["delete", "list"], false),
  ];
  return { ok: true, answer: { resources } };
};

test("what other servers keep in the namespace is deleted too", () => {
  const effects = reconcile(going(), [apiService("fruits.io", "True")]);
  deepEqual(told(effects, fruits), [
    "GET /apis/fruits.io/v1",
    "survey fruits shop",
    "survey singles shop",
    "deleteAll fruits shop",
    "delete singles apple",
    "setStatus Namespace shop",
    "wakeIn 1s",
  ]);
});

test("with nothing of theirs left the namespace goes", () => {
  const effects = reconcile(going(), [apiService("fruits.io", "True")]);
  const none: Answer = (effect) =>
    effect.do === "survey" ? { ok: true, all: [] } : fruits(effect);
  equal(told(effects, none).at(-1), "update Namespace shop");
});

test("a namespace stays while it is not known what another server keeps in it", () => {
  const away = [apiService("b.io", "False"), apiService("a.io", "False")];
  const effects = reconcile(going(), [...away, inShop(ConfigMap, "settings")]);
  const why =
    "unable to retrieve the complete list of server APIs: " +
    "a.io/v1: stale GroupVersion discovery: a.io/v1, b.io/v1: stale GroupVersion discovery: b.io/v1";
  deepEqual(told(effects), [
    "deleteAll configmaps shop",
    "setStatus Namespace shop",
    `fail Error: ${why}`,
  ]);
  deepEqual(conditionsOf(effects)["NamespaceDeletionDiscoveryFailure"], [
    "True",
    "DiscoveryFailed",
    `Discovery failed for some groups, 2 failing: ${why}`,
  ]);
});

test("a server that cannot list what it has keeps the namespace from going", () => {
  const cause = new ApiError("ServiceUnavailable", "no database");
  const broken: Answer = (effect) =>
    effect.do === "survey" ? { ok: false, cause } : fruits(effect);
  const effects = reconcile(going(), [apiService("fruits.io", "True")]);
  equal(told(effects, broken).at(-1), "fail ApiError: no database");
  deepEqual(conditionsOf(effects, broken)["NamespaceDeletionContentFailure"], [
    "True",
    "ContentDeletionFailed",
    "Failed to delete all resource types, 2 remaining: no database, no database",
  ]);
});

test("finalizers of others are theirs to remove", () => {
  const shared = going({ spec: { finalizers: ["example.com/x", "kubernetes"] } });
  const finalization = one(reconcile(shared), "update");
  deepEqual((finalization.object as Namespace).spec.finalizers, ["example.com/x"]);
  deepEqual(reconcile(going({ spec: { finalizers: ["example.com/x"] } })), []);
});

test("every namespaced kind that is stored is seen to, and no other", () => {
  const kinds = new Set((controller.watches ?? []).map(({ kind }) => (kind as AnyKind).kind));
  for (const kind of ["Pod", "Deployment", "Lease", "Event", "EndpointSlice", "Role"]) {
    equal(kinds.has(kind), true, kind);
  }
  for (const kind of ["Node", "Namespace", "TokenReview", "LocalSubjectAccessReview", "Binding"]) {
    equal(kinds.has(kind), false, kind);
  }
});

test("a change in a namespace wakes it while it is being deleted", () => {
  const staying = made(Namespace, { metadata: { name: "shop" } });
  for (const changed of [inShop(Pod, "web"), apiService("fruits.io", "True")]) {
    const watches = few.watches?.find(({ kind }) => (kind as AnyKind).kind === changed.kind);
    const wakes = watches?.wakes;
    deepEqual([...(wakes?.(changed, undefined, viewOf([going()])) ?? [])], ["shop"]);
    deepEqual([...(wakes?.(changed, undefined, viewOf([staying])) ?? [])], []);
  }
});
