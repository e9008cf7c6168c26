/**
 * Expressions that do not compile are refused where they are written: those of webhooks and of
 * policies. What was written before and is left as it was, is not looked at again.
 * upstream: pkg/apis/admissionregistration/validation/validation.go
 */
import { MutatingAdmissionPolicy } from "#api/admissionregistration/mutatingadmissionpolicy.ts";
import { MutatingWebhookConfiguration } from "#api/admissionregistration/mutatingwebhookconfiguration.ts";
import type { MatchCondition } from "#api/admissionregistration/rules.ts";
import { ValidatingAdmissionPolicy } from "#api/admissionregistration/validatingadmissionpolicy.ts";
import { ValidatingWebhookConfiguration } from "#api/admissionregistration/validatingwebhookconfiguration.ts";
import { equal } from "#schema/copy.ts";
import { type FieldError, index, invalid } from "#schema/field-error.ts";
import type { Admission, AdmissionRequest } from "../admission.ts";
import { conditionsOf } from "./conditions.ts";
import type { Expression } from "./expression.ts";
import { mutatingExpressions } from "./mutating-expressions.ts";
import { validatingExpressions } from "./validating-expressions.ts";

const name = "ExpressionValidation";
const when = ["CREATE", "UPDATE"] as const;

type Webhooks = Partial<
  Pick<MutatingWebhookConfiguration | ValidatingWebhookConfiguration, "webhooks">
>;

export const webhookExpressions: Admission<MutatingWebhookConfiguration> = Object.freeze({
  name,
  on: [MutatingWebhookConfiguration, ValidatingWebhookConfiguration],
  when,
  *check({ webhooks = [] }: Webhooks, { old }: AdmissionRequest<Webhooks>) {
    const before = (old?.webhooks ?? []).map(({ matchConditions }) => matchConditions);
    if (
      old &&
      equal(
        before,
        webhooks.map(({ matchConditions }) => matchConditions),
      )
    )
      return;
    for (const [i, { matchConditions }] of webhooks.entries()) {
      yield* conditionErrors(matchConditions, `${index("webhooks", i)}.matchConditions`, false);
    }
  },
});

export const policyExpressions: Admission<ValidatingAdmissionPolicy> = Object.freeze({
  name,
  on: [ValidatingAdmissionPolicy],
  when,
  *check(
    { spec }: ValidatingAdmissionPolicy,
    request: AdmissionRequest<ValidatingAdmissionPolicy>,
  ) {
    if (equal(request.old?.spec, spec)) return;
    const hasParams = spec.paramKind !== undefined;
    yield* conditionErrors(spec.matchConditions, "spec.matchConditions", hasParams);
    const { composition, validations, messages, annotations } = validatingExpressions(spec);
    yield* errorsOf(composition.expressions, "spec.variables", "expression");
    for (const [i, expression] of validations.entries()) {
      yield* errorOf(expression, `${index("spec.validations", i)}.expression`);
      const message = messages[i];
      if (message) yield* errorOf(message, `${index("spec.validations", i)}.messageExpression`);
    }
    yield* errorsOf(annotations, "spec.auditAnnotations", "valueExpression");
  },
});

export const mutationExpressions: Admission<MutatingAdmissionPolicy> = Object.freeze({
  name,
  on: [MutatingAdmissionPolicy],
  when,
  *check({ spec }: MutatingAdmissionPolicy, request: AdmissionRequest<MutatingAdmissionPolicy>) {
    if (equal(request.old?.spec, spec)) return;
    const hasParams = spec.paramKind !== undefined;
    yield* conditionErrors(spec.matchConditions, "spec.matchConditions", hasParams);
    const { composition, mutations } = mutatingExpressions(spec);
    yield* errorsOf(composition.expressions, "spec.variables", "expression");
    for (const [i, { is, expression }] of mutations.entries()) {
      yield* errorOf(expression, `${index("spec.mutations", i)}.${is}.expression`);
    }
  },
});

function* conditionErrors(
  conditions: readonly MatchCondition[] = [],
  at: string,
  hasParams: boolean,
): Iterable<FieldError> {
  const trimmed = conditions.map((one) => ({ ...one, expression: one.expression.trim() }));
  yield* errorsOf(conditionsOf(trimmed, { hasParams }), at, "expression");
}

function* errorsOf(
  expressions: readonly Expression[],
  at: string,
  field: string,
): Iterable<FieldError> {
  for (const [i, expression] of expressions.entries())
    yield* errorOf(expression, `${index(at, i)}.${field}`);
}

/** That there has to be something is said by the kind. */
function* errorOf({ text, problem }: Expression, at: string): Iterable<FieldError> {
  if (problem !== undefined && text.trim() !== "") yield invalid(at, text, problem);
}
