import { ageColumn, nameColumn } from "#api/columns.ts";
import { immutable, requiredText } from "#api/field-rules.ts";
import { defineKind, type ObjectOf } from "#api/kind.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { dnsSubdomain, invalidEach, pathSegmentName } from "#api/names.ts";
import { duplicate, type FieldError, index, required, tooMany } from "#schema/field-error.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";
import { schedulingFields, validSchedulingPolicy, validShortName } from "./scheduling-policy.ts";

const TypedLocalObjectReference = s.struct("scheduling/v1alpha2.TypedLocalObjectReference", {
  apiGroup: s.string(1),
  kind: s.string(2, { required: true }),
  name: s.string(3, { required: true }),
});

interface TypedLocalObjectReference extends ValueOf<typeof TypedLocalObjectReference> {}

const PodGroupTemplate = s.struct("scheduling/v1alpha2.PodGroupTemplate", {
  name: s.string(1, { required: true }),
  ...schedulingFields,
});

interface PodGroupTemplate extends ValueOf<typeof PodGroupTemplate> {}

export const WorkloadSpec = s.struct("scheduling/v1alpha2.WorkloadSpec", {
  controllerRef: s.object(1, TypedLocalObjectReference, {
    optional: true,
    doc: "What the workload is of, for tools: a Job, a Deployment. It cannot be changed.",
  }),
  podGroupTemplates: s.list(2, PodGroupTemplate, {
    required: true,
    listType: "map",
    keys: ["name"],
    doc: "What its pod groups are made from; up to 8. It cannot be changed.",
  }),
});

/** upstream: staging/src/k8s.io/api/scheduling/v1alpha2/types.go#WorkloadMaxPodGroupTemplates */
const templatesMax = 8;

/** upstream: pkg/registry/scheduling/workload/strategy.go */
export const Workload = defineKind({
  group: "scheduling.k8s.io",
  version: "v1alpha2",
  kind: "Workload",
  plural: "workloads",
  scope: "Namespaced",
  gate: "GenericWorkload",
  doc: "The pod groups of an application, as templates: whoever runs the application makes a PodGroup from each, as often as it needs one.",
  storage: { prefix: "/registry/workloads", hash: "vSX7gJe5Mx8=" },
  schema: s.struct("scheduling/v1alpha2.Workload", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, WorkloadSpec, { required: true }),
  }),

  *validateCreate({ spec: { controllerRef, podGroupTemplates } }) {
    if (controllerRef) yield* validController(controllerRef);
    yield* validTemplates(podGroupTemplates ?? []);
  },

  *validateUpdate({ spec }, { spec: old }) {
    yield* immutable("spec.controllerRef", spec.controllerRef, old.controllerRef);
    yield* immutable("spec.podGroupTemplates", spec.podGroupTemplates, old.podGroupTemplates);
  },

  columns: [nameColumn, ageColumn],
});

export interface Workload extends ObjectOf<typeof Workload> {}

function* validController({
  apiGroup = "",
  kind,
  name,
}: TypedLocalObjectReference): Iterable<FieldError> {
  const at = "spec.controllerRef";
  if (apiGroup !== "") yield* invalidEach(`${at}.apiGroup`, apiGroup, dnsSubdomain(apiGroup));
  const segment = (text: string): readonly string[] => pathSegmentName(text, false);
  yield* requiredText(`${at}.kind`, kind, segment);
  yield* requiredText(`${at}.name`, name, segment);
}

function* validTemplates(templates: readonly PodGroupTemplate[]): Iterable<FieldError> {
  const at = "spec.podGroupTemplates";
  if (templates.length === 0) yield required(at);
  else if (templates.length > templatesMax) yield tooMany(at, templates.length, templatesMax);
  else yield* validEach(at, templates);
}

function* validEach(at: string, templates: readonly PodGroupTemplate[]): Iterable<FieldError> {
  const seen = new Set<string>();
  for (const [i, template] of templates.entries()) {
    const path = index(at, i);
    if (seen.has(template.name)) yield duplicate(path, template);
    seen.add(template.name);
    yield* validShortName(`${path}.name`, template.name);
    yield* validSchedulingPolicy(`${path}.schedulingPolicy`, template.schedulingPolicy);
  }
}
