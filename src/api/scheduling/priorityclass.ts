import { ageColumn, nameColumn } from "#api/columns.ts";
import { immutable } from "#api/field-rules.ts";
import { defineKind, type ObjectOf } from "#api/kind.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { type FieldError, forbidden, notListed, required } from "#schema/field-error.ts";
import { s, typeMeta } from "#schema/struct.ts";

/** What users may claim; everything above is for the parts of the cluster itself. */
export const userPriorityMax = 1_000_000_000;

/** From here on a pod is one that the cluster needs to run. upstream: SystemCriticalPriority */
export const systemCriticalPriority = 2_000_000_000;

/** The classes that exist in every cluster; no other name may begin with `system-`. */
export const systemPriorities: { readonly [name: string]: number } = {
  "system-node-critical": 2_000_001_000,
  "system-cluster-critical": systemCriticalPriority,
};

const preemptionPolicies = ["PreemptLowerPriority", "Never"] as const;

/**
 * upstream: pkg/apis/scheduling/validation/validation.go
 */
export const PriorityClass = defineKind({
  group: "scheduling.k8s.io",
  version: "v1",
  kind: "PriorityClass",
  plural: "priorityclasses",
  shortNames: ["pc"],
  scope: "Cluster",
  doc: "Gives a name to a priority: pods that name the class are scheduled by it, and may push out pods of lower priority when a cluster is full.",
  storage: { prefix: "/registry/priorityclasses", hash: "1QwjyaZjj3Y=" },
  schema: s.struct(
    "scheduling/v1.PriorityClass",
    {
      ...typeMeta,
      metadata: s.object(1, ObjectMeta),
      value: s.int32(2, {
        always: true,
        doc: "The priority that pods of this class get. Higher goes first. It cannot be changed.",
      }),
      globalDefault: s.boolean(3, {
        doc: "Whether pods that name no class get this one. At most one class may say so.",
      }),
      description: s.string(4, { doc: "When to use this class, for people." }),
      preemptionPolicy: s.oneOf(5, preemptionPolicies, {
        optional: true,
        checkedByOwner: true,
        doc: "Whether pods of this class may push out pods of lower priority.",
      }),
    },
    {
      defaults(draft) {
        draft.preemptionPolicy ??= "PreemptLowerPriority";
      },
    },
  ),

  prepareForCreate(draft) {
    draft.metadata.generation = 1;
  },

  *validate({ metadata: { name = "" }, value, globalDefault, preemptionPolicy }) {
    if (name.startsWith("system-")) {
      const problem = systemClassProblem(name, value, globalDefault);
      if (problem !== undefined) yield reserved(problem);
    } else if (value > userPriorityMax) {
      yield forbidden(
        "value",
        `maximum allowed value of a user defined priority is ${userPriorityMax}`,
      );
    }
    if (preemptionPolicy !== undefined) yield* validPreemption(preemptionPolicy);
  },

  *validateUpdate(pc, old) {
    if (pc.value !== old.value) yield forbidden("value", "may not be changed in an update.");
    yield* immutable("preemptionPolicy", pc.preemptionPolicy, old.preemptionPolicy);
  },

  columns: [
    nameColumn,
    { name: "Value", type: "integer", cell: ({ value }) => value },
    { name: "Global-Default", type: "boolean", cell: (pc) => pc.globalDefault ?? false },
    ageColumn,
    { name: "PreemptionPolicy", type: "string", cell: (pc) => pc.preemptionPolicy ?? "" },
  ],
});

export interface PriorityClass extends ObjectOf<typeof PriorityClass> {}

function* validPreemption(policy: string): Iterable<FieldError> {
  if (policy === "") yield required("preemptionPolicy");
  else if (!preemptionPolicies.some((one) => one === policy)) {
    yield notListed("preemptionPolicy", policy, preemptionPolicies);
  }
}

const reserved = (problem: string): FieldError =>
  forbidden(
    "metadata.name",
    `priority class names with 'system-' prefix are reserved for system use only. error: ${problem}`,
  );

function systemClassProblem(
  name: string,
  value: number,
  globalDefault = false,
): string | undefined {
  const known = systemPriorities[name];
  if (known === undefined) return `${name} is not a known system priority class`;
  if (value !== known) return `value of ${name} PriorityClass must be ${known}`;
  if (globalDefault) return `globalDefault of ${name} PriorityClass must be false`;
  return undefined;
}
