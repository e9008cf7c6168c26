/**
 * Finds what an autoscaler scales: any kind with a `scale` subresource, built in or not.
 */
import { ApiError, isReason } from "#api/errors.ts";
import type { Scale } from "#api/autoscaling/scale.ts";
import { call, type Steps } from "../runtime/steps.ts";

export interface Reference {
  readonly apiVersion?: string | undefined;
  readonly kind: string;
  readonly name: string;
}

export interface Resource {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly isNamespaced: boolean;
}

interface ResourceList {
  readonly resources?: readonly {
    readonly name: string;
    readonly kind: string;
    readonly namespaced: boolean;
  }[];
}

interface Group {
  readonly versions?: readonly { readonly version: string }[];
}

/** Throws when nothing of the kind is served. upstream: RESTMapper.RESTMappings */
export function* resourceOf(reference: Reference): Steps<Resource> {
  const { group, version } = parseApiVersion(reference.apiVersion ?? "");
  const versions = new Set([version, ...(yield* otherVersions(group, version))]);
  for (const candidate of versions) {
    const path = group === "" ? `/api/${candidate}` : `/apis/${group}/${candidate}`;
    const { resources = [] } = (yield* unlessNotFound<ResourceList>(path)) ?? {};
    const found = resources.find((one) => one.kind === reference.kind && !one.name.includes("/"));
    if (found) {
      return { group, version: candidate, plural: found.name, isNamespaced: found.namespaced };
    }
  }
  // exact: apimachinery, meta.NoKindMatchError
  throw new ApiError("NotFound", `no matches for kind "${reference.kind}" in group "${group}"`);
}

/** The reference may name one that is not served any more. */
function* otherVersions(group: string, version: string): Steps<readonly string[]> {
  if (group === "") return version === "" ? ["v1"] : [];
  const { versions = [] } = (yield* unlessNotFound<Group>(`/apis/${group}`)) ?? {};
  return versions.map((served) => served.version);
}

function* unlessNotFound<T>(path: string): Steps<T | undefined> {
  try {
    return (yield* call({ method: "GET", path })) as T;
  } catch (cause) {
    if (isReason(cause, "NotFound")) return undefined;
    throw cause;
  }
}

function parseApiVersion(text: string): { readonly group: string; readonly version: string } {
  const parts = text.split("/");
  // exact: apimachinery, schema.ParseGroupVersion
  if (parts.length > 2) throw new Error(`unexpected GroupVersion string: ${text}`);
  const [version = "", group = ""] = parts.toReversed();
  return { group, version };
}

export interface Target {
  readonly path: string;
  readonly scale: Scale;
}

export function* targetOf(reference: Reference, namespace: string): Steps<Target> {
  const { group, version, plural } = yield* resourceOf(reference);
  const root = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  const path = `${root}/namespaces/${namespace}/${plural}/${reference.name}/scale`;
  return { path, scale: (yield* call({ method: "GET", path })) as Scale };
}

export function* rescale({ path, scale }: Target, replicas: number): Steps<void> {
  yield* call({ method: "PUT", path, body: { ...scale, spec: { ...scale.spec, replicas } } });
}
