/**
 * Kubernetes quantities ("100m", "1.5Gi", "2e3"): exact fixed-point numbers that remember the family of suffixes
 * they were written with. They hold nine decimals; finer input is rounded away from zero.
 * upstream: staging/src/k8s.io/apimachinery/pkg/api/resource/quantity.go
 */
import {
  scanQuantity,
  suffixOf,
  type QuantityFamily,
  type ScannedQuantity,
} from "./quantity-text.ts";

export type { QuantityFamily } from "./quantity-text.ts";

const nanoPerMilli = 1_000_000n;
const nanoPerUnit = 1_000_000_000n;

/** Largest BinarySI amount; greater ones are capped. */
const binaryNanoMax = (2n ** 63n - 1n) * nanoPerUnit;

/** Immutable. Make one with `parseQuantity`, `quantityOf`, `quantityOfUnits` or `quantityOfMilli`. */
export class Quantity {
  readonly family: QuantityFamily;
  /** Whole thousandths, when they are a safe integer: nearly always, and then no BigInt is needed. */
  readonly #milli: number | undefined;
  /** Billionths, when thousandths do not do. */
  readonly #nano: bigint;
  #text: string | undefined;

  constructor(amount: number | bigint, family: QuantityFamily, text?: string) {
    this.family = family;
    this.#text = text;
    if (typeof amount === "number" && Number.isSafeInteger(amount)) {
      this.#milli = amount;
      this.#nano = 0n;
      return;
    }
    const nano = typeof amount === "bigint" ? amount : BigInt(amount) * nanoPerMilli;
    const milli = nano % nanoPerMilli === 0n ? Number(nano / nanoPerMilli) : undefined;
    this.#milli = milli !== undefined && Number.isSafeInteger(milli) ? milli : undefined;
    this.#nano = nano;
  }

