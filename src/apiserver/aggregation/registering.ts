/**
 * Keeps an APIService for every version that a definition of custom resources serves.
 * upstream: kube-apiserver's crdregistration and kube-aggregator's autoregister controllers
 */
import { CustomResourceDefinition } from "#api/apiextensions/customresourcedefinition.ts";
import { APIService } from "#api/apiregistration/apiservice.ts";
import { isReason } from "#api/errors.ts";
import type { FullRegistry } from "../registry/generic.ts";
import type { WriteContext } from "../registry/registry.ts";
import { follow } from "../registry/following.ts";
import { type GroupVersion, localService, managedLabel, nameOf } from "./local-services.ts";

export interface RegisteringOptions {
  readonly registry: FullRegistry;
  readonly how: WriteContext;
  readonly signal: AbortSignal;
}

/** Until the signal aborts. */
export const registerCustom = (options: RegisteringOptions): Promise<void> =>
  follow(CustomResourceDefinition, { ...options, changed: () => register(options) });

async function register({ registry, how }: RegisteringOptions): Promise<void> {
  const wanted = servedVersions(registry);
  for (const { object } of registry.reader.list(APIService, "")) {
    const { name = "", labels } = object.metadata;
    const isOurs = labels?.[managedLabel] === "true";
    if (wanted.delete(name) || !isOurs) continue;
    await unlessGone(() => registry.delete(APIService, { ...atOnce, name }, how));
  }
  for (const one of wanted.values()) {
    await unlessThere(() => registry.create(APIService, localService(one, "true"), how));
  }
}

const atOnce = {
  namespace: "",
  gracePeriodSeconds: undefined,
  propagationPolicy: undefined,
  uid: undefined,
  resourceVersion: undefined,
};

/** By the name of their APIService. */
function servedVersions({ reader }: FullRegistry): Map<string, GroupVersion> {
  const found = new Map<string, GroupVersion>();
  for (const { object } of reader.list(CustomResourceDefinition, "")) {
    const { group, versions } = object.spec;
    for (const { name: version, served } of versions) {
      if (served) found.set(nameOf({ group, version }), { group, version });
    }
  }
  return found;
}

async function unlessGone(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    if (!isReason(cause, "NotFound")) throw cause;
  }
}

async function unlessThere(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    if (!isReason(cause, "AlreadyExists")) throw cause;
  }
}
