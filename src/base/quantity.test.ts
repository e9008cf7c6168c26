import { deepEqual, equal, ok } from "node:assert/strict";
import { describe, test } from "node:test";
import {
  bytesOf,
  canonicalQuantity,
  cpuMilli,
  parseQuantity,
  quantityOf,
  quantityOfMilli,
  quantityOfUnits,
  quantityProblem,
  type QuantityFamily,
} from "./quantity.ts";

const ki = 2n ** 10n;
const nano = 10n ** 9n;

/** Text, billionths, family. */
const parsed: readonly [text: string, nano: bigint, family: QuantityFamily][] = [
  ["0", 0n, "decimal"],
  ["0n", 0n, "decimal"],
  ["0Ki", 0n, "binary"],
  ["1", nano, "decimal"],
  ["1Ki", ki * nano, "binary"],
  ["7Mi", 7n * ki ** 2n * nano, "binary"],
  ["3Ei", 3n * ki ** 6n * nano, "binary"],
  ["100Ti", 100n * ki ** 4n * nano, "binary"],
  ["5n", 5n, "decimal"],
  ["4u", 4_000n, "decimal"],
  ["3m", 3_000_000n, "decimal"],
  ["50k", 50_000n * nano, "decimal"],
  ["40T", 40n * 10n ** 12n * nano, "decimal"],
  ["1E", 10n ** 18n * nano, "decimal"],
  ["1E-3", 1_000_000n, "exponent"],
  ["1e14", 10n ** 14n * nano, "exponent"],
  ["1.3E+6", 1_300_000n * nano, "exponent"],
  ["0.5e-2", 5_000_000n, "exponent"],
  ["100.035k", 100_035n * nano, "decimal"],
  ["0.00050k", nano / 2n, "decimal"],
  ["0.05000", 50_000_000n, "decimal"],
  ["3.001n", 4n, "decimal"],
  ["1.1E-9", 2n, "exponent"],
  ["0.00000012345", 124n, "decimal"],
  ["0.0000000001", 1n, "decimal"],
  ["1e-2000000000", 1n, "exponent"],
  ["9Ei", (2n ** 63n - 1n) * nano, "binary"],
  ["9223372036854775807Ki", (2n ** 63n - 1n) * nano, "binary"],
  ["12E", 12n * 10n ** 18n * nano, "decimal"],
  ["100.035Ki", 102_435_840_000_000n, "binary"],
  ["0.025Ti", 27_487_790_694_400_000_000n, "binary"],
  ["0.000000000001Ki", 2n, "decimal"],
  [".0001k", 100_000_000n, "decimal"],
  ["1.", nano, "decimal"],
  ["1.G", 10n ** 9n * nano, "decimal"],
  [".", 0n, "decimal"],
];

describe("parsing a quantity", () => {
  for (const [text, amount, family] of parsed) {
    test(`${text} is exact and remembers its family`, () => {
      const quantity = quantityOf(text);
      deepEqual([quantity.nano(), quantity.family], [amount, family]);
      equal(quantityOf(`-${text}`).nano(), -amount, "negative");
      equal(quantityOf(`+${text}`).nano(), amount, "with a plus");
    });
  }

  for (const [text, problem] of [
    ["", "quantities must match"],
    ["1.1.M", "quantities must match"],
    ["1+1.0M", "quantities must match"],
    ["aoeu", "quantities must match"],
    [" 1", "quantities must match"],
    ["1 ", "quantities must match"],
    ["0.1mi", "unable to parse quantity's suffix"],
    [".5i", "unable to parse quantity's suffix"],
    ["-3.01e-", "unable to parse quantity's suffix"],
    ["1e4294967297", "unable to parse quantity's suffix"],
    ["1e999999999", "unable to parse quantity's suffix"],
    ["Ei", "unable to parse numeric part of quantity"],
  ] as const) {
    test(`${JSON.stringify(text)} is none`, () => {
      equal(parseQuantity(text), undefined);
      ok(quantityProblem(text)?.startsWith(problem), quantityProblem(text) ?? "");
    });
  }

  test("a long hostile text is refused without computing it", () => {
    equal(parseQuantity("9".repeat(1_000_000)), undefined);
  });
});

