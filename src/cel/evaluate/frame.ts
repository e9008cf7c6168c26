/** What one evaluation carries along. */
import type { Value } from "#cel/values.ts";

export interface Frame {
  readonly activation: Readonly<Record<string, Value>>;
  /** Variables of comprehensions and bindings, by the place that `emit` gave them. */
  readonly locals: Value[];
  cost: number;
  readonly limit: number;
}

/** A part of an expression, ready to run. */
export type Code = (frame: Frame) => Value;

/** Ends the evaluation; nothing may swallow it. */
export class CostExceeded extends Error {
  override readonly name = "CostExceeded";

  constructor() {
    super("operation cancelled: actual cost limit exceeded"); // exact: cel-go
  }
}

export function charge(frame: Frame, cost: number): void {
  frame.cost += cost;
  if (frame.cost > frame.limit) throw new CostExceeded();
}
