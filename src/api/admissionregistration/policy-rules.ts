/** upstream: pkg/apis/admissionregistration/validation/validation.go */
import { validLabelSelector } from "#api/field-rules.ts";
import { LabelSelector } from "#api/meta/label-selector.ts";
import { dns1035Label, dnsSubdomain, invalidEach, pathSegmentName } from "#api/names.ts";
import {
  child,
  duplicate,
  type FieldError,
  forbidden,
  index,
  invalid,
  notListed,
  notSupported,
  required,
} from "#schema/field-error.ts";
import { selectorText } from "#api/meta/selector-text.ts";
import { s, type ValueOf } from "#schema/struct.ts";
import { isCelIdentifier } from "./cel-identifier.ts";
import { RuleWithOperations } from "./rules.ts";

export const AuditAnnotation = s.struct("admissionregistration/v1.AuditAnnotation", {
  key: s.string(1, { required: true }),
  valueExpression: s.string(2, { required: true, doc: "In CEL; null leaves the annotation out." }),
});

export interface AuditAnnotation extends ValueOf<typeof AuditAnnotation> {}

export const ExpressionWarning = s.struct(
  "admissionregistration/v1.ExpressionWarning",
  {
    fieldRef: s.string(2, { required: true }),
    warning: s.string(3, { required: true }),
  },
  {
    *validate({ fieldRef, warning }, at): Iterable<FieldError> {
      if (warning === "") yield required(child(at, "warning"));
      if (fieldRef.trim() === "") yield required(child(at, "fieldRef"));
    },
  },
);

export interface ExpressionWarning extends ValueOf<typeof ExpressionWarning> {}

export const NamedRuleWithOperations = s.struct(
  "admissionregistration/v1.NamedRuleWithOperations",
  {
    resourceNames: s.list(1, "string", { listType: "atomic" }),
    ruleWithOperations: s.inline(2, RuleWithOperations, { protoName: "ruleWithOperations" }),
  },
  {
    atomic: true,
    *validate({ resourceNames = [] }, at): Iterable<FieldError> {
      for (const [i, name] of resourceNames.entries()) {
        const path = index(child(at, "resourceNames"), i);
        yield* invalidEach(path, name, pathSegmentName(name, false));
        if (resourceNames.indexOf(name) < i) yield duplicate(path, name);
      }
    },
  },
);

export interface NamedRuleWithOperations extends ValueOf<typeof NamedRuleWithOperations> {}

export const MatchResources = s.struct(
  "admissionregistration/v1.MatchResources",
  {
    namespaceSelector: s.object(1, LabelSelector, { optional: true }),
    objectSelector: s.object(2, LabelSelector, { optional: true }),
    resourceRules: s.list(3, NamedRuleWithOperations, {
      listType: "atomic",
      doc: "A request matches when one of them fits, and none of `excludeResourceRules`.",
    }),
    excludeResourceRules: s.list(4, NamedRuleWithOperations, { listType: "atomic" }),
    matchPolicy: s.oneOf(7, ["Equivalent", "Exact"], {
      optional: true,
      doc: "Equivalent also matches requests by another group or version of the same resource.",
    }),
  },
  {
    atomic: true,
    defaults(draft) {
      draft.namespaceSelector ??= {};
      draft.objectSelector ??= {};
      draft.matchPolicy ??= "Equivalent";
    },
    *validate({ namespaceSelector, objectSelector }, at): Iterable<FieldError> {
      yield* validLabelSelector(child(at, "namespaceSelector"), namespaceSelector);
      yield* validLabelSelector(child(at, "objectSelector"), objectSelector);
    },
  },
);

export interface MatchResources extends ValueOf<typeof MatchResources> {}

/** Policies need a rule at least, to know what the expressions are about. */
export function* validMatchConstraints(
  constraints: MatchResources | undefined,
  at: string,
): Iterable<FieldError> {
  if (!constraints) yield required(at);
  else if (!constraints.resourceRules?.length) yield required(child(at, "resourceRules"));
}

const mutable = ["*", "CONNECT", "CREATE", "UPDATE"];

/** What is deleted can no more be changed. */
export function* mutableOperations(
  resources: MatchResources | undefined,
  at: string,
): Iterable<FieldError> {
  const rules = resources?.resourceRules ?? [];
  for (const operation of rules.flatMap(({ operations = [] }) => operations)) {
    if (mutable.includes(operation)) continue;
    yield notSupported(`${at}.resourceRules.operations`, operation, mutable);
  }
}

export const ParamKind = s.struct(
  "admissionregistration/v1.ParamKind",
  {
    apiVersion: s.string(1),
    kind: s.string(2),
  },
  {
    atomic: true,
    *validate({ apiVersion = "", kind = "" }, at): Iterable<FieldError> {
      yield* validApiVersion(apiVersion, child(at, "apiVersion"));
      const problems = dns1035Label(kind.toLowerCase());
      if (kind === "") yield required(child(at, "kind"));
      else if (problems.length > 0) {
        const why = `may have mixed case, but should otherwise match: ${problems.join(",")}`;
        yield invalid(child(at, "kind"), kind, why);
      }
    },
  },
);

