/**
 * Durations as Go spells them: "1h2m3.5s", "300ms", "0s". Used by metav1.Duration, by flags and by
 * everything that prints one. Exact to the nanosecond within; milliseconds for callers.
 */

const nanosPerMs = 1_000_000n;
/** Go keeps them in an int64. */
const nanosMax = 2n ** 63n;

const units: ReadonlyMap<string, bigint> = new Map([
  ["ns", 1n],
  ["us", 1_000n],
  ["\u00b5s", 1_000n], // micro sign
  ["\u03bcs", 1_000n], // Greek mu
  ["ms", nanosPerMs],
  ["s", 1_000_000_000n],
  ["m", 60_000_000_000n],
  ["h", 3_600_000_000_000n],
]);

/** In milliseconds, with fractions; undefined when it is no duration. */
export function parseDuration(text: string): number | undefined {
  const nanos = scan(text);
  return typeof nanos === "bigint" ? Number(nanos) / 1e6 : undefined;
}

/** Why it is no duration, in Go's words; undefined when it is one. */
export function durationProblem(text: string): string | undefined {
  const nanos = scan(text);
  return typeof nanos === "bigint" ? undefined : nanos;
}

/** The form in which Go prints it ("90s" is "1m30s"); undefined when it is no duration. */
export function canonicalDuration(text: string): string | undefined {
  const nanos = scan(text);
  return typeof nanos === "bigint" ? formatNanos(nanos) : undefined;
}

/** As Go prints it: "1m30s", "1.5s", "250ms", "0s". */
export const formatDuration = (ms: number): string => formatNanos(BigInt(Math.round(ms * 1e6)));

const term = /(\d*)((?:\.\d*)?)([^\d.]*)/y;
type Term = readonly [all: string, whole: string, fraction: string, unit: string];

/** More characters than any duration has. */
const textLengthMax = 200;

/** Nanoseconds, or what is wrong. */
function scan(text: string): bigint | string {
  const invalid = `time: invalid duration ${JSON.stringify(text)}`; // exact: Go
  const isNegative = text.startsWith("-");
  const rest = text.replace(/^[+-]/, "");
  if (rest === "0") return 0n;
  if (rest === "" || rest.length > textLengthMax) return invalid;
  let total = 0n;
  for (let at = 0; at < rest.length; at = term.lastIndex) {
    term.lastIndex = at;
    const nanos = nanosOf(term.exec(rest) as unknown as Term);
    if (typeof nanos === "string") return nanos ? `${nanos} ${JSON.stringify(text)}` : invalid;
    total += nanos;
  }
  if (isNegative) total = -total;
  return total < -nanosMax || total >= nanosMax ? invalid : total;
}

/** Of one term such as "3.5s"; or what is wrong with it, empty when there is no number at all. */
function nanosOf([, whole, fraction, unit]: Term): bigint | string {
  if (whole === "" && fraction.length < 2) return "";
  if (unit === "") return "time: missing unit in duration";
  const size = units.get(unit);
  if (size === undefined) return `time: unknown unit ${JSON.stringify(unit)} in duration`;
  return BigInt(whole) * size + fractionOf(fraction, size);
}

/** ".5" of a unit, cut to whole nanoseconds. */
function fractionOf(text: string, unit: bigint): bigint {
  const digits = text.slice(1);
  return digits === "" ? 0n : (BigInt(digits) * unit) / 10n ** BigInt(digits.length);
}

function formatNanos(nanos: bigint): string {
  if (nanos === 0n) return "0s";
  const sign = nanos < 0n ? "-" : "";
  const abs = nanos < 0n ? -nanos : nanos;
  if (abs < 1_000n) return `${sign}${abs}ns`;
  if (abs < nanosPerMs) return `${sign}${decimal(abs, 1_000n)}\u00b5s`;
  if (abs < 1_000_000_000n) return `${sign}${decimal(abs, nanosPerMs)}ms`;
  const seconds = `${decimal(abs % 60_000_000_000n, 1_000_000_000n)}s`;
  const minutes = abs / 60_000_000_000n;
  if (minutes === 0n) return sign + seconds;
  if (minutes < 60n) return `${sign}${minutes}m${seconds}`;
  return `${sign}${minutes / 60n}h${minutes % 60n}m${seconds}`;
}

/** `amount / unit` without trailing zeros. */
function decimal(amount: bigint, unit: bigint): string {
  const rest = amount % unit;
  if (rest === 0n) return `${amount / unit}`;
  const places = unit.toString().length - 1;
  return `${amount / unit}.${rest.toString().padStart(places, "0").replace(/0+$/, "")}`;
}
