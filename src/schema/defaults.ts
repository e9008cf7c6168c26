/**
 * What an object says by leaving it out. Works in place on a canonical draft, children first; at the
 * end the fields are put in order again, wherever a default came in.
 */
import { formOf } from "./json/forms.ts";
import { isZero, layoutOf, structsOf } from "./layout.ts";
import { fillOpen } from "./open/defaults.ts";
import { inOrder } from "./order.ts";

import type { AnyStruct, Draft, Struct, Type } from "./struct.ts";

/**
 * Idempotent. Use the result: it is another object than `draft` when that had to be put in order.
 * What the draft shares with `like`, a canonical object that is complete, is left as it is.
 */
export function applyDefaults<Out, In>(
  struct: Struct<Out, In>,
  draft: Draft<Out>,
  like?: object,
): Draft<Out> {
  const fill = defaulterOf(struct);
  if (!fill) return draft;
  fill(draft, like);
  return inOrder(struct, draft, like);
}

type Fill = (draft: unknown, like?: unknown) => void;

/** Undefined where nothing below has any default. */
const defaulters = new WeakMap<AnyStruct, Fill | undefined>();

function defaulterOf(struct: AnyStruct): Fill | undefined {
  if (!defaulters.has(struct)) defaulters.set(struct, structDefaulter(struct));
  return defaulters.get(struct);
}

function structDefaulter(struct: AnyStruct): Fill | undefined {
  if (formOf(struct) || !structsOf(struct).some(hasDefaults)) return undefined;
  const { fields, parts } = layoutOf(struct);
  const children = [...childrenOf(struct)];
  const values = fields.filter(({ options }) => options.default !== undefined);
  const rules = parts.flatMap((part) => part.options.defaults ?? []);
  const { open } = struct.options;

  return (draft, like) => {
    if (typeof draft !== "object" || draft === null || draft === like) return;
    const object = draft as Record<string, unknown>;
    const same = membersOf(like);
    for (const { name, fill } of children) fill(object[name], same[name]);
    for (const field of values) fillIn(object, field);
    for (const rule of rules) rule(object);
    if (open) fillOpen(open, object);
  };
}

const hasDefaults = ({ fields, options }: AnyStruct): boolean =>
  options.defaults !== undefined ||
  options.open !== undefined ||
  Object.values(fields).some((field) => field.options.default !== undefined);

interface Child {
  readonly name: string;
  readonly fill: Fill;
}

function* childrenOf(struct: AnyStruct): Iterable<Child> {
  for (const { name, type } of layoutOf(struct).fields) {
    const fill = typeDefaulter(type);
    if (fill) yield { name, fill };
  }
}

function typeDefaulter(type: Type): Fill | undefined {
  if (type.is === "scalar") return undefined;
  if (type.is === "struct") return lazily(type.struct);
  const fill = typeDefaulter(type.is === "list" ? type.item : type.value);
  return fill && ((container, like) => fillEach(container, fill, like));
}

/** Only looked for when needed, since structs may contain themselves; but a dead end is cut off. */
function lazily(struct: () => AnyStruct): Fill | undefined {
  if (!structsOf(struct()).some(hasDefaults)) return undefined;
  return (draft, like) => defaulterOf(struct())?.(draft, like);
}

/** Of lists and maps alike. */
function fillEach(container: unknown, fill: Fill, like: unknown): void {
  if (typeof container !== "object" || container === null || container === like) return;
  const same = membersOf(like);
  for (const key in container) fill((container as Keyed)[key], same[key]);
}

type Keyed = Readonly<Record<string, unknown>>;

const none: Keyed = {};

/** Of lists as well, by their places. */
const membersOf = (value: unknown): Keyed =>
  typeof value === "object" && value !== null ? (value as Keyed) : none;

interface DefaultedField {
  readonly name: string;
  readonly options: { readonly default?: unknown; readonly optional?: true };
}

/** A pointer that was set to zero stays; a plain value that is zero was never set. */
function fillIn(object: Record<string, unknown>, { name, options }: DefaultedField): void {
  const value = object[name];
  const isUnset = value === undefined || value === null || (!options.optional && isZero(value));
  if (!isUnset) return;
  // A plain zero is left out anyway.
  if (value !== null && !options.optional && isZero(options.default)) return;
  object[name] = structuredClone(options.default);
}
