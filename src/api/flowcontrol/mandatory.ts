/**
 * The flow schemas and priority levels that every server has, and that nobody may change.
 * upstream: staging/src/k8s.io/apiserver/pkg/apis/flowcontrol/bootstrap/default.go
 */
import { equal } from "#schema/copy.ts";
import { type FieldError, invalid } from "#schema/field-error.ts";
import type { FlowSchemaSpec, Subject } from "./flowschema.ts";
import type { PriorityLevelConfigurationSpec } from "./prioritylevelconfiguration.ts";

const group = (name: string): Subject => ({ kind: "Group", group: { name } });

/** Whatever the subjects do. */
const anythingBy = (...subjects: Subject[]): FlowSchemaSpec["rules"] => [
  {
    subjects,
    resourceRules: [
      {
        verbs: ["*"],
        apiGroups: ["*"],
        resources: ["*"],
        clusterScope: true,
        namespaces: ["*"],
      },
    ],
    nonResourceRules: [{ verbs: ["*"], nonResourceURLs: ["*"] }],
  },
];

export const mandatoryFlowSchemas: { readonly [name: string]: FlowSchemaSpec } = {
  exempt: {
    priorityLevelConfiguration: { name: "exempt" },
    matchingPrecedence: 1,
    rules: anythingBy(group("system:masters")),
  },
  "catch-all": {
    priorityLevelConfiguration: { name: "catch-all" },
    matchingPrecedence: 10000,
    distinguisherMethod: { type: "ByUser" },
    rules: anythingBy(group("system:unauthenticated"), group("system:authenticated")),
  },
};

export const mandatoryPriorityLevels: { readonly [name: string]: PriorityLevelConfigurationSpec } =
  {
    exempt: { type: "Exempt", exempt: { nominalConcurrencyShares: 0, lendablePercent: 0 } },
    "catch-all": {
      type: "Limited",
      limited: {
        nominalConcurrencyShares: 5,
        limitResponse: { type: "Reject" },
        lendablePercent: 0,
      },
    },
  };

/** Administrators may change how much the exempt level lends; the rest stays as it is above. */
export function* mustEqual<T extends { readonly exempt?: object | undefined } | object>(
  name: string,
  spec: T,
  fixed: T | undefined,
): Iterable<FieldError> {
  if (!fixed) return;
  const hasFreeField = "exempt" in fixed;
  const without = (value: T) => (hasFreeField ? { ...value, exempt: undefined } : value);
  if (equal(without(spec), without(fixed))) return;
  const but = hasFreeField ? " except the 'spec.exempt' field" : "";
  yield invalid("spec", spec, `spec of '${name}'${but} must equal the fixed value`);
}
