/** How a quantity is spelled: sign, digits, suffix. The arithmetic is in `quantity.ts`. */

/** DecimalSI, BinarySI and DecimalExponent upstream. */
export type QuantityFamily = "decimal" | "binary" | "exponent";

export interface QuantitySuffix {
  readonly base: 2 | 10;
  readonly exponent: number;
  readonly family: QuantityFamily;
}

export interface ScannedQuantity {
  readonly isNegative: boolean;
  /** All digits, before and after the point, without leading zeros before it. */
  readonly digits: string;
  /** How many of them stand after the point. */
  readonly decimals: number;
  readonly suffix: QuantitySuffix;
  /** The text is kept as it came. */
  readonly isCanonical: boolean;
}

const decimal = (exponent: number): QuantitySuffix => ({ base: 10, exponent, family: "decimal" });
const binary = (exponent: number): QuantitySuffix => ({ base: 2, exponent, family: "binary" });

const suffixes: ReadonlyMap<string, QuantitySuffix> = new Map([
  ["", decimal(0)],
  ["n", decimal(-9)],
  ["u", decimal(-6)],
  ["m", decimal(-3)],
  ["k", decimal(3)],
  ["M", decimal(6)],
  ["G", decimal(9)],
  ["T", decimal(12)],
  ["P", decimal(15)],
  ["E", decimal(18)],
  ["Ki", binary(10)],
  ["Mi", binary(20)],
  ["Gi", binary(30)],
  ["Ti", binary(40)],
  ["Pi", binary(50)],
  ["Ei", binary(60)],
]);

const spelled = new Map([...suffixes].map(([text, s]) => [`${s.base}^${s.exponent}`, text]));

/** The suffix for a power that has one. */
export const suffixOf = (base: 2 | 10, exponent: number): string =>
  exponent === 0 ? "" : (spelled.get(`${base}^${exponent}`) ?? "");

// exact: apimachinery's resource package
const wrongFormat =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const wrongNumber = "unable to parse numeric part of quantity";
const wrongSuffix = "unable to parse quantity's suffix";

/** Every character has one place to go, so that matching takes linear time. */
const shape = /^([+-]?)0*([1-9]\d*|)(\.\d*|)((?:[eEinumkKMGTP]+[-+]?\d*|[-+]\d*)?)$/;
type Shape = readonly [all: string, sign: string, whole: string, fraction: string, suffix: string];

const exponentShape = /^[eE][+-]?\d+$/;

/** differs: upstream has no limit of its own; these bound the cost of one hostile text. */
const textLengthMax = 1_000;
const exponentMax = 1_000;

/** The parts of a quantity, or what is wrong with it. */
export function scanQuantity(text: string): ScannedQuantity | string {
  const parts = text.length <= textLengthMax && text !== "" ? shape.exec(text) : null;
  if (!parts) return wrongFormat;
  const [, sign, whole, fraction, suffixText] = parts as unknown as Shape;
  const suffix = interpretSuffix(suffixText);
  if (!suffix) return wrongSuffix;
  const digits = (whole || "0") + fraction.slice(1);
  const decimals = Math.max(fraction.length - 1, 0);
  const isShort = isShortNumber(digits.length, decimals, suffix);
  if (!isShort && !/^[^eEimnukKMGTP]*\d/.test(text)) return wrongNumber;
  const isCanonical = isShort && isKept(digits, decimals, suffix);
  return { isNegative: sign === "-", digits, decimals, suffix, isCanonical };
}

function interpretSuffix(text: string): QuantitySuffix | undefined {
  const listed = suffixes.get(text);
  if (listed || !exponentShape.test(text)) return listed;
  const exponent = Number(text.slice(1));
  // A tiny amount rounds up to one billionth, however tiny; a huge one has no such end.
  if (exponent > exponentMax || exponent < -(2 ** 31 - 1)) return undefined;
  return { base: 10, exponent, family: "exponent" };
}

/** Upstream computes these with plain integers, and only for them may keep the text. */
function isShortNumber(digits: number, decimals: number, suffix: QuantitySuffix): boolean {
  const { base, exponent } = suffix;
  if (base === 10) return digits <= 18 && exponent - decimals >= -9;
  return decimals === 0 && digits + Math.trunc((exponent * 3) / 10) <= 14;
}

/**
 * Texts that upstream takes for canonical without looking closer, so that "1.250" and "1E3" stay
 * what they are while "1.25" becomes "1250m".
 */
function isKept(digits: string, decimals: number, { base, exponent }: QuantitySuffix): boolean {
  if (base === 2) return (Number(digits.slice(-3)) & 7) !== 0;
  return (exponent - decimals) % 3 === 0 && !digits.endsWith("000") && !digits.startsWith("0");
}
