/** From the least to the most: of a size or of a cost. Unsigned 64 bits upstream, and never beyond. */

export interface Range {
  readonly min: number;
  readonly max: number;
}

/** Upstream it is the greatest uint64, which a double cannot hold. */
export const unboundedCost = 2 ** 64;

const capped = (value: number): number => Math.min(value, unboundedCost);

export const exactly = (value: number): Range => ({ min: value, max: value });
export const nothing = exactly(0);
export const one = exactly(1);
export const unknownSize: Range = { min: 0, max: unboundedCost };

export const plus = (a: Range, b: Range): Range => ({
  min: capped(a.min + b.min),
  max: capped(a.max + b.max),
});

export const times = (a: Range, b: Range): Range => ({
  min: capped(a.min * b.min),
  max: capped(a.max * b.max),
});

/** Each end times `factor`, rounded up. */
export const scaled = (a: Range, factor: number): Range => ({
  min: scaledUp(a.min, factor),
  max: scaledUp(a.max, factor),
});

export const union = (a: Range, b: Range): Range => ({
  min: Math.min(a.min, b.min),
  max: Math.max(a.max, b.max),
});

/** Rounded up as Go does it: the product of two doubles. */
export const scaledUp = (value: number, factor: number): number =>
  capped(Math.ceil(value * factor));
