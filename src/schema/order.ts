/**
 * Puts an edited draft in canonical form again: fields as the schema has them, keys of maps sorted,
 * what Go's encoder would leave out left out. So the same object always has the same bytes.
 */
import { formOf } from "./json/forms.ts";
import { isZero, layoutOf } from "./layout.ts";
import { inKeyOrder } from "./open/order.ts";
import type { AnyStruct, Draft, Struct, Type } from "./struct.ts";

/**
 * In place, but for objects that are not canonical: those are made anew, so use the result. What the
 * draft shares with `like`, a canonical object, is in order.
 */
export const inOrder = <Out, In>(
  struct: Struct<Out, In>,
  draft: Draft<Out>,
  like?: object,
): Draft<Out> => ordererOf(struct)(draft, like) as Draft<Out>;

type Order = (value: unknown, like?: unknown) => unknown;
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
  readonly name: string;
  readonly place: number;
  readonly dropsZero: boolean;
  readonly order: Order | undefined;
}

interface Slots {
  readonly inPlace: readonly Slot[];
  readonly byName: ReadonlyMap<string, Slot>;
}

function structOrderer(struct: AnyStruct): Order {
  const { fields } = layoutOf(struct);
  const inPlace = fields.map(({ name, type, dropsZero }, place): Slot => ({
    name,
    place,
    dropsZero,
    order: typeOrderer(type),
  }));
  const slots: Slots = { inPlace, byName: new Map(inPlace.map((slot) => [slot.name, slot])) };
  const { open } = struct.options;
  if (open) return (value) => (isObject(value) ? pickedOpen(value, slots) : value);
  return (value, like) => {
    if (value === like || !isObject(value)) return value;
    const same = membersOf(like);
    let last = -1;
    let isCanonical = true;
    for (const key in value) {
      const slot = slots.byName.get(key);
      if (slot?.order) reorder(value, key, { order: slot.order, like: same[key] });
      if (!slot || slot.place < last || !stays(slot, value[key])) isCanonical = false;
      else last = slot.place;
    }
    return isCanonical ? value : picked(value, slots);
  };
}

const stays = ({ dropsZero }: Slot, value: unknown): boolean =>
  value !== undefined && !(dropsZero && isZero(value));

const isObject = (value: unknown): value is Keyed =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const none: Keyed = {};

/** Of lists as well, by their places. */
const membersOf = (value: unknown): Keyed =>
  typeof value === "object" && value !== null ? (value as Keyed) : none;

interface Ordering {
  readonly order: Order;
  readonly like: unknown;
}

function reorder(object: Keyed, key: string, { order, like }: Ordering): void {
  const before = object[key];
  if (before === like) return;
  const after = order(before, like);
  if (after !== before) object[key] = after;
}

function picked(object: Readonly<Keyed>, { inPlace }: Slots): Keyed {
  const kept: Keyed = {};
  for (const slot of inPlace) {
    const value = object[slot.name];
    if (stays(slot, value)) kept[slot.name] = value;
  }
  return kept;
}

/** Fields first, then whatever else there is. */
function pickedOpen(object: Readonly<Keyed>, slots: Slots): Keyed {
  const kept: Keyed = {};
  const rest: Keyed = {};
  for (const key of Object.keys(object)) {
    const slot = slots.byName.get(key);
    if (!slot) rest[key] = object[key];
    else if (stays(slot, object[key])) kept[key] = slot.order?.(object[key]) ?? object[key];
  }
  return Object.assign(picked(kept, slots), inKeyOrder(rest));
}

/** Undefined where there is nothing to be ordered. */
function typeOrderer(type: Type): Order | undefined {
  if (type.is === "scalar") return undefined;
  if (type.is === "struct") return (value, like) => ordererOf(type.struct())(value, like);
  if (type.is === "map") return mapOrderer(typeOrderer(type.value));
  const order = typeOrderer(type.item);
  return order && ((list, like) => (Array.isArray(list) ? orderItems(list, order, like) : list));
}

function orderItems(list: unknown[], order: Order, like: unknown): unknown[] {
  const same = membersOf(like);
  for (let i = 0; i < list.length; i++) {
    const item: unknown = list[i];
    const known = same[i];
    if (item === known) continue;
    const ordered = order(item, known);
    if (ordered !== item) list[i] = ordered;
  }
  return list;
}

function mapOrderer(order: Order | undefined): Order {
  return (value, like) => {
    if (value === like || !isObject(value)) return value;
    const same = membersOf(like);
    let last = "";
    let isSorted = true;
    for (const key in value) {
      if (key < last) isSorted = false;
      last = key;
      if (order) reorder(value, key, { order, like: same[key] });
    }
    if (isSorted) return value;
    return Object.fromEntries(
      Object.keys(value)
        .sort()
        .map((key) => [key, value[key]]),
    );
  };
}
