/** Semantic versions. upstream: staging/src/k8s.io/apiserver/pkg/cel/library/semverlib.go */
import { traversal } from "#cel/cost/call-cost.ts";
import { Boxed, fail, intOf } from "#cel/values.ts";
import { overload, type Overload } from "./overload.ts";

class SemverValue extends Boxed {
  readonly typeName = "kubernetes.Semver";
  readonly numbers: readonly bigint[];
  readonly preRelease: readonly string[];
  constructor(numbers: readonly bigint[], preRelease: readonly string[]) {
    super();
    this.numbers = numbers;
    this.preRelease = preRelease;
  }
  equals(other: Boxed): boolean {
    return other instanceof SemverValue && compare(this, other) === 0;
  }
}

const whole = "(0|[1-9]\\d*)";
const part = "(?:0|[1-9]\\d*|\\d*[A-Za-z-][\\dA-Za-z-]*)";
const strict = new RegExp(
  `^${whole}\\.${whole}\\.${whole}(?:-(${part}(?:\\.${part})*))?(?:\\+[\\dA-Za-z-]+(?:\\.[\\dA-Za-z-]+)*)?$`,
);

function parse(text: string): SemverValue | undefined {
  const [all, major = "", minor = "", patch = "", pre] = strict.exec(text) ?? [];
  if (all === undefined) return undefined;
  const numbers = [major, minor, patch].map(BigInt);
  if (numbers.some((number) => number >= 2n ** 64n)) return undefined;
  return new SemverValue(numbers, pre === undefined ? [] : pre.split("."));
}

/** "v1.2" is 1.2.0, "01.2.3" is 1.2.3. */
function normalize(text: string): string {
  const [first = "", second = "0", ...rest] = text.replace(/^v/, "").split(".");
  const third = rest.length === 0 ? "0" : rest.join(".");
  const isShort = text.split(".").length < 3;
  const last = text.includes(".") ? second : first;
  if (isShort && /[+-]/.test(last)) fail("short version cannot contain PreRelease/Build meta data");
  return [first, second, third].map((number) => number.replace(/^0+(?=\d)/, "")).join(".");
}

function read(text: string, isTolerant = false): SemverValue {
  const normal = isTolerant ? normalize(text) : text;
  return parse(normal) ?? fail(`Invalid Semantic Version: ${JSON.stringify(normal)}`);
}

/** As expressions have it; fails for what is none. */
export const semverValue = (text: string): Boxed => read(text);

function isVersion(text: string, isTolerant = false): boolean {
  const isShort = text.split(".").length < 3;
  if (isTolerant && isShort && /[+-]/.test(text)) return false;
  return parse(isTolerant ? normalize(text) : text) !== undefined;
}

function compare(a: SemverValue, b: SemverValue): number {
  for (const [i, number] of a.numbers.entries()) {
    const other = b.numbers[i] ?? 0n;
    if (number !== other) return number < other ? -1 : 1;
  }
  return comparePreReleases(a.preRelease, b.preRelease);
}

/** A version without is above all with. */
function comparePreReleases(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return Math.sign(b.length - a.length);
  for (const [i, piece] of a.entries()) {
    const other = b[i];
    if (other === undefined) return 1;
    const order = comparePieces(piece, other);
    if (order !== 0) return order;
  }
  return a.length < b.length ? -1 : 0;
}

/** Numbers are below words. */
function comparePieces(a: string, b: string): number {
  if (a === b) return 0;
  const [isA, isB] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (isA && isB) return BigInt(a) < BigInt(b) ? -1 : 1;
  if (isA !== isB) return isA ? -1 : 1;
  return a < b ? -1 : 1;
}

const reading = { cost: traversal(0) };
type Test = (a: SemverValue, b: SemverValue) => unknown;
const pair = (name: string, result: string, run: Test): Overload =>
  overload(name, `kubernetes.Semver.(kubernetes.Semver): ${result}`, run);

export const semverFunctions: readonly Overload[] = [
  overload("semver", "(string): kubernetes.Semver", read, reading),
  overload("semver", "(string, bool): kubernetes.Semver", read, reading),
  overload("isSemver", "(string): bool", isVersion, reading),
  overload("isSemver", "(string, bool): bool", isVersion, reading),
  ...["major", "minor", "patch"].map((name, i) =>
    overload(name, "kubernetes.Semver.(): int", ({ numbers }: SemverValue) =>
      intOf(numbers[i] ?? 0n),
    ),
  ),
  pair("isGreaterThan", "bool", (a, b) => compare(a, b) > 0),
  pair("isLessThan", "bool", (a, b) => compare(a, b) < 0),
  pair("compareTo", "int", compare),
];
