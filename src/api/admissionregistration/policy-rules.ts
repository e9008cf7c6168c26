import { RuleWithOperations } from "./rules.ts";
import { LabelSelector } from "#api/meta/label-selector.ts";
import { s, type ValueOf } from "#schema/struct.ts";

export const AuditAnnotation = s.struct("admissionregistration/v1.AuditAnnotation", {
  key: s.string(1, { required: true }),
  valueExpression: s.string(2, { required: true }),
});

export interface AuditAnnotation extends ValueOf<typeof AuditAnnotation> {}

export const ExpressionWarning = s.struct("admissionregistration/v1.ExpressionWarning", {
  fieldRef: s.string(2, { required: true }),
  warning: s.string(3, { required: true }),
});

export interface ExpressionWarning extends ValueOf<typeof ExpressionWarning> {}

export const NamedRuleWithOperations = s.struct(
  "admissionregistration/v1.NamedRuleWithOperations",
  {
    resourceNames: s.list(1, "string", { listType: "atomic" }),
    ruleWithOperations: s.inline(2, RuleWithOperations, { protoName: "ruleWithOperations" }),
  },
  { atomic: true },
);

export interface NamedRuleWithOperations extends ValueOf<typeof NamedRuleWithOperations> {}

export const MatchResources = s.struct(
  "admissionregistration/v1.MatchResources",
  {
    namespaceSelector: s.object(1, LabelSelector, { optional: true }),
    objectSelector: s.object(2, LabelSelector, { optional: true }),
    resourceRules: s.list(3, NamedRuleWithOperations, { listType: "atomic" }),
    excludeResourceRules: s.list(4, NamedRuleWithOperations, { listType: "atomic" }),
    matchPolicy: s.oneOf(7, ["Equivalent", "Exact"], { optional: true }),
  },
  { atomic: true },
);

export interface MatchResources extends ValueOf<typeof MatchResources> {}

export const ParamKind = s.struct(
  "admissionregistration/v1.ParamKind",
  {
    apiVersion: s.string(1),
    kind: s.string(2),
  },
  { atomic: true },
);

export interface ParamKind extends ValueOf<typeof ParamKind> {}

export const ParamRef = s.struct(
  "admissionregistration/v1.ParamRef",
  {
    name: s.string(1),
    namespace: s.string(2),
    selector: s.object(3, LabelSelector, { optional: true }),
    parameterNotFoundAction: s.string(4, { optional: true }),
  },
  { atomic: true },
);

export interface ParamRef extends ValueOf<typeof ParamRef> {}

export const TypeChecking = s.struct("admissionregistration/v1.TypeChecking", {
  expressionWarnings: s.list(1, ExpressionWarning, { listType: "atomic" }),
});

export interface TypeChecking extends ValueOf<typeof TypeChecking> {}

export const Validation = s.struct("admissionregistration/v1.Validation", {
  expression: s.string(1, { required: true, protoName: "Expression" }),
  message: s.string(2),
  reason: s.string(3, { optional: true }),
  messageExpression: s.string(4),
});

export interface Validation extends ValueOf<typeof Validation> {}

export const Variable = s.struct(
  "admissionregistration/v1.Variable",
  {
    name: s.string(1, { required: true, protoName: "Name" }),
    expression: s.string(2, { required: true, protoName: "Expression" }),
  },
  { atomic: true },
);

export interface Variable extends ValueOf<typeof Variable> {}
