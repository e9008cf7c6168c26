import { defineKind, type ObjectOf } from "#api/kind.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const APIServiceCondition = s.struct("apiregistration/v1.APIServiceCondition", {
  type: s.string(1, { required: true }),
  status: s.string(2, { required: true }),
  lastTransitionTime: s.time(3),
  reason: s.string(4),
  message: s.string(5),
});

export interface APIServiceCondition extends ValueOf<typeof APIServiceCondition> {}

export const ServiceReference = s.struct("apiregistration/v1.ServiceReference", {
  namespace: s.string(1),
  name: s.string(2),
  port: s.int32(3, { optional: true }),
});

export interface ServiceReference extends ValueOf<typeof ServiceReference> {}

export const APIServiceSpec = s.struct("apiregistration/v1.APIServiceSpec", {
  service: s.object(1, ServiceReference, { optional: true }),
  group: s.string(2),
  version: s.string(3),
  insecureSkipTLSVerify: s.boolean(4),
  caBundle: s.bytes(5, { listType: "atomic" }),
  groupPriorityMinimum: s.int32(7, { required: true }),
  versionPriority: s.int32(8, { required: true }),
});

export interface APIServiceSpec extends ValueOf<typeof APIServiceSpec> {}

export const APIServiceStatus = s.struct("apiregistration/v1.APIServiceStatus", {
  conditions: s.list(1, APIServiceCondition, {
    listType: "map",
    keys: ["type"],
    patch: "merge",
    patchKey: "type",
  }),
});

export interface APIServiceStatus extends ValueOf<typeof APIServiceStatus> {}

export const APIService = defineKind({
  group: "apiregistration.k8s.io",
  version: "v1",
  kind: "APIService",
  plural: "apiservices",
  categories: ["api-extensions"],
  scope: "Cluster",
  storage: { prefix: "/registry/apiregistration.k8s.io/apiservices", hash: "InPBPD7+PqM=" },
  schema: s.struct("apiregistration/v1.APIService", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, APIServiceSpec),
    status: s.object(3, APIServiceStatus),
  }),
  status: {},
});

export interface APIService extends ObjectOf<typeof APIService> {}
