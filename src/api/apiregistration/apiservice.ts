import { ageColumn, nameColumn } from "#api/columns.ts";
import { defineKind, type ObjectOf } from "#api/kind.ts";
import { describing, ObjectMeta } from "#api/meta/object-meta.ts";
import {
  dns1035Label,
  dnsSubdomain,
  invalidEach,
  pathSegmentName,
  portNumber,
} from "#api/names.ts";
import { type FieldError, index, invalid, notListed, required } from "#schema/field-error.ts";
import { type Draft, s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const APIServiceCondition = s.struct("apiregistration/v1.APIServiceCondition", {
  type: s.string(1, { required: true }),
  status: s.string(2, { required: true }),
  lastTransitionTime: s.time(3),
  reason: s.string(4),
  message: s.string(5),
});

export interface APIServiceCondition extends ValueOf<typeof APIServiceCondition> {}

export const ServiceReference = s.struct(
  "apiregistration/v1.ServiceReference",
  {
    namespace: s.string(1),
    name: s.string(2),
    port: s.int32(3, { optional: true }),
  },
  {
    defaults(draft) {
      draft.port ??= 443;
    },
  },
);

export interface ServiceReference extends ValueOf<typeof ServiceReference> {}

export const APIServiceSpec = s.struct("apiregistration/v1.APIServiceSpec", {
  service: s.object(1, ServiceReference, {
    optional: true,
    doc: "The service that answers; this server itself when there is none.",
  }),
  group: s.string(2),
  version: s.string(3),
  insecureSkipTLSVerify: s.boolean(4),
  caBundle: s.bytes(5, {
    listType: "atomic",
    doc: "The authorities, in PEM, that may have issued the service's certificate.",
  }),
  groupPriorityMinimum: s.int32(7, {
    required: true,
    doc: "Groups with higher numbers come first in discovery.",
  }),
  versionPriority: s.int32(8, {
    required: true,
    doc: "Versions with higher numbers come first within their group.",
  }),
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
  doc: "Says who serves one version of one group of the API: this server, or a service that requests are passed on to.",
  storage: { prefix: "/registry/apiregistration.k8s.io/apiservices", hash: "InPBPD7+PqM=" },
  schema: s.struct("apiregistration/v1.APIService", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, APIServiceSpec),
    status: s.object(3, APIServiceStatus),
  }),
  status: { keeps: describing, validate: ({ status }) => validConditions(status.conditions ?? []) },
  prepareForCreate(draft) {
    if (!draft.spec.service) draft.status.conditions = [localCondition(draft.metadata)];
  },
  needsResourceVersion: true,
  nameRule: pathSegmentName,

  *validate({ metadata: { name = "" }, spec }): Iterable<FieldError> {
    yield* validName(name, spec);
    yield* validVersion(spec);
    yield* spec.service ? validService(spec.service, spec) : validLocal(spec);
  },

  columns: [
    nameColumn,
    {
      name: "Service",
      type: "string",
      cell: ({ spec: { service } }) =>
        service ? `${service.namespace ?? ""}/${service.name ?? ""}` : "Local",
    },
    { name: "Available", type: "string", cell: ({ status }) => availability(status) },
    ageColumn,
  ],
});

export interface APIService extends ObjectOf<typeof APIService> {}

// exact: kube-aggregator
const localCondition = ({ creationTimestamp }: Draft<ObjectMeta>): Draft<APIServiceCondition> => ({
  type: "Available",
  status: "True",
  lastTransitionTime: creationTimestamp ?? null,
  reason: "Local",
  message: "Local APIServices are always available",
});

function availability({ conditions = [] }: APIServiceStatus): string {
  const found = conditions.find(({ type }) => type === "Available");
  if (!found) return "Unknown";
  const isExplained = found.status !== "True" && found.reason;
  return isExplained ? `${found.status} (${found.reason})` : found.status;
}

function* validName(name: string, { group = "", version = "" }: APIServiceSpec) {
  const expected = `${version}.${group}`;
  if (name === expected || pathSegmentName(name, false).length > 0) return;
  const problem = `must be \`spec.version+"."+spec.group\`: ${JSON.stringify(expected)}`;
  yield invalid("metadata.name", name, problem);
}

function* validVersion(spec: APIServiceSpec): Iterable<FieldError> {
  const { group = "", version = "", groupPriorityMinimum, versionPriority } = spec;
  if (group !== "") yield* invalidEach("spec.group", group, dnsSubdomain(group));
  else if (version !== "v1") {
    const why = "only v1 may have an empty group and it better be legacy kube";
    yield required("spec.group", why);
  }
  yield* invalidEach("spec.version", version, dns1035Label(version));
  if (groupPriorityMinimum <= 0 || groupPriorityMinimum > 20000) {
    const why = "must be positive and less than 20000";
    yield invalid("spec.groupPriorityMinimum", groupPriorityMinimum, why);
  }
  if (versionPriority <= 0 || versionPriority > 1000) {
    yield invalid("spec.versionPriority", versionPriority, "must be positive and less than 1000");
  }
}

function* validLocal({ caBundle, insecureSkipTLSVerify }: APIServiceSpec): Iterable<FieldError> {
  if (caBundle) {
    const size = Buffer.from(caBundle, "base64").length;
    yield invalid("spec.caBundle", `${size} bytes`, "local APIServices may not have a caBundle");
  }
  if (insecureSkipTLSVerify) {
    const why = "local APIServices may not have insecureSkipTLSVerify";
    yield invalid("spec.insecureSkipTLSVerify", true, why);
  }
}

function* validService(
  { namespace = "", name = "", port = 0 }: ServiceReference,
  { insecureSkipTLSVerify, caBundle }: APIServiceSpec,
): Iterable<FieldError> {
  if (namespace === "") yield required("spec.service.namespace");
  if (name === "") yield required("spec.service.name");
  const problems = portNumber(port);
  if (problems.length > 0) {
    yield invalid("spec.service.port", port, `port is not valid: ${problems.join(", ")}`);
  }
  if (insecureSkipTLSVerify && caBundle) {
    yield invalid("spec.insecureSkipTLSVerify", true, "may not be true if caBundle is present");
  }
}

function* validConditions(conditions: readonly APIServiceCondition[]): Iterable<FieldError> {
  const statuses = ["True", "False", "Unknown"];
  for (const [at, { status }] of conditions.entries()) {
    const path = `${index("status.conditions", at)}.status`;
    if (!statuses.includes(status)) yield notListed(path, status, statuses);
  }
}
