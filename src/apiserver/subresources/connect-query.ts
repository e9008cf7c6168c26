/** The query of a request that connects, read by the struct of its options. */
import { badRequest } from "#api/errors.ts";
import type { Field, Struct } from "#schema/struct.ts";

/**
 * As upstream converts it: only an absent value, `false` and `0` mean false, so `?stdin` is true.
 * upstream: staging/src/k8s.io/apimachinery/pkg/runtime/converter.go
 */
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
  if (scalar === "boolean") return text.toLowerCase() !== "false" && text !== "0";
  return scalar === "int32" || scalar === "int64" ? integer(text) : text;
}

function integer(text: string): number {
  if (/^[+-]?\d{1,15}$/.test(text)) return Number(text);
  // exact: Go
  throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
}
