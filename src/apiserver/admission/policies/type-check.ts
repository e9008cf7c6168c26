/**
 * Whether the expressions of a policy fit the kinds that it is about. What does not is a warning:
 * the policy may be about more kinds than one.
 * upstream: staging/src/k8s.io/apiserver/pkg/admission/plugin/policy/validating/typechecking.go
 */
import type {
  ExpressionWarning,
  NamedRuleWithOperations,
  ParamKind,
} from "#api/admissionregistration/policy-rules.ts";
import type { ValidatingAdmissionPolicySpec } from "#api/admissionregistration/validatingadmissionpolicy.ts";
import type { AnyKind } from "#api/kind.ts";
import { type CelType, dynType } from "#cel/types.ts";
import type { KindRegistry } from "#apiserver/kinds.ts";
import { compiledOrNot } from "../expressions/expression.ts";
import { structType } from "../expressions/kind-types.ts";
import { type Variables, variablesOf } from "../expressions/types.ts";
import { composed } from "../expressions/variables.ts";

const kindsMax = 10;

export function expressionWarnings(
  spec: ValidatingAdmissionPolicySpec,
  kinds: KindRegistry,
): readonly ExpressionWarning[] {
  const params = spec.paramKind && paramsType(spec.paramKind, kinds);
  const checked = kindsOf(spec.matchConstraints?.resourceRules ?? [], kinds).map((kind) => {
    const object = structType(kind.schema);
    const own = { object, oldObject: object, ...(params ? { params } : {}) };
    const given = { ...variablesOf({ hasParams: params !== undefined }), ...own };
    return { kind, variables: composed(spec.variables ?? [], { variables: given }).variables };
  });
  return expressionsOf(spec).flatMap(({ fieldRef, text }) => {
    const warnings = checked.flatMap((one) => warningOf(text, one));
    return warnings.length > 0 ? [{ fieldRef, warning: warnings.join("\n") }] : [];
  });
}

interface Checked {
  readonly kind: AnyKind;
  readonly variables: Variables;
}

/** exact: kube-controller-manager */
function warningOf(text: string, { kind, variables }: Checked): readonly string[] {
  const complaint = compiledOrNot(text, { variables });
  if (typeof complaint !== "string") return [];
  return [`${kind.group}/${kind.version}, Kind=${kind.kind}: ${complaint}\n`];
}

/** Wildcards and subresources name none. */
function namesIn({ apiGroups = [], apiVersions = [], resources = [] }: NamedRuleWithOperations) {
  const isOpen = [...apiGroups, ...apiVersions].some((name) => name.includes("*"));
  const plain = isOpen ? [] : resources.filter((resource) => !/[*/]/.test(resource)).toSorted();
  const places = apiGroups
    .toSorted()
    .flatMap((group) =>
      apiVersions.toSorted().map((version) => (group === "" ? version : `${group}/${version}`)),
    );
  return places.flatMap((apiVersion) => plain.map((resource) => ({ apiVersion, resource })));
}

/** Those that the rules name. */
function kindsOf(
  rules: readonly NamedRuleWithOperations[],
  kinds: KindRegistry,
): readonly AnyKind[] {
  const found = new Set<AnyKind>();
  for (const rule of rules) {
    for (const { apiVersion, resource } of namesIn(rule)) {
      const served = kinds.find(apiVersion, resource);
      if (served && found.size < kindsMax) found.add(served.kind);
    }
  }
  return [...found].toSorted((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
}

const sortKey = ({ group, version, kind }: AnyKind): string => [group, version, kind].join("\0");

function paramsType({ apiVersion = "", kind = "" }: ParamKind, kinds: KindRegistry): CelType {
  for (const { kind: one } of kinds.all()) {
    if (one.apiVersion === apiVersion && one.kind === kind) return structType(one.schema);
  }
  return dynType;
}

interface Listed {
  readonly fieldRef: string;
  readonly text: string;
}

const expressionsOf = ({ validations = [] }: ValidatingAdmissionPolicySpec): readonly Listed[] =>
  validations.flatMap(({ expression, messageExpression }, i) => {
    const at = `spec.validations[${i}]`;
    const main = { fieldRef: `${at}.expression`, text: expression };
    if (!messageExpression) return [main];
    return [main, { fieldRef: `${at}.messageExpression`, text: messageExpression }];
  });
