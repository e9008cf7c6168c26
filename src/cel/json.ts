/** What an expression made, as JSON: to be put into an object. upstream: cel-go, conversion to structpb.Value */
import { formatDurationSeconds, formatTimestamp } from "./functions/times.ts";
import {
  Boxed,
  Double,
  Duration,
  entriesOf,
  fail,
  isMap,
  Optional,
  Timestamp,
  typeNameOf,
  Uint,
  type Value,
} from "./values.ts";

/** Throws CelEvaluationError for what JSON has no form of. */
export function jsonOf(value: Value): unknown {
  if (Array.isArray(value)) return value.map(jsonOf);
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (value instanceof Boxed) return boxedJson(value);
  if (typeof value === "bigint") return value.toString();
  if (!isMap(value)) return value;
  const object: Record<string, unknown> = {};
  for (const [key, inner] of entriesOf(value)) {
    const member = { value: jsonOf(inner), enumerable: true, configurable: true, writable: true };
    Object.defineProperty(object, keyText(key), member);
  }
  return object;
}

function boxedJson(value: Boxed): unknown {
  if (value instanceof Double) return value.value;
  if (value instanceof Uint) return jsonOf(value.value);
  if (value instanceof Timestamp) return formatTimestamp(value);
  if (value instanceof Duration) return formatDurationSeconds(value);
  if (value instanceof Optional && value.hasValue) return jsonOf(value.value);
  return fail(`type conversion error from '${typeNameOf(value)}' to 'google.protobuf.Value'`);
}

const keyText = (key: Value): string =>
  typeof key === "string" ? key : String(key instanceof Uint ? key.value : key);