describe("formatting a quantity", () => {
  for (const [text, canonical] of [
    ["0.5Gi", "512Mi"],
    ["1500m", "1500m"],
    ["1000m", "1"],
    ["1024Ki", "1Mi"],
    ["307200Ki", "300Mi"],
    ["1025024Mi", "1001Gi"],
    ["1e3", "1e3"],
    ["0.1", "100m"],
    ["1.08", "1080m"],
    ["1080000000n", "1080m"],
    ["0.001T", "1G"],
    ["1000E", "1e21"],
    ["1000000E", "1e24"],
    [".001e12", "1e9"],
    ["1000e-12", "1e-9"],
    ["12e2", "1200"],
    ["1.5e3", "1500"],
    ["00", "0"],
    ["-0", "0"],
    ["0Ki", "0"],
    [".001Ki", "1024m"],
    [".000000000001Ki", "2n"],
    ["-1024Mi", "-1Gi"],
    ["2000Ki", "2000Ki"],
    ["8192Ki", "8Mi"],
    ["2Ei", "2Ei"],
    ["9Ei", "9223372036854775807"],
    ["1.5Gi", "1536Mi"],
    ["9007199254740991Ki", "9007199254740991Ki"],
    ["9007199254740993", "9007199254740993"],
    ["24683980Ki", "24683980Ki"],
    ["1.25", "1250m"],
  ] as const) {
    test(`${text} prints as ${canonical}`, () => {
      equal(canonicalQuantity(text), canonical);
      equal(canonicalQuantity(canonical), canonical, "and stays so");
    });
  }

  test("text that upstream takes for canonical is kept", () => {
    const texts = ["1.250", "+5", "05", "1E3", "100e6", "1.234k", "0100Ki"];
    deepEqual(texts.map(canonicalQuantity), texts);
  });

  test("a computed amount of a family prints with that family's suffixes", () => {
    deepEqual(
      [
        quantityOfUnits(2_000, "binary"),
        quantityOfUnits(-2_000, "binary"),
        quantityOfUnits(1_025, "binary"),
        quantityOfUnits(5, "binary"),
        quantityOfUnits(2 ** 40, "binary"),
        quantityOfMilli(500, "binary"),
        quantityOfMilli(1_234_567, "binary"),
        quantityOfMilli(-9_010, "decimal"),
        quantityOfMilli(80, "exponent"),
        quantityOfUnits(2 ** 62, "binary"),
        quantityOf("1Ei").times(1_024),
      ].map(String),
      ["2000", "-2000", "1025", "5", "1Ti", "500m", "1234567m", "-9010m", "80e-3", "4Ei"].concat(
        "1180591620717411303424",
      ),
    );
  });
});

describe("computing with quantities", () => {
  test("sums keep the first one's family, a zero takes the other's", () => {
    const sum = (a: string, b: string): string => quantityOf(a).add(quantityOf(b)).format();
    deepEqual(
      [sum("1Gi", "1G"), sum("1G", "1Gi"), sum("0", "1Gi"), sum("100m", "0"), sum("8Pi", "1n")],
      ["2073741824", "2073741824", "1Gi", "100m", "9007199254740992000000001n"],
    );
  });

  test("differences go below zero", () => {
    const difference = (a: string, b: string): string => quantityOf(a).sub(quantityOf(b)).format();
    deepEqual(
      [difference("0", "1Gi"), difference("1", "100m"), difference("1", "1000m")],
      ["-1Gi", "900m", "0"],
    );
  });

  test("comparison looks at amounts, not at spelling", () => {
    const compare = (a: string, b: string): number => quantityOf(a).compare(quantityOf(b));
    deepEqual(
      [
        compare("1", "1000m"),
        compare("100m", "50m"),
        compare("50m", "100m"),
        compare("10000T", "100Gi"),
        compare("1n", "0"),
        compare("8Ei", "8E"),
      ],
      [0, 1, -1, 1, 1, 1],
    );
  });

  test("whole values round away from zero", () => {
    deepEqual(
      ["1", "100m", "-100m", "1.0001", "1n", "64Gi"].map((t) => quantityOf(t).value()),
      [1, 1, -1, 2, 1, 64 * 2 ** 30],
    );
    deepEqual(
      ["1", "100m", "0.0001", "1n", "-1n", "2.5"].map(cpuMilli),
      [1_000, 100, 1, 1, -1, 2_500],
    );
    equal(bytesOf("1.5Gi"), 1_610_612_736);
  });

  test("signs", () => {
    deepEqual(
      ["0", "1m", "-1n", "1n", "-5"].map((t) => quantityOf(t).sign()),
      [0, 1, -1, 1, -1],
    );
    ok(quantityOf("0Ki").isZero());
    ok(!quantityOf("1n").isZero());
  });
});
