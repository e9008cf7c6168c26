/** Typed arrays that are indexed by node number grow with the cluster, by doubling. */

export const capacityFor = (index: number, before: number): number => {
  let capacity = Math.max(before, 16);
  while (capacity <= index) capacity *= 2;
  return capacity;
};

export function grownFloats(from: Float64Array, capacity: number): Float64Array<ArrayBuffer> {
  const to = new Float64Array(capacity);
  to.set(from);
  return to;
}

export function grownInts(from: Int32Array, capacity: number): Int32Array<ArrayBuffer> {
  const to = new Int32Array(capacity);
  to.set(from);
  return to;
}

export function grownBytes(from: Uint8Array, capacity: number): Uint8Array<ArrayBuffer> {
  const to = new Uint8Array(capacity);
  to.set(from);
  return to;
}
