/**
 * What expressions of admission may read, and of what type it is.
 * upstream: staging/src/k8s.io/apiserver/pkg/admission/plugin/cel/compile.go
 */
import { authorizerType, resourceCheckType } from "#cel/functions/authorizer.ts";
import {
  boolType,
  type CelType,
  dynType,
  intType,
  listType,
  mapType,
  objectType,
  stringType,
  timestampType,
} from "#cel/types.ts";

export type Variables = Readonly<Record<string, CelType>>;

/** An object with these fields. */
const struct = (name: string, fields: Readonly<Record<string, CelType>>): CelType =>
  objectType(name, new Map(Object.entries(fields).map(([field, type]) => [field, { type }])));

/** The names that it may read of an object of variables. */
export const variablesType = (variables: Variables): CelType =>
  struct("kubernetes.variables", variables);

const texts = <K extends string>(...names: readonly K[]): Readonly<Record<K, CelType>> =>
  Object.fromEntries(names.map((name) => [name, stringType])) as Record<K, CelType>;

const gvk = struct("kubernetes.GroupVersionKind", texts("group", "version", "kind"));
const gvr = struct("kubernetes.GroupVersionResource", texts("group", "version", "resource"));

/** `object` and `oldObject` are variables of their own; a uid is for webhooks. */
const requestType = struct("kubernetes.AdmissionRequest", {
  ...texts("subResource", "requestSubResource", "name", "namespace", "operation"),
  kind: gvk,
  resource: gvr,
  requestKind: gvk,
  requestResource: gvr,
  userInfo: struct("kubernetes.UserInfo", {
    ...texts("username", "uid"),
    groups: listType(stringType),
    extra: mapType(stringType, listType(stringType)),
  }),
  dryRun: boolType,
  options: dynType,
});

const labelsType = mapType(stringType, stringType);

export const namespaceType = struct("kubernetes.Namespace", {
  metadata: struct("kubernetes.NamespaceMetadata", {
    // As upstream spells it, though the field is called uid.
    ...texts("name", "generateName", "namespace", "UID", "resourceVersion"),
    labels: labelsType,
    annotations: labelsType,
    creationTimestamp: timestampType,
    deletionGracePeriodSeconds: intType,
    deletionTimestamp: timestampType,
    generation: intType,
    finalizers: listType(stringType),
  }),
  spec: struct("kubernetes.NamespaceSpec", { finalizers: listType(stringType) }),
  status: struct("kubernetes.NamespaceStatus", {
    phase: stringType,
    conditions: listType(
      struct("kubernetes.NamespaceCondition", {
        ...texts("status", "type", "message", "reason"),
        lastTransitionTime: timestampType,
      }),
    ),
  }),
});

export interface Declared {
  readonly hasParams?: boolean;
  readonly hasAuthorizer?: boolean;
}

export const requestVariables: Variables = {
  object: dynType,
  oldObject: dynType,
  namespaceObject: namespaceType,
  request: requestType,
};

export const variablesOf = ({ hasParams, hasAuthorizer = true }: Declared): Variables => ({
  ...requestVariables,
  ...(hasParams ? { params: dynType } : {}),
  ...(hasAuthorizer
    ? { authorizer: authorizerType, "authorizer.requestResource": resourceCheckType }
    : {}),
});
