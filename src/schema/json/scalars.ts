/** How each scalar is read from JSON. Canonical in, canonical out; null never gets here. */
import { canonicalDuration, durationProblem } from "#base/duration.ts";
import { canonicalQuantity, quantityProblem } from "#base/quantity.ts";
import { DecodeError, mismatch, tooDeep, unfit } from "./decode-error.ts";
import { depthMax } from "#schema/limits.ts";
import type { Scalar } from "#schema/struct.ts";
import { canonicalMicroTime, canonicalTime } from "./times.ts";

export type ReadScalar = (json: unknown) => unknown;

export const readScalar: { readonly [S in Scalar]: ReadScalar } = {
  string: (json) => (typeof json === "string" ? json : text(json)),
  int32: (json) => integer(json, "int32", int32Max),
  int64: (json) => integer(json, "int64", int64Max),
  number: float,
  boolean(json) {
    if (typeof json !== "boolean") throw mismatch(json, "bool");
    return json;
  },
  bytes(json) {
    if (typeof json !== "string") throw mismatch(json, "[]uint8");
    return canonicalBase64(json);
  },
  quantity,
  intOrString: (json) => (typeof json === "string" ? json : integer(json, "int32", int32Max)),
  time: (json) => canonicalTime(text(json)),
  microTime: (json) => canonicalMicroTime(text(json)),
  duration(json) {
    const canonical = canonicalDuration(text(json));
    if (canonical === undefined) throw new DecodeError(durationProblem(text(json)) ?? "");
    return canonical;
  },
  raw: (json) => copyJson(json, 0),
  fields: (json) => copyJson(json, 0),
  json: (json) => copyJson(json, 0),
  wrappedStrings(json) {
    if (!Array.isArray(json)) throw mismatch(json, "[]string");
    return json.map((item) => (item === null ? "" : text(item)));
  },
};

function text(json: unknown): string {
  if (typeof json !== "string") throw mismatch(json, "string");
  return json;
}

const int32Max = 2 ** 31;
const int64Max = 2 ** 63;

/**
 * differs: `1.0` is taken for 1, where Go refuses it, and beyond 2^53 digits are lost: numbers come
 * from JSON.parse, which keeps neither.
 */
function integer(json: unknown, goType: string, max: number): number {
  if (typeof json !== "number") throw mismatch(json, goType);
  if (!Number.isInteger(json) || json >= max || json < -max) throw unfit(json, goType);
  return json + 0; // No -0.
}

function float(json: unknown): number {
  if (typeof json !== "number") throw mismatch(json, "float64");
  if (!Number.isFinite(json)) throw unfit(json, "float64");
  return json;
}

function quantity(json: unknown): string {
  const given = (typeof json === "string" ? json : JSON.stringify(json)).trim();
  const canonical = canonicalQuantity(given);
  if (canonical === undefined) throw new DecodeError(quantityProblem(given) ?? "");
  return canonical;
}

/** Standard encoding with padding; Go ignores line breaks in it, and so the canonical form has none. */
function canonicalBase64(given: string): string {
  const canonical = Buffer.from(given, "base64").toString("base64");
  if (canonical === given) return given;
  const wrong = wrongBase64At(given.replaceAll(/[\r\n]/g, ""));
  if (wrong >= 0) throw new DecodeError(`illegal base64 data at input byte ${wrong}`); // exact: Go
  return canonical;
}

/** Where Go's decoder would stop; -1 when it would not. */
function wrongBase64At(bare: string): number {
  const digits = /^[A-Za-z0-9+/]*/.exec(bare)?.[0].length ?? 0;
  const padding = bare.slice(digits);
  const wanted = ["", undefined, "==", "="][digits % 4];
  if (padding === wanted) return -1;
  if (!padding.startsWith("=")) return padding === "" ? digits - (digits % 4) : digits;
  if (wanted === undefined || wanted === "") return digits;
  return padding.startsWith(wanted) ? digits + wanted.length : digits + 1;
}

/** Whoever sent it may still write to it. */
export function copyJson(json: unknown, depth: number): unknown {
  if (typeof json !== "object" || json === null) return json;
  if (depth >= depthMax) throw tooDeep();
  if (Array.isArray(json)) return json.map((item) => copyJson(item, depth + 1));
  const copy: Record<string, unknown> = { ...json };
  for (const key in copy) {
    const value = copy[key];
    if (typeof value === "object") copy[key] = copyJson(value, depth + 1);
  }
  return copy;
}
