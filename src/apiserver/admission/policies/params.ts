/**
 * The objects that a binding hands to its policy as `params`.
 * upstream: staging/src/k8s.io/apiserver/pkg/admission/plugin/policy/generic/policy_dispatcher.go#CollectParams
 */
import type { ParamKind, ParamRef } from "#api/admissionregistration/policy-rules.ts";
import type { ApiObject } from "#api/kind.ts";
import { labelSelectorOf } from "#api/selectors.ts";
import type { Sealed } from "#api/request.ts";
import type { KindRegistry, Served } from "#apiserver/kinds.ts";
import type { Reader } from "#apiserver/registry/registry.ts";
import { shownAll } from "#apiserver/registry/versions.ts";

/** The policy or its binding is not what it should be. */
export class Misconfigured extends Error {
  override readonly name = "Misconfigured";
}

/** Throws Misconfigured. exact: apiserver */
export function paramKindOf(
  kinds: KindRegistry,
  { apiVersion = "", kind = "" }: ParamKind,
): Served {
  for (const served of kinds.all()) {
    if (served.kind.apiVersion === apiVersion && served.kind.kind === kind) return served;
  }
  const group = apiVersion.includes("/") ? apiVersion : `/${apiVersion}`;
  throw new Misconfigured(
    `failed to find resource referenced by paramKind: '${group}, Kind=${kind}'`,
  );
}

export interface ParamSearch {
  readonly served: Served;
  readonly ref: ParamRef;
  /** Of the request. */
  readonly namespace: string;
  readonly reader: Reader;
}

/** Throws Misconfigured. exact: apiserver, all messages */
export async function paramsOf(search: ParamSearch): Promise<readonly ApiObject[]> {
  const { served, ref } = search;
  const { kind, apiVersion } = served.kind;
  const sealed = await shownAll(served.kind, sealedParams(search));
  const found = sealed.map((one) => ({ ...served.fromStored(one).object, kind, apiVersion }));
  if (found.length === 0 && ref.parameterNotFoundAction === "Deny") {
    throw new Misconfigured(
      "no params found for policy binding with `Deny` parameterNotFoundAction",
    );
  }
  return found;
}

function sealedParams(search: ParamSearch): readonly Sealed[] {
  const { served, ref, reader } = search;
  const namespace = namespaceOf(search);
  if (ref.name) {
    const found = reader.get(served.stored, namespace, ref.name);
    return found ? [found] : [];
  }
  const selector = labelSelectorOf(ref.selector);
  return reader
    .list(served.stored, namespace)
    .filter(({ object }) => selector.matches(object.metadata.labels));
}

/** Of whoever is judged, unless the binding names another. */
function namespaceOf({ served, ref, namespace }: ParamSearch): string {
  const given = ref.namespace ?? "";
  if (served.kind.scope === "Cluster") {
    if (given === "") return "";
    throw new Misconfigured(
      "paramRef.namespace must not be provided for a cluster-scoped `paramKind`",
    );
  }
  if (given !== "" || namespace !== "") return given || namespace;
  throw new Misconfigured(
    "cannot use namespaced paramRef in policy binding that matches cluster-scoped resources",
  );
}
