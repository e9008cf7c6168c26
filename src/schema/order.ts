/**
 * Puts an edited draft in canonical order: fields as the schema has them, keys of maps sorted. So
 * the same object always has the same bytes.
 */
import { formOf } from "./json/forms.ts";
import { layoutOf } from "./layout.ts";
import type { AnyStruct, Draft, Struct, Type } from "./struct.ts";

/** In place, but for objects that are out of order: those are made anew, so use the result. */
export const inOrder = <Out, In>(struct: Struct<Out, In>, draft: Draft<Out>): Draft<Out> =>
  ordererOf(struct)(draft) as Draft<Out>;

type Order = (value: unknown) => unknown;
type Keyed = Record<string, unknown>;

const orderers = new WeakMap<AnyStruct, Order>();

function ordererOf(struct: AnyStruct): Order {
  const known = orderers.get(struct);
  if (known) return known;
  const order = formOf(struct) ? (value: unknown) => value : structOrderer(struct);
  orderers.set(struct, order);
  return order;
}

interface Slot {
  readonly place: number;
  readonly order: Order | undefined;
}

function structOrderer(struct: AnyStruct): Order {
  const { fields } = layoutOf(struct);
  const slots = new Map<string, Slot>(
    fields.map(({ name, type }, place) => [name, { place, order: typeOrderer(type) }]),
  );
  const names = fields.map(({ name }) => name);
  return (value) => {
    if (!isObject(value)) return value;
    let last = -1;
    let isSorted = true;
    for (const key in value) {
      const slot = slots.get(key);
      if (!slot || slot.place < last || value[key] === undefined) isSorted = false;
      else last = slot.place;
      if (slot?.order) reorder(value, key, slot.order);
    }
    return isSorted ? value : picked(value, names);
  };
}

const isObject = (value: unknown): value is Keyed =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function reorder(object: Keyed, key: string, order: Order): void {
  const before = object[key];
  const after = order(before);
  if (after !== before) object[key] = after;
}

function picked(object: Readonly<Keyed>, names: readonly string[]): Keyed {
  const entries = names.map((name) => [name, object[name]] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

/** Undefined where there is nothing to be ordered. */
function typeOrderer(type: Type): Order | undefined {
  if (type.is === "scalar") return undefined;
  if (type.is === "struct") return (value) => ordererOf(type.struct())(value);
  if (type.is === "map") return mapOrderer(typeOrderer(type.value));
  const order = typeOrderer(type.item);
  return order && ((list) => (Array.isArray(list) ? orderItems(list, order) : list));
}

function orderItems(list: unknown[], order: Order): unknown[] {
  for (const [i, item] of list.entries()) {
    const ordered = order(item);
    if (ordered !== item) list[i] = ordered;
  }
  return list;
}

function mapOrderer(order: Order | undefined): Order {
  return (value) => {
    if (!isObject(value)) return value;
    let last = "";
    let isSorted = true;
    for (const key in value) {
      if (key < last) isSorted = false;
      last = key;
      if (order) reorder(value, key, order);
    }
    return isSorted ? value : picked(value, Object.keys(value).sort());
  };
}
