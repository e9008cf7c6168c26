/** The query of a request that connects, read by the struct of its options. */
import { badRequest } from "#api/errors.ts";
import { DecodeError } from "#schema/json.ts";
import { canonicalTime } from "#schema/json/times.ts";
import type { Field, Struct } from "#schema/struct.ts";
import { booleanValue, integerValue } from "../query-values.ts";

/** Throws BadRequest. */
export function connectOptions<T>(struct: Struct<T>, query: URLSearchParams): T {
  const options: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(struct.fields)) {
    const values = query.getAll(name);
    if (field.pb > 0 && values.length > 0) options[name] = valueOf(field, values);
  }
  return options as T;
}

function valueOf({ type }: Field, values: readonly string[]): unknown {
  if (type.is === "list") return values;
  const [text = ""] = values;
  const scalar = type.is === "scalar" ? type.scalar : undefined;
  if (scalar === "boolean") return booleanValue(text);
  if (scalar === "time") return text === "" ? undefined : time(text);
  return scalar === "int32" || scalar === "int64" ? integerValue(text) : text;
}

function time(text: string): string | undefined {
  try {
    return canonicalTime(text) ?? undefined;
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    throw badRequest(cause.message);
  }
}
