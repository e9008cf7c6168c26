/** What a literal is worth. */
import {
  boolType,
  bytesType,
  doubleType,
  intType,
  nullType,
  stringType,
  uintType,
  type CelType,
} from "#cel/types.ts";
import { CelEvaluationError, Double, intOf, uintOf, type Value } from "#cel/values.ts";
import type { Token } from "./lexer.ts";

interface LiteralValue {
  readonly value: Value;
  readonly literalType: CelType;
}

const words: Readonly<Record<string, LiteralValue>> = {
  true: { value: true, literalType: boolType },
  false: { value: false, literalType: boolType },
  null: { value: null, literalType: nullType },
};

/** Or what is wrong with it. */
export function literalOf(token: Token, isNegative: boolean): LiteralValue | string {
  const { form, text, bytes } = token;
  if (form === "string") return { value: text, literalType: stringType };
  if (form === "bytes") return { value: bytes ?? new Uint8Array(), literalType: bytesType };
  if (form === "int")
    return whole(intType, "invalid int literal", () =>
      intOf(isNegative ? -BigInt(text) : BigInt(text)),
    );
  if (form === "uint")
    return whole(uintType, "invalid uint literal", () => uintOf(BigInt(text.slice(0, -1))));
  if (form !== "double") return words[text] ?? `undeclared reference to '${text}'`;
  const value = Number(text);
  if (!Number.isFinite(value)) return "invalid double literal";
  return { value: new Double(isNegative ? -value : value), literalType: doubleType };
}

function whole(literalType: CelType, problem: string, read: () => Value): LiteralValue | string {
  try {
    return { value: read(), literalType };
  } catch (error) {
    // `1.5u` is no bigint, and `99999999999999999999` does not fit.
    if (error instanceof CelEvaluationError || error instanceof SyntaxError) return problem;
    throw error;
  }
}
