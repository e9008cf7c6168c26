/**
 * What a plain (unquoted) YAML scalar means to Kubernetes' tools: YAML 1.1 as go-yaml v2 reads it.
 * The parser and the printer both ask here, so that whatever we print reads back the same.
 * upstream: sigs.k8s.io/yaml/goyaml.v2/resolve.go
 */

export type PlainValue = string | number | boolean | null;

const words: ReadonlyMap<string, PlainValue> = new Map<string, PlainValue>([
  ...spellings(["y", "yes", "true", "on"], true),
  ...spellings(["n", "no", "false", "off"], false),
  ...spellings(["null"], null),
  ["", null],
  ["~", null],
  ...spellings([".inf", "+.inf"], Infinity),
  ...spellings(["-.inf"], -Infinity),
  [".nan", NaN],
  [".NaN", NaN],
  [".NAN", NaN],
]);

/** Lower case, capitalised, upper case. */
function spellings(lower: readonly string[], value: PlainValue): [string, PlainValue][] {
  return lower.flatMap((word) => {
    const at = word.search(/[a-z]/);
    const capitalised = word.slice(0, at) + word.charAt(at).toUpperCase() + word.slice(at + 1);
    return [word, capitalised, word.toUpperCase()].map((w): [string, PlainValue] => [w, value]);
  });
}

/** The value of a plain scalar; itself when it is a string. */
export function plainValue(text: string): PlainValue {
  const word = words.get(text);
  if (word !== undefined) return word;
  return /^[-+.0-9]/.test(text) ? numberOf(text) : text;
}

/** Whether the text, unquoted, would be read as a string. A timestamp is, but printers quote it. */
export const isPlainString = (text: string): boolean =>
  typeof plainValue(text) === "string" && text !== "<<" && !isTimestamp(text) && !isBase60(text);

const decimalNumber = /^[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?$/;
const integer = /^([-+]?)(?:0[xX]([\da-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9]\d*))$/;

function numberOf(text: string): number | string {
  // Only numbers that start with a digit or a sign may be grouped by underscores.
  const plain = text.startsWith(".") ? text : text.replaceAll("_", "");
  const whole = integer.exec(plain);
  if (whole) return integerOf(whole);
  if (!decimalNumber.test(plain)) return text;
  const value = Number(plain);
  return Number.isFinite(value) ? value : text;
}

function integerOf([, sign, hex, binary, octal, decimal]: RegExpExecArray): number {
  let value = Number(decimal);
  if (hex !== undefined) value = Number(`0x${hex}`);
  if (binary !== undefined) value = Number(`0b${binary}`);
  if (octal !== undefined) value = Number(`0o${octal}`);
  return sign === "-" ? 0 - value : value;
}

const timestamp = /^(\d{4})-(\d\d?)-(\d\d?)(?:([Tt ])(\d\d?):(\d\d?):(\d\d?)(?:\.\d+)?(.*))?$/;

function isTimestamp(text: string): boolean {
  const parts = timestamp.exec(text);
  if (!parts) return false;
  const [, year, month, day, separator, ...rest] = parts;
  const [hour, minute, second] = rest.map(Number);
  if (!isDay(Number(year), Number(month), Number(day))) return false;
  if (separator === undefined) return true;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return false;
  const zone = rest[3] ?? "";
  return separator === " " ? zone === "" : /^(Z|[-+]\d\d:\d\d)$/.test(zone);
}

const isDay = (year: number, month: number, day: number): boolean =>
  month >= 1 && month <= 12 && day >= 1 && day <= new Date(Date.UTC(year, month, 0)).getUTCDate();

/** "10:30" is a number to older YAML readers. */
const isBase60 = (text: string): boolean => /^[-+]?\d[\d_]*(:[0-5]?\d)+(\.[\d_]*)?$/.test(text);
