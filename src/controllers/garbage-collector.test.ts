import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import * as catalog from "#api/catalog.ts";
import { ReplicaSet } from "#api/apps/replicaset.ts";
import { ConfigMap } from "#api/core/configmap.ts";
import { Node } from "#api/core/node.ts";
import { Pod } from "#api/core/pod.ts";
import { ApiError } from "#api/errors.ts";
import type { AnyKind, ApiObject } from "#api/kind.ts";
import { garbageCollector } from "./garbage-collector.ts";
import { type Answer, made, one, told, viewOf } from "./runtime/testing.ts";

const collector = garbageCollector(Object.values(catalog as Record<string, AnyKind>));
const deletionTimestamp = "2030-01-01T00:00:00Z";

const ref = (kind: AnyKind, name: string, more: object = {}): object => ({
  apiVersion: kind.apiVersion,
  kind: kind.kind,
  name,
  uid: `uid-of-${name}`,
  ...more,
});

const map = (name: string, metadata: object = {}): ConfigMap =>
  made(ConfigMap, { metadata: { name, ...metadata } });

const owned = (...ownerReferences: object[]): ConfigMap => map("leaf", { ownerReferences });

const reconcile = (
  object: ApiObject,
  others: readonly ApiObject[] = [],
  answer?: Answer,
): string[] => told(collector.reconcile(object, viewOf([object, ...others])), answer);

const absent: Answer = () => ({ ok: true, found: undefined });

const ownersAfter = (object: ApiObject, others: readonly ApiObject[], answer?: Answer): unknown => {
  const patched = one(collector.reconcile(object, viewOf([object, ...others])), "patch", answer);
  const change = patched.patch.is === "merge" ? patched.patch.change : {};
  return (change as { metadata?: ApiObject["metadata"] }).metadata?.ownerReferences;
};

test("what nobody owns, or whose owner lives, stays", () => {
  deepEqual(reconcile(map("free")), []);
  deepEqual(reconcile(owned(ref(ConfigMap, "root")), [map("root")]), []);
});

test("an owner that no cache shows is asked for before its dependents go", () => {
  const leaf = owned(ref(ConfigMap, "root"));
  deepEqual(reconcile(leaf, [], absent), ["fetch ConfigMap root", "delete ConfigMap leaf"]);
  deepEqual(
    reconcile(leaf, [], () => ({ ok: true, found: map("root") })),
    ["fetch ConfigMap root"],
  );
});

test("another object of the owner's name is not the owner", () => {
  const impostor = map("root", { uid: "somebody-else" });
  const lines = reconcile(owned(ref(ConfigMap, "root")), [impostor], () => ({
    ok: true,
    found: impostor,
  }));
  deepEqual(lines, ["fetch ConfigMap root", "delete ConfigMap leaf"]);
});

test("when the server cannot tell, nothing is deleted", () => {
  const cause = new ApiError("ServiceUnavailable", "later");
  const lines = reconcile(owned(ref(ConfigMap, "root")), [], () => ({ ok: false, cause }));
  deepEqual(lines, ["fetch ConfigMap root", "fail ApiError: later"]);
});

test("a deletion holds only for the object as it was judged", () => {
  const leaf = owned(ref(ConfigMap, "root"));
  const deletion = one(collector.reconcile(leaf, viewOf([leaf])), "delete", absent);
  deepEqual(deletion.options, {
    propagationPolicy: "Background",
    preconditions: { uid: "uid-of-leaf", resourceVersion: "1" },
  });
});

test("one living owner keeps an object; the others are crossed out", () => {
  const leaf = owned(ref(ConfigMap, "root"), ref(ConfigMap, "lost"));
  deepEqual(reconcile(leaf, [map("root")], absent), [
    "fetch ConfigMap lost",
    "patch ConfigMap leaf",
  ]);
  deepEqual(ownersAfter(leaf, [map("root")], absent), [ref(ConfigMap, "root")]);
});

test("owners of another namespace do not count", () => {
  const elsewhere = map("root", { namespace: "other" });
  const lines = reconcile(owned(ref(ConfigMap, "root")), [elsewhere], absent);
  deepEqual(lines, ["fetch ConfigMap root", "delete ConfigMap leaf"]);
});

