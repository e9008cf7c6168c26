/** How the pods of a group are scheduled: what pod groups and the templates that they come from share. */
import { requiredText } from "#api/field-rules.ts";
import { dnsLabel, dnsSubdomain } from "#api/names.ts";
import { child, type FieldError, invalid, required } from "#schema/field-error.ts";
import { s, type ValueOf } from "#schema/struct.ts";

const BasicSchedulingPolicy = s.struct("scheduling/v1alpha2.BasicSchedulingPolicy", {});

const GangSchedulingPolicy = s.struct("scheduling/v1alpha2.GangSchedulingPolicy", {
  minCount: s.int32(1, {
    required: true,
    doc: "So many pods get a node together, or none of them does. At least 1.",
  }),
});

export const PodGroupSchedulingPolicy = s.struct(
  "scheduling/v1alpha2.PodGroupSchedulingPolicy",
  {
    basic: s.object(1, BasicSchedulingPolicy, {
      optional: true,
      doc: "Each pod gets a node as if it were alone.",
    }),
    gang: s.object(2, GangSchedulingPolicy, {
      optional: true,
      doc: "The pods get nodes all at once or not at all.",
    }),
  },
  {
    doc: "Exactly one of its fields is set.",
    unions: [{ "fields-to-discriminateBy": { basic: "Basic", gang: "Gang" } }],
  },
);

export interface PodGroupSchedulingPolicy extends ValueOf<typeof PodGroupSchedulingPolicy> {}

const TopologyConstraint = s.struct("scheduling/v1alpha2.TopologyConstraint", {
  key: s.string(1, { required: true }),
});

const PodGroupSchedulingConstraints = s.struct(
  "scheduling/v1alpha2.PodGroupSchedulingConstraints",
  { topology: s.list(1, TopologyConstraint, { listType: "atomic" }) },
);

const PodGroupResourceClaim = s.struct("scheduling/v1alpha2.PodGroupResourceClaim", {
  name: s.string(1, { required: true }),
  resourceClaimName: s.string(2, { optional: true }),
  resourceClaimTemplateName: s.string(3, { optional: true }),
});

/** Of a template and of a group, under the same numbers. What is behind a gate is dropped: those gates stay off. */
export const schedulingFields = {
  schedulingPolicy: s.object(2, PodGroupSchedulingPolicy, {
    required: true,
    doc: "How the pods are scheduled. It cannot be changed.",
  }),
  schedulingConstraints: s.object(3, PodGroupSchedulingConstraints, {
    optional: true,
    gate: "TopologyAwareWorkloadScheduling",
    doc: "On which nodes the pods stand together. Dropped while its feature gate is off.",
  }),
  resourceClaims: s.list(4, PodGroupResourceClaim, {
    listType: "map",
    keys: ["name"],
    patch: "merge,retainKeys",
    patchKey: "name",
    gate: "DRAWorkloadResourceClaims",
    doc: "Devices that the pods share. Dropped while its feature gate is off.",
  }),
  disruptionMode: s.string(5, {
    optional: true,
    gate: "WorkloadAwarePreemption",
    doc: "Whether its pods are evicted one by one. Dropped while its feature gate is off.",
  }),
  priorityClassName: s.string(6, {
    gate: "WorkloadAwarePreemption",
    doc: "The priority of all its pods, by name. Dropped while its feature gate is off.",
  }),
  priority: s.int32(7, {
    optional: true,
    gate: "WorkloadAwarePreemption",
    doc: "The priority of all its pods. Dropped while its feature gate is off.",
  }),
} as const;

/** upstream: pkg/apis/scheduling/v1alpha2/zz_generated.validations.go#Validate_PodGroupSchedulingPolicy */
export function* validSchedulingPolicy(
  at: string,
  { basic, gang }: PodGroupSchedulingPolicy,
): Iterable<FieldError> {
  if (basic && gang) {
    const problem = "exactly one of `basic`, `gang` is required, but multiple fields are set";
    yield invalid(at, "{`basic`, `gang`}", problem);
  } else if (!basic && !gang) {
    yield invalid(at, "", "must specify one of: `basic`, `gang`");
  }
  if (!gang) return;
  const path = child(child(at, "gang"), "minCount");
  if (gang.minCount === 0) yield required(path);
  else if (gang.minCount < 0)
    yield invalid(path, gang.minCount, "must be greater than or equal to 1");
}

export const validShortName = (at: string, name: string): Iterable<FieldError> =>
  requiredText(at, name, dnsLabel);

export const validLongName = (at: string, name: string): Iterable<FieldError> =>
  requiredText(at, name, dnsSubdomain);
