/** Kubernetes quantities. upstream: staging/src/k8s.io/apiserver/pkg/cel/library/quantity.go */
import { parseQuantity, Quantity, quantityProblem } from "#base/quantity.ts";
import { traversal } from "#cel/cost/call-cost.ts";
import { Boxed, Double, fail, intOf } from "#cel/values.ts";
import { overload, type Overload } from "./overload.ts";

class QuantityValue extends Boxed {
  readonly typeName = "kubernetes.Quantity";
  readonly quantity: Quantity;
  constructor(quantity: Quantity) {
    super();
    this.quantity = quantity;
  }
  equals(other: Boxed): boolean {
    return other instanceof QuantityValue && this.quantity.equals(other.quantity);
  }
}

/** As expressions have it. */
export const quantityValue = (quantity: Quantity): Boxed => new QuantityValue(quantity);

const nanoPerUnit = 1_000_000_000n;
const int64Max = 2n ** 63n - 1n;

const whole = (quantity: Quantity): bigint | undefined => {
  const nano = quantity.nano();
  const units = nano / nanoPerUnit;
  const fits = units <= int64Max && units >= -int64Max - 1n;
  return nano % nanoPerUnit === 0n && fits ? units : undefined;
};

const ofInt = (value: number | bigint): Quantity =>
  new Quantity(BigInt(value) * nanoPerUnit, "exponent");

type Int = number | bigint;
type Operand = QuantityValue | Int;

const asQuantity = (value: Operand): Quantity =>
  value instanceof QuantityValue ? value.quantity : ofInt(value);

const add = ({ quantity }: QuantityValue, other: Operand): QuantityValue =>
  new QuantityValue(quantity.add(asQuantity(other)));
const subtract = ({ quantity }: QuantityValue, other: Operand): QuantityValue =>
  new QuantityValue(quantity.sub(asQuantity(other)));

const compare = (a: QuantityValue, b: QuantityValue): number => a.quantity.compare(b.quantity);

export const quantityFunctions: readonly Overload[] = [
  overload(
    "quantity",
    "(string): kubernetes.Quantity",
    (text: string) => {
      const quantity = parseQuantity(text);
      return quantity ? new QuantityValue(quantity) : fail(quantityProblem(text) ?? "");
    },
    { cost: traversal(0) },
  ),
  overload("isQuantity", "(string): bool", (text: string) => parseQuantity(text) !== undefined, {
    cost: traversal(0),
  }),
  overload("sign", "kubernetes.Quantity.(): int", ({ quantity }: QuantityValue) => quantity.sign()),
  overload(
    "isInteger",
    "kubernetes.Quantity.(): bool",
    ({ quantity }: QuantityValue) => whole(quantity) !== undefined,
  ),
  overload("asInteger", "kubernetes.Quantity.(): int", ({ quantity }: QuantityValue) =>
    intOf(whole(quantity) ?? fail("cannot convert value to integer")),
  ),
  overload(
    "asApproximateFloat",
    "kubernetes.Quantity.(): double",
    ({ quantity }: QuantityValue) => new Double(quantity.approximate()),
  ),
  overload(
    "isGreaterThan",
    "kubernetes.Quantity.(kubernetes.Quantity): bool",
    (a: QuantityValue, b: QuantityValue) => compare(a, b) > 0,
  ),
  overload(
    "isLessThan",
    "kubernetes.Quantity.(kubernetes.Quantity): bool",
    (a: QuantityValue, b: QuantityValue) => compare(a, b) < 0,
  ),
  overload("compareTo", "kubernetes.Quantity.(kubernetes.Quantity): int", compare),
  ...["kubernetes.Quantity", "int"].flatMap((operand) => [
    overload("add", `kubernetes.Quantity.(${operand}): kubernetes.Quantity`, add),
    overload("sub", `kubernetes.Quantity.(${operand}): kubernetes.Quantity`, subtract),
  ]),
];