test("a cluster-wide object cannot be owned by a namespaced one, and is told so", () => {
  const node = made(Node, { metadata: { name: "n", ownerReferences: [ref(Pod, "p")] } });
  deepEqual(reconcile(node, []), [
    'event Warning OwnerRefInvalidNamespace: ownerRef [v1/Pod, namespace: , name: p, uid: uid-of-p] does not exist in namespace ""',
  ]);
});

test("an owner of a kind that nobody knows keeps its dependents", () => {
  const stranger = { apiVersion: "example.com/v1", kind: "Thing", name: "t", uid: "u" };
  deepEqual(reconcile(owned(stranger)), []);
});

test("owners are known by any version of their group", () => {
  const older = { ...ref(ReplicaSet, "set"), apiVersion: "apps/v1beta2" };
  const set = made(ReplicaSet, { metadata: { name: "set" } });
  deepEqual(reconcile(owned(older), [set]), []);
});

const foreground = (name: string): ConfigMap =>
  map(name, { deletionTimestamp, finalizers: ["foregroundDeletion"] });

test("an owner deleted in the foreground waits for those that block it", () => {
  const blocking = owned(ref(ConfigMap, "root", { blockOwnerDeletion: true }));
  deepEqual(reconcile(foreground("root"), [blocking]), []);
  deepEqual(reconcile(foreground("root"), [owned(ref(ConfigMap, "root"))]), [
    "patch ConfigMap root",
  ]);
});

test("those that a waiting owner waits for go", () => {
  const leaf = owned(ref(ConfigMap, "root", { blockOwnerDeletion: true }));
  deepEqual(reconcile(leaf, [foreground("root")]), ["delete ConfigMap leaf"]);
});

test("what has dependents itself is deleted in the foreground too", () => {
  const middle = map("middle", { ownerReferences: [ref(ConfigMap, "root")] });
  const leaf = map("leaf", { ownerReferences: [ref(ConfigMap, "middle")] });
  const view = viewOf([middle, leaf, foreground("root")]);
  const deletion = one(collector.reconcile(middle, view), "delete");
  equal(deletion.options.propagationPolicy, "Foreground");
});

test("a circle of foreground deletions is broken up, then deleted", () => {
  const circle = (blockOwnerDeletion: boolean): ConfigMap =>
    map("a", { ownerReferences: [ref(ConfigMap, "b", { blockOwnerDeletion })] });
  const other = map("b", {
    deletionTimestamp,
    finalizers: ["foregroundDeletion"],
    ownerReferences: [ref(ConfigMap, "a")],
  });
  deepEqual(reconcile(circle(true), [other]), ["patch ConfigMap a"]);
  deepEqual(ownersAfter(circle(true), [other]), [
    ref(ConfigMap, "b", { blockOwnerDeletion: false }),
  ]);
  deepEqual(reconcile(circle(false), [other]), ["delete ConfigMap a"]);
});

test("with a living owner beside it, a waiting one is let go", () => {
  const leaf = owned(ref(ConfigMap, "root"), ref(ConfigMap, "going"));
  deepEqual(ownersAfter(leaf, [map("root"), foreground("going")]), [ref(ConfigMap, "root")]);
});

test("orphans are told before their owner goes", () => {
  const root = map("root", { deletionTimestamp, finalizers: ["orphan", "example.com/other"] });
  const leaf = owned(ref(ConfigMap, "root"));
  deepEqual(reconcile(root, [leaf]), ["patch ConfigMap leaf", "patch ConfigMap root"]);
  const cause = new ApiError("Conflict", "changed");
  deepEqual(
    reconcile(root, [leaf], () => ({ ok: false, cause })),
    ["patch ConfigMap leaf", "fail ApiError: changed"],
  );
});

test("an owner's end concerns its dependents; a dependent's end a waiting owner", () => {
  const wakes = (object: ApiObject, others: readonly ApiObject[]): string[] => {
    const watched = collector.watches?.find(({ kind }) => kind === ConfigMap);
    return [...(watched?.wakes(object, undefined, viewOf(others)) ?? [])];
  };
  const leaf = owned(ref(ConfigMap, "root"));
  deepEqual(wakes(map("root"), [leaf]), ["v1/ConfigMap default/leaf"]);
  deepEqual(wakes(map("root"), [map("root"), leaf]), []);
  deepEqual(wakes(foreground("root"), [foreground("root"), leaf]), ["v1/ConfigMap default/leaf"]);
  deepEqual(wakes(leaf, [foreground("root")]), ["v1/ConfigMap default/root"]);
});