  /** The canonical text: what upstream prints for it. */
  format(): string {
    return (this.#text ??= formatAmount(this.#milli ?? this.nano(), this.family));
  }

  /** Exactly, in billionths. */
  nano(): bigint {
    return this.#milli === undefined ? this.#nano : BigInt(this.#milli) * nanoPerMilli;
  }

  /** In whole units, rounded away from zero. Exact up to 2^53. */
  value(): number {
    if (this.#milli !== undefined) return roundAway(this.#milli / 1_000);
    return Number(divideAway(this.#nano, nanoPerUnit));
  }

  /** In thousandths, rounded away from zero. Exact up to 2^53. */
  milliValue(): number {
    return this.#milli ?? Number(divideAway(this.#nano, nanoPerMilli));
  }

  /** As a floating-point number, for ratios and graphs only. */
  approximate(): number {
    return this.#milli === undefined ? Number(this.#nano) / 1e9 : this.#milli / 1_000;
  }

  /** The sum, in this quantity's family; a zero takes on the other's. */
  add(other: Quantity): Quantity {
    const family = this.isZero() ? other.family : this.family;
    const mine = this.#milli;
    const theirs = other.#milli;
    const milli = mine === undefined || theirs === undefined ? undefined : mine + theirs;
    const exact = milli !== undefined && Number.isSafeInteger(milli);
    return new Quantity(exact ? milli : this.nano() + other.nano(), family);
  }

  sub(other: Quantity): Quantity {
    return this.add(other.negate());
  }

  times(factor: number): Quantity {
    return new Quantity(this.nano() * BigInt(factor), this.family);
  }

  negate(): Quantity {
    const milli = this.#milli;
    return new Quantity(milli === undefined ? -this.#nano : 0 - milli, this.family);
  }

  /** Below, at or above zero, as this is less than, equal to or more than the other. */
  compare(other: Quantity): number {
    const mine = this.#milli;
    const theirs = other.#milli;
    if (mine !== undefined && theirs !== undefined) return Math.sign(mine - theirs);
    const difference = this.nano() - other.nano();
    return difference === 0n ? 0 : difference < 0n ? -1 : 1;
  }

  equals(other: Quantity): boolean {
    return this.compare(other) === 0;
  }

  /** -1, 0 or 1. */
  sign(): number {
    if (this.#milli !== undefined) return Math.sign(this.#milli);
    return this.#nano < 0n ? -1 : 1;
  }

  isZero(): boolean {
    return this.#milli === 0;
  }

  toString(): string {
    return this.format();
  }
}

export const zeroQuantity = new Quantity(0, "decimal", "0");

/** The same few texts come again and again: one parse for all pods of a template. */
const known = new Map<string, Quantity>();
const knownMax = 4_096;
const knownTextMax = 24;

/** Undefined when it is no quantity; `quantityProblem` says why. */
export function parseQuantity(text: string): Quantity | undefined {
  const before = known.get(text);
  if (before) return before;
  const parsed = parseAfresh(text);
  if (parsed && text.length <= knownTextMax) {
    if (known.size >= knownMax) known.clear();
    known.set(text, parsed);
  }
  return parsed;
}

/** For text that was validated before: a wrong one is a bug. */
export function quantityOf(text: string): Quantity {
  const parsed = parseQuantity(text);
  if (!parsed) throw new TypeError(`not a quantity: ${JSON.stringify(text)}`);
  return parsed;
}

export const quantityOfUnits = (units: number, family: QuantityFamily): Quantity =>
  new Quantity(units * 1_000, family);

export const quantityOfMilli = (milli: number, family: QuantityFamily): Quantity =>
  new Quantity(milli, family);

/** The form in which the API prints it; undefined when it is no quantity. */
export const canonicalQuantity = (text: string): string | undefined =>
  parseQuantity(text)?.format();

/** Why it is no quantity, in upstream's words; undefined when it is one. */
export function quantityProblem(text: string): string | undefined {
  const scanned = scanQuantity(text);
  return typeof scanned === "string" ? scanned : undefined;
}

/** Thousandths of a core, rounded up: "1500m" is 1500. */
export const cpuMilli = (text: string): number => quantityOf(text).milliValue();

/** Whole bytes (or whatever is counted), rounded up: "1Ki" is 1024. */
export const bytesOf = (text: string): number => quantityOf(text).value();

function parseAfresh(text: string): Quantity | undefined {
  if (text === "0") return zeroQuantity;
  const scanned = scanQuantity(text);
  if (typeof scanned === "string") return undefined;
  const nano = nanoOf(scanned);
  const isFraction = scanned.decimals > 0 && nano > 0n && nano < nanoPerUnit;
  // A fraction of a byte has no binary suffix that would not round it.
  const isDecimal = isFraction && scanned.suffix.family === "binary";
  const family = isDecimal ? "decimal" : scanned.suffix.family;
  return new Quantity(
    scanned.isNegative ? -nano : nano,
    family,
    scanned.isCanonical ? text : undefined,
  );
}

/** Without the sign. */
function nanoOf({ digits, decimals, suffix }: ScannedQuantity): bigint {
  const { base, exponent } = suffix;
  if (base === 10) return scaleAway(BigInt(digits), exponent - decimals + 9);
  const nano = scaleAway(BigInt(digits) << BigInt(exponent), 9 - decimals);
  return nano > binaryNanoMax ? binaryNanoMax : nano;
}

/** `amount` * 10^`exponent`, rounded up. */
function scaleAway(amount: bigint, exponent: number): bigint {
  if (exponent >= 0) return amount * 10n ** BigInt(exponent);
  if (amount === 0n) return 0n;
  // Far below one: what is left of it is the smallest amount there is.
  const places = -exponent;
  return places > 2_000 ? 1n : divideAway(amount, 10n ** BigInt(places));
}

const roundAway = (n: number): number => (n < 0 ? Math.floor(n) : Math.ceil(n));

function divideAway(amount: bigint, by: bigint): bigint {
  const whole = amount / by;
  if (amount % by === 0n) return whole;
  return amount < 0n ? whole - 1n : whole + 1n;
}

function formatAmount(amount: number | bigint, family: QuantityFamily): string {
  if (typeof amount === "number") {
    if (amount === 0) return "0";
    const inUnits = amount / 1_000;
    if (family === "binary" && Number.isInteger(inUnits) && Math.abs(inUnits) >= 1_024)
      return formatBinary(inUnits);
    return formatDecimal({ amount, exponent: -3, family });
  }
  const isWhole = amount % nanoPerUnit === 0n;
  const units = amount / nanoPerUnit;
  if (family === "binary" && isWhole && (units >= 1_024n || units <= -1_024n)) {
    const text = formatBinaryBig(units);
    if (text !== undefined) return text;
  }
  return formatDecimalBig(amount, family);
}

function formatBinary(units: number): string {
  let left = units;
  let exponent = 0;
  for (; left % 1_024 === 0; left /= 1_024) exponent += 10;
  return `${left}${suffixOf(2, exponent)}`;
}

/** Undefined beyond Ei: there is no suffix left, and decimal digits are exact. */
function formatBinaryBig(units: bigint): string | undefined {
  let left = units;
  let exponent = 0;
  for (; left % 1_024n === 0n; left /= 1_024n) exponent += 10;
  return exponent > 60 ? undefined : `${left}${suffixOf(2, exponent)}`;
}

interface Decimal {
  readonly amount: number;
  readonly exponent: number;
  readonly family: QuantityFamily;
}

function formatDecimal({ amount, exponent, family }: Decimal): string {
  let left = amount;
  let power = exponent;
  for (; left % 1_000 === 0; left /= 1_000) power += 3;
  return `${left}${decimalSuffix(power, family)}`;
}

function formatDecimalBig(nano: bigint, family: QuantityFamily): string {
  let left = nano;
  let power = -9;
  for (; left % 1_000n === 0n; left /= 1_000n) power += 3;
  return `${left}${decimalSuffix(power, family)}`;
}

/** Beyond E only the exponent says it all. */
function decimalSuffix(exponent: number, family: QuantityFamily): string {
  if (exponent === 0) return "";
  return family === "exponent" || exponent > 18 ? `e${exponent}` : suffixOf(10, exponent);
}
