/**
 * What a ValidatingAdmissionPolicy says of one request: pure, apart from what the authorizer is asked.
 * upstream: staging/src/k8s.io/apiserver/pkg/admission/plugin/policy/validating/validator.go
 */
import type { ValidatingAdmissionPolicy } from "#api/admissionregistration/validatingadmissionpolicy.ts";
import type { Reason } from "#api/errors.ts";
import type { Clock } from "#base/clock.ts";
import type { Activation } from "../expressions/activation.ts";
import { Budget, OutOfBudget, policyCostMax } from "../expressions/budget.ts";
import { type Conditions, matchConditions } from "../expressions/conditions.ts";
import {
  type ValidatingExpressions,
  validatingExpressions,
} from "../expressions/validating-expressions.ts";
import { withVariables } from "../expressions/variables.ts";

export interface Decision {
  readonly isDenied: boolean;
  /** An expression failed, which the failure policy decides about. */
  readonly isError: boolean;
  readonly message: string;
  readonly reason: Reason;
  readonly seconds: number;
}

export type Note =
  | { readonly key: string; readonly value: string; readonly error?: undefined }
  | { readonly key: string; readonly value?: undefined; readonly error: string };

export interface Verdict {
  /** One for each validation; one alone when the policy as a whole failed. */
  readonly decisions: readonly Decision[];
  readonly notes: readonly Note[];
}

const none: Verdict = { decisions: [], notes: [] };

export interface Judge {
  readonly spec: ValidatingAdmissionPolicy["spec"];
  readonly conditions: Conditions;
  readonly expressions: ValidatingExpressions;
}

export const judgeOf = ({ spec }: ValidatingAdmissionPolicy): Judge => ({
  spec,
  conditions: matchConditions(spec.matchConditions ?? [], {
    hasParams: spec.paramKind !== undefined,
  }),
  expressions: validatingExpressions(spec),
});

export function verdictOf(judge: Judge, activation: Activation, clock: Clock): Verdict {
  const { isMet, error } = judge.conditions(activation);
  if (error !== undefined) return { decisions: [failure(judge, error)], notes: [] };
  if (!isMet) return none;
  try {
    const decisions = decide(judge, activation, clock);
    return { decisions, notes: notesOf(judge, activation) };
  } catch (cause) {
    if (!(cause instanceof OutOfBudget)) throw cause;
    return { decisions: [failure(judge, cause.message)], notes: [] };
  }
}

const failure = ({ spec }: Judge, message: string, seconds = 0): Decision => ({
  isDenied: spec.failurePolicy !== "Ignore",
  isError: true,
  message,
  reason: "Invalid",
  seconds,
});

type Spoken = ValidatingExpressions["messages"][number];

function decide(judge: Judge, base: Activation, clock: Clock): readonly Decision[] {
  const { spec, expressions } = judge;
  const budget = new Budget(policyCostMax);
  const activation = withVariables(expressions.composition, base, budget);
  const results = expressions.validations.map((expression) => {
    const started = clock.monotonic();
    const result = budget.evaluate(expression, activation);
    return { ...result, seconds: (clock.monotonic() - started) / 1_000 };
  });
  const messages = new Messages(budget, activation);
  return results.map(({ value, error, seconds }, i): Decision => {
    if (error !== undefined) return failure(judge, error, seconds);
    if (value === true) return { ...admitted, seconds };
    const { message = "", reason = "Invalid", expression = "" } = spec.validations?.[i] ?? {};
    const said = messages.said(expressions.messages[i]);
    if (said.failure !== undefined) return failure(judge, said.failure, seconds);
    const text = said.text || message.trim() || `failed expression: ${expression.trim()}`; // exact: apiserver
    return { isDenied: true, isError: false, message: text, reason: reason as Reason, seconds };
  });
}

const admitted = { isDenied: false, isError: false, message: "", reason: "Invalid" } as const;

/** exact: Kubernetes, MaxEvaluatedMessageExpressionSizeBytes */
const messageBytesMax = 5 * 1024;

class Messages {
  readonly #budget: Budget;
  readonly #activation: Activation;

  constructor(budget: Budget, activation: Activation) {
    this.#budget = budget;
    this.#activation = activation;
  }

  /** Empty when there is none that can be shown. */
  said(expression: Spoken): { readonly text: string; readonly failure?: string } {
    if (!expression) return { text: "" };
    try {
      const { value } = this.#budget.evaluate(expression, this.#activation);
      return { text: typeof value === "string" ? presentable(value.trim()) : "" };
    } catch (cause) {
      if (!(cause instanceof OutOfBudget)) throw cause;
      return { text: "", failure: `failed messageExpression: ${cause.message}` }; // exact: apiserver
    }
  }
}

const presentable = (text: string): string =>
  Buffer.byteLength(text) > messageBytesMax || text.includes("\n") ? "" : text;

/** exact: Kubernetes, maxAuditAnnotationValueLength */
const noteBytesMax = 10 * 1024;

function notesOf(judge: Judge, base: Activation): readonly Note[] {
  const { spec, expressions } = judge;
  if (expressions.annotations.length === 0) return [];
  const budget = new Budget(policyCostMax);
  const activation = withVariables(expressions.composition, base, budget);
  return expressions.annotations.flatMap((expression, i): readonly Note[] => {
    const key = spec.auditAnnotations?.[i]?.key ?? "";
    const { value, error } = budget.evaluate(expression, activation);
    if (error !== undefined) return spec.failurePolicy === "Ignore" ? [] : [{ key, error }];
    const text = typeof value === "string" ? cut(value.trim()) : "";
    return text === "" ? [] : [{ key, value: text }];
  });
}

const cut = (text: string): string => Buffer.from(text).subarray(0, noteBytesMax).toString("utf8");