export interface ParamKind extends ValueOf<typeof ParamKind> {}

function* validApiVersion(apiVersion: string, at: string): Iterable<FieldError> {
  const parts = apiVersion === "/" ? [""] : apiVersion.split("/");
  if (apiVersion === "") {
    yield required(at);
    return;
  }
  if (parts.length > 2) {
    yield invalid(at, apiVersion, `unexpected GroupVersion string: ${apiVersion}`);
    return;
  }
  const group = parts.length === 2 ? (parts[0] ?? "") : "";
  const version = parts.at(-1) ?? "";
  const groupProblems = group === "" ? [] : dnsSubdomain(group);
  if (groupProblems.length > 0) yield invalid(at, group, groupProblems.join(","));
  const problems = dns1035Label(version);
  if (version === "") yield invalid(at, apiVersion, "version must be specified");
  else if (problems.length > 0) yield invalid(at, version, problems.join(","));
}

/** For columns. */
export const paramKindText = (kind: ParamKind | undefined): string =>
  kind ? `${kind.apiVersion ?? ""}/${kind.kind ?? ""}` : "<unset>";

const notFoundActions = ["Deny", "Allow"];

export const ParamRef = s.struct(
  "admissionregistration/v1.ParamRef",
  {
    name: s.string(1),
    namespace: s.string(2),
    selector: s.object(3, LabelSelector, { optional: true }),
    parameterNotFoundAction: s.string(4, { optional: true }),
  },
  {
    atomic: true,
    *validate({ name = "", selector, parameterNotFoundAction: action = "" }, at) {
      const exclusive = "name and selector are mutually exclusive";
      yield* invalidEach(child(at, "name"), name, pathSegmentName(name, false));
      if (name !== "" && selector) yield forbidden(child(at, "name"), exclusive);
      yield* validLabelSelector(child(at, "selector"), selector);
      if (name !== "" && selector) yield forbidden(child(at, "selector"), exclusive);
      if (name === "" && !selector) yield required(at, "one of name or selector must be specified");
      const path = child(at, "parameterNotFoundAction");
      if (action === "") yield required(path);
      else if (!notFoundActions.includes(action)) yield notListed(path, action, notFoundActions);
    },
  },
);

export interface ParamRef extends ValueOf<typeof ParamRef> {}

/** For columns. */
export function paramRefText(ref: ParamRef | undefined): string {
  if (ref?.name) return `${ref.namespace ?? "*"}/${ref.name}`;
  return ref?.selector ? selectorText(ref.selector) : "<unset>";
}

export const TypeChecking = s.struct("admissionregistration/v1.TypeChecking", {
  expressionWarnings: s.list(1, ExpressionWarning, { listType: "atomic" }),
});

export interface TypeChecking extends ValueOf<typeof TypeChecking> {}

const reasons = ["Forbidden", "Invalid", "RequestEntityTooLarge"];

export const Validation = s.struct(
  "admissionregistration/v1.Validation",
  {
    expression: s.string(1, {
      required: true,
      protoName: "Expression",
      doc: "In CEL; the request is refused unless it is true.",
    }),
    message: s.string(2),
    reason: s.string(3, { optional: true }),
    messageExpression: s.string(4),
  },
  {
    *validate({ expression, message = "", messageExpression = "", reason }, at) {
      yield* specified(expression, child(at, "expression"), "expression is not specified");
      if (messageExpression !== "" && messageExpression.trim() === "") {
        const path = child(at, "messageExpression");
        yield invalid(path, messageExpression, "must be non-empty if specified");
      }
      if (message !== "" && message.trim() === "") {
        yield invalid(child(at, "message"), message, "message must be non-empty if specified");
      } else if (/[\n\r]/.test(message.trim())) {
        yield invalid(child(at, "message"), message, "message must not contain line breaks");
      }
      if (reason !== undefined && !reasons.includes(reason)) {
        yield notSupported(child(at, "reason"), reason, reasons);
      }
    },
  },
);

export interface Validation extends ValueOf<typeof Validation> {}

export const Variable = s.struct(
  "admissionregistration/v1.Variable",
  {
    name: s.string(1, {
      required: true,
      protoName: "Name",
      doc: "Expressions know it as `variables.<name>`.",
    }),
    expression: s.string(2, { required: true, protoName: "Expression" }),
  },
  {
    atomic: true,
    *validate({ name, expression }, at): Iterable<FieldError> {
      const path = child(at, "name");
      yield* specified(name, path, "name is not specified");
      if (name.trim() !== "" && !isCelIdentifier(name)) {
        yield invalid(path, name, "name is not a valid CEL identifier");
      }
      yield* specified(expression, child(at, "expression"), "expression is not specified");
    },
  },
);

export interface Variable extends ValueOf<typeof Variable> {}

function* specified(text: string, at: string, why: string): Iterable<FieldError> {
  if (text.trim() === "") yield required(at, why);
}
