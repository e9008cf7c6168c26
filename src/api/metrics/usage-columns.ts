/** Columns of what is used, as metrics-server has them. */
import type { Column } from "#api/kind.ts";
import { quantityOf, zeroQuantity } from "#base/quantity.ts";

export interface Measured {
  readonly window: string;
}

export type Usage = Readonly<Record<string, string>>;

/** `usagesOf` finds what is added up. */
export const usageColumns = <T extends Measured>(
  usagesOf: (object: T) => readonly Usage[],
): readonly Column<T>[] => [
  ...["cpu", "memory"].map((resource): Column<T> => ({
    name: resource,
    type: "string",
    cell: (object) => sumOf(usagesOf(object), resource),
  })),
  { name: "Window", type: "string", cell: ({ window }) => window },
];

const sumOf = (usages: readonly Usage[], resource: string): string =>
  usages
    .reduce((sum, usage) => sum.add(quantityOf(usage[resource] ?? "0")), zeroQuantity)
    .toString();
