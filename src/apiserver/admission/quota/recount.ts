/** What is used of a quota now, counted from the objects themselves. */
import { Pod } from "#api/core/pod.ts";
import { PersistentVolumeClaim } from "#api/core/persistentvolumeclaim.ts";
import { ResourceQuota } from "#api/core/resourcequota.ts";
import type { Amounts } from "#api/core/resources.ts";
import { Service } from "#api/core/service.ts";
import { type AnyKind, type ApiObject, groupResource } from "#api/kind.ts";
import { servedKinds } from "#api/served-kinds.ts";
import type { Quantity } from "#base/quantity.ts";
import type { Reader } from "#apiserver/registry/registry.ts";
import { concerns } from "./scopes.ts";
import { count, usageOf } from "./usage.ts";

/** Those behind a feature gate are found like custom ones: when they are served. */
const kinds: ReadonlyMap<string, AnyKind> = new Map(
  servedKinds()
    .filter(({ scope, storage }) => scope === "Namespaced" && storage)
    .map((kind) => [groupResource(kind), kind]),
);

/** Every name of the quota's limits, also those of which nothing is used. */
export function recount(quota: ResourceQuota, reader: Reader): Map<string, Quantity> {
  const used = new Map(Object.keys(quota.spec.hard ?? {}).map((name) => [name, count(0)]));
  for (const kind of new Set([...used.keys()].flatMap((name) => kindOf(name, reader) ?? [])))
    for (const object of objectsOf(kind, quota, reader)) add(used, usageOf(kind, object));
  return used;
}

function objectsOf(kind: AnyKind, quota: ResourceQuota, reader: Reader): readonly ApiObject[] {
  const { namespace = "", name } = quota.metadata;
  const found = reader.list(kind, namespace).map(({ object }): ApiObject => object);
  if (kind !== ResourceQuota) return found.filter((object) => concerns(quota, kind, object));
  // It counts itself, whether it is there already or not.
  return [...found.filter(({ metadata }) => metadata.name !== name), quota];
}

function add(used: Map<string, Quantity>, usage: Amounts): void {
  for (const [name, amount] of usage) {
    const before = used.get(name);
    if (before) used.set(name, before.add(amount));
  }
}

function customKind(counted: string, reader: Reader): AnyKind | undefined {
  for (const kind of reader.kinds())
    if (kind.scope === "Namespaced" && groupResource(kind) === counted) return kind;
  return undefined;
}

/** Whose objects a name counts or measures. */
function kindOf(name: string, reader: Reader): AnyKind | undefined {
  if (name.startsWith("count/")) {
    const counted = name.slice("count/".length);
    return kinds.get(counted) ?? customKind(counted, reader);
  }
  if (name.startsWith("services")) return Service;
  if (name.endsWith("persistentvolumeclaims") || name.endsWith("requests.storage"))
    return PersistentVolumeClaim;
  return kinds.get(name) ?? Pod;
}
