/**
 * Which fields a value has.
 * upstream: sigs.k8s.io/structured-merge-diff/typed/tofieldset.go
 */
import { FieldSet, fieldStep } from "#schema/fieldset.ts";
import { isEmpty } from "#schema/layout.ts";
import { decided, isMap, itemStep, type ListShape, type RecordShape, type Shape } from "./shape.ts";

interface Membership {
  /** The value's own path is in the set. */
  readonly self: boolean;
  /** So is everything below it, also what only leads on to other fields. */
  readonly all: boolean;
}

export function setOf(shape: Shape, value: unknown, membership: Membership): FieldSet {
  const known = decided(shape, value);
  if (known.is === "record") return recordSet(known, value, membership);
  return known.is === "list" ? listSet(known, value, membership) : FieldSet.leaf;
}

function recordSet(shape: RecordShape, value: unknown, { self, all }: Membership): FieldSet {
  if (!isMap(value)) return FieldSet.of(self, noChildren);
  const children = new Map<string, FieldSet>();
  for (const key in value) {
    const inner = value[key];
    const field = shape.fields.get(key);
    const innerShape = field ? field.shape() : shape.rest;
    if (inner === undefined || !innerShape) continue;
    const isMember = all || !field || isVoid(inner);
    const set = setOf(innerShape, inner, { self: isMember, all });
    if (!set.isEmpty) children.set(field?.step ?? fieldStep(key), set);
  }
  return FieldSet.of(self, children);
}

const noChildren: ReadonlyMap<string, FieldSet> = new Map();

/** There is nothing below that could stand for the field. */
const isVoid = (value: unknown): boolean => value === null || (isMap(value) && isEmpty(value));

function listSet(shape: ListShape, value: unknown, { self, all }: Membership): FieldSet {
  if (!Array.isArray(value)) return FieldSet.of(self, noChildren);
  const children = new Map<string, FieldSet>();
  for (const item of value) {
    const step = itemStep(shape, item);
    // Of items that cannot be told apart, only the item as such is known.
    const set = children.has(step) ? FieldSet.leaf : setOf(shape.item, item, { self: true, all });
    children.set(step, set);
  }
  return FieldSet.of(self, children);
}
