/**
 * The rules of x-kubernetes-validations, in CEL. All rules of an object together may only cost so much.
 * upstream: apiextensions-apiserver/pkg/apiserver/schema/cel/validation.go
 */
import type { ValidationRule } from "#api/apiextensions/json-schema.ts";
import { type CelFailure, compile, type Program } from "#cel/cel.ts";
import { boolType, type CelType, optionalType, stringType } from "#cel/types.ts";
import { optionalNone, optionalOf } from "#cel/values.ts";
import { duplicate, type FieldError, forbidden, invalid, required } from "#schema/field-error.ts";
import type { OpenSchema } from "#schema/open/open-schema.ts";
import { type Judged, openTypeOf, type OpenRules } from "#schema/open/validate.ts";
import type { CelTimes } from "./cel-times.ts";
import { celTypeOf } from "./cel-types.ts";

interface CompiledRule {
  readonly rule: ValidationRule;
  /** It compares with what was there before. */
  readonly isTransition: boolean;
  readonly program?: Program;
  readonly message?: Program;
  /** Why it cannot be evaluated. */
  readonly problem?: string;
}

type Activation = Readonly<Record<string, unknown>>;

/** Rules for one object after the other, each with a budget of its own. */
export type RulesForObject = () => OpenRules;

/** exact: Kubernetes, RuntimeCELCostBudget */
const objectCostMax = 10_000_000;

/** Compiles the rules of each schema once. */
export function celRules(times?: CelTimes): RulesForObject {
  // Of the whole object, and of its parts: equal schemas may be one and the same value.
  const ofWhole = new WeakMap<OpenSchema, readonly CompiledRule[]>();
  const ofParts = new WeakMap<OpenSchema, readonly CompiledRule[]>();
  return () => {
    const budget: Budget = { left: objectCostMax };
    return function* (schema, judged) {
      const listed = rulesIn(schema);
      if (listed.length === 0) return;
      const known = judged.at === "" ? ofWhole : ofParts;
      let rules = known.get(schema);
      if (!rules) {
        const ended = times?.compiling();
        const type = celTypeOf(schema, judged.at === "");
        known.set(schema, (rules = listed.map((rule) => compiled(rule, type))));
        ended?.();
      }
      const ended = times?.evaluating();
      for (const rule of rules) yield* violation(rule, judged, budget);
      ended?.();
    };
  };
}

export const rulesIn = (schema: OpenSchema): readonly ValidationRule[] =>
  (schema["x-kubernetes-validations"] ?? []) as readonly ValidationRule[];

/** Below zero nothing more is evaluated. */
interface Budget {
  left: number;
}

function* violation(
  compiledRule: CompiledRule,
  judged: Judged,
  budget: Budget,
): Iterable<FieldError> {
  const { rule, program, problem } = compiledRule;
  const type = openTypeOf(judged.value);
  if (budget.left < 0 || !isDue(compiledRule, judged)) return;
  if (!program) {
    yield invalid(judged.at, type, `rule compile error: ${problem ?? ""}`);
    return;
  }
  const activation = activationOf(rule, judged);
  const { value: holds, error, cost } = program.evaluate(activation);
  const why = error ? failureOf(rule, error, budget) : spent(budget, cost);
  if (why !== undefined) yield invalid(judged.at, type, why);
  else if (holds !== true) {
    const message = messageOf(compiledRule, activation, budget);
    yield failed(rule, `${judged.at}${pathOf(rule, judged.at)}`, { type, message });
  }
}

/** Without anything before, there is nothing to compare with. */
const isDue = ({ rule, isTransition }: CompiledRule, { old }: Judged): boolean =>
  !isTransition || old !== undefined || rule.optionalOldSelf === true;

function activationOf({ optionalOldSelf }: ValidationRule, { value, old }: Judged): Activation {
  if (!optionalOldSelf) return { self: value, oldSelf: old };
  return { self: value, oldSelf: old === undefined ? optionalNone : optionalOf(old) };
}

/** What is to be said when it was too much. exact: apiserver */
function spent(budget: Budget, cost: number): string | undefined {
  budget.left -= cost;
  if (budget.left >= 0) return undefined;
  return "validation failed due to running out of cost budget, no further validation rules will be run";
}

/** exact: apiserver, all messages */
function failureOf(rule: ValidationRule, { reason, message }: CelFailure, budget: Budget): string {
  if (reason === "cost") {
    budget.left = -1;
    return `'${message}': no further validation rules will be run due to call cost exceeds limit for rule: ${textOf(rule)}`;
  }
  if (message.startsWith("no such overload"))
    return `'${message}': call arguments did not match a supported operator, function or macro signature for rule: ${textOf(rule)}`;
  return `${message} evaluating rule: ${textOf(rule)}`;
}

const pathOf = ({ fieldPath = "" }: ValidationRule, at: string): string =>
  at === "" ? fieldPath.replace(/^\./, "") : fieldPath;

const textOf = ({ message, rule }: ValidationRule): string => message?.trim() || rule;

function messageOf(
  { rule, message }: CompiledRule,
  activation: Activation,
  budget: Budget,
): string {
  const { value: made, cost = 0 } = message?.evaluate(activation) ?? {};
  budget.left -= cost;
  if (typeof made === "string" && made.trim() !== "") return made.trim();
  return rule.message?.trim() || `failed rule: ${rule.rule}`; // exact: apiserver
}

interface Told {
  readonly type: string;
  readonly message: string;
}

function failed({ reason }: ValidationRule, at: string, { type, message }: Told): FieldError {
  if (reason === "FieldValueRequired") return required(at, message);
  if (reason === "FieldValueForbidden") return forbidden(at, message);
  if (reason === "FieldValueDuplicate") return duplicate(at, type);
  return invalid(at, type, message);
}

export const asksForOldSelf = ({ rule }: ValidationRule): boolean => /\boldSelf\b/.test(rule);

function compiled(rule: ValidationRule, self: CelType): CompiledRule {
  const isTransition = asksForOldSelf(rule);
  try {
    const { program, message } = programsOf(rule, self);
    return { rule, isTransition, program, ...(message ? { message } : {}) };
  } catch (cause) {
    return { rule, isTransition, problem: (cause as Error).message };
  }
}

interface Programs {
  readonly program: Program;
  readonly message: Program | undefined;
}

/** Throws CelCompileError. */
function programsOf(rule: ValidationRule, self: CelType): Programs {
  const variables = ruleVariables(rule, self);
  const { messageExpression } = rule;
  return {
    program: compile(rule.rule, { variables, resultType: boolType }),
    message: messageExpression
      ? compile(messageExpression, { variables, resultType: stringType })
      : undefined,
  };
}

export const ruleVariables = (
  { optionalOldSelf }: ValidationRule,
  self: CelType,
): Readonly<Record<string, CelType>> => ({
  self,
  oldSelf: optionalOldSelf ? optionalType(self) : self,
});
