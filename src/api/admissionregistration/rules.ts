import { s, type ValueOf } from "#schema/struct.ts";

export const MatchCondition = s.struct("admissionregistration/v1.MatchCondition", {
  name: s.string(1, { required: true }),
  expression: s.string(2, { required: true }),
});

export interface MatchCondition extends ValueOf<typeof MatchCondition> {}

export const Rule = s.struct("admissionregistration/v1.Rule", {
  apiGroups: s.list(1, "string", { listType: "atomic" }),
  apiVersions: s.list(2, "string", { listType: "atomic" }),
  resources: s.list(3, "string", { listType: "atomic" }),
  scope: s.oneOf(4, ["*", "Cluster", "Namespaced"], { optional: true }),
});

export interface Rule extends ValueOf<typeof Rule> {}

export const RuleWithOperations = s.struct("admissionregistration/v1.RuleWithOperations", {
  operations: s.list(
    1,
    { oneOf: ["*", "CONNECT", "CREATE", "DELETE", "UPDATE"] },
    { listType: "atomic" },
  ),
  rule: s.inline(2, Rule, { protoName: "rule" }),
});

export interface RuleWithOperations extends ValueOf<typeof RuleWithOperations> {}
