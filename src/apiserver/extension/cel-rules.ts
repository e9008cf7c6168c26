/**
 * The rules of x-kubernetes-validations, in CEL.
 *
 * differs: a rule that does not compile is found when an object is written, and refuses it; upstream
 * refuses the definition. The cost of all rules of an object together is not limited, that of each is.
 * upstream: apiextensions-apiserver/pkg/apiserver/schema/cel/validation.go
 */
import type { ValidationRule } from "#api/apiextensions/json-schema.ts";
import { compile, type Program } from "#cel/cel.ts";
import { boolType, type CelType, optionalType, stringType } from "#cel/types.ts";
import { optionalNone, optionalOf } from "#cel/values.ts";
import { duplicate, type FieldError, forbidden, invalid, required } from "#schema/field-error.ts";
import type { OpenSchema } from "#schema/open/open-schema.ts";
import { type Judged, openTypeOf, type OpenRules } from "#schema/open/validate.ts";
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

/** Compiles the rules of each schema once. */
export function celRules(): OpenRules {
  const known = new WeakMap<OpenSchema, readonly CompiledRule[]>();
  return function* (schema, judged) {
    const listed = schema["x-kubernetes-validations"] as readonly ValidationRule[] | undefined;
    if (!listed || listed.length === 0) return;
    let rules = known.get(schema);
    if (!rules) {
      const type = celTypeOf(schema, judged.at === "");
      known.set(schema, (rules = listed.map((rule) => compiled(rule, type))));
    }
    for (const rule of rules) yield* violation(rule, judged);
  };
}

function* violation(compiledRule: CompiledRule, judged: Judged): Iterable<FieldError> {
  const { rule, isTransition, program, problem } = compiledRule;
  const { value, old, at } = judged;
  const type = openTypeOf(value);
  if (!program) {
    yield invalid(at, type, `rule compile error: ${problem ?? ""}`);
    return;
  }
  const isOptional = rule.optionalOldSelf === true;
  if (isTransition && old === undefined && !isOptional) return;
  const before = old === undefined ? optionalNone : optionalOf(old);
  const activation = { self: value, oldSelf: isOptional ? before : old };
  const { value: holds, error } = program.evaluate(activation);
  if (error) yield invalid(at, type, `${error.message} evaluating rule: ${textOf(rule)}`); // exact: apiserver
  if (error || holds === true) return;
  yield failed(rule, `${at}${pathOf(rule, at)}`, {
    type,
    message: messageOf(compiledRule, activation),
  });
}

const pathOf = ({ fieldPath = "" }: ValidationRule, at: string): string =>
  at === "" ? fieldPath.replace(/^\./, "") : fieldPath;

const textOf = ({ message, rule }: ValidationRule): string => message?.trim() || rule;

function messageOf({ rule, message }: CompiledRule, activation: Activation): string {
  const made = message?.evaluate(activation).value;
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

function compiled(rule: ValidationRule, self: CelType): CompiledRule {
  const isTransition = /\boldSelf\b/.test(rule.rule);
  const oldSelf = rule.optionalOldSelf ? optionalType(self) : self;
  const variables = { self, oldSelf };
  try {
    const program = compile(rule.rule, { variables, resultType: boolType });
    const { messageExpression } = rule;
    const message =
      messageExpression && compile(messageExpression, { variables, resultType: stringType });
    return { rule, isTransition, program, ...(message ? { message } : {}) };
  } catch (cause) {
    return { rule, isTransition, problem: (cause as Error).message };
  }
}
