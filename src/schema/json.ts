/**
 * From the JSON of a client to the canonical object: fields in the order of the schema, present as
 * Go's encoder would have them, so that `JSON.stringify` of it is the wire form. A decoder is put
 * together once per struct, of closures; the path of a field is only found out when it is wrong.
 */
import { mismatch, TypeMismatch, tooDeep } from "./json/decode-error.ts";
import { applyDefaults } from "./defaults.ts";
import { formOf, type JsonForm } from "./json/forms.ts";
import { goStruct, goTypeOf } from "./json/go-types.ts";
import { readScalar } from "./json/scalars.ts";
import { unknownFields } from "./json/unknown-fields.ts";
import { isPresent, type JsonField, jsonField, layoutOf, zeroOf } from "./layout.ts";
import { depthMax } from "./limits.ts";
import { prunedMembers } from "./open/prune.ts";
import type { AnyStruct, Draft, Struct, Type } from "./struct.ts";

export { DecodeError, mismatch } from "./json/decode-error.ts";

export interface Decoded<T> {
  readonly value: Draft<T>;
  /** What strict decoding refuses, in its words: `unknown field "spec.replicaz"`. */
  readonly problems: string[];
}

export interface Decoding {
  readonly defaults: boolean;
  /**
   * A canonical object, complete with defaults, that nobody writes to. What `json` shares with it is
   * taken as it is, and may not be written to in the result either.
   */
  readonly like?: object | undefined;
}

/** Throws DecodeError when a value has the wrong type. Keeps no part of `json` but what is `like`'s. */
export function decodeJson<Out, In>(
  struct: Struct<Out, In>,
  json: unknown,
  { defaults, like }: Decoding,
): Decoded<Out> {
  const run: Run = { hasUnknown: false, depth: 0, isRuled: false };
  const value = decoderOf(struct)(json ?? {}, run, like) as Draft<Out>;
  return {
    value: defaults ? applyDefaults(struct, value, like) : value,
    problems: run.hasUnknown ? unknownFields(struct, json) : [],
  };
}

interface Run {
  hasUnknown: boolean;
  depth: number;
  /** Rules of a struct above may write to what is decoded here, though it is as it was. */
  isRuled: boolean;
}

/** Not called with null: what that means depends on where it stands. */
type Decode = (json: unknown, run: Run, like?: unknown) => unknown;

const decoders = new WeakMap<AnyStruct, Decode>();

function decoderOf(struct: AnyStruct): Decode {
  const known = decoders.get(struct);
  if (known) return known;
  const form = formOf(struct);
  const decode = form ? formDecoder(struct, form) : structDecoder(struct);
  decoders.set(struct, decode);
  return decode;
}

function typeDecoder(type: Type): Decode {
  if (type.is === "scalar") return readScalar[type.scalar];
  if (type.is === "struct") return lazily(type.struct);
  return type.is === "list" ? listDecoder(type) : mapDecoder(type);
}

/** Structs may contain themselves, so their decoders are only looked for when needed. */
function lazily(struct: () => AnyStruct): Decode {
  let decode: Decode | undefined;
  return (json, run, like) => (decode ??= decoderOf(struct()))(json, run, like);
}

interface Slot extends JsonField {
  readonly decode: Decode;
}

const slotOf = (field: JsonField): Slot => ({ ...field, decode: typeDecoder(field.type) });

function structDecoder(struct: AnyStruct): Decode {
  const { name } = struct;
  const { open } = struct.options;
  const { fields, byName, parts } = layoutOf(struct);
  const slots = fields.map(slotOf);
  const hasRules = parts.some(({ options }) => options.defaults !== undefined);
  return (json, run, like) => {
    if (!isObject(json)) throw mismatch(json, goStruct(name));
    if (++run.depth > depthMax) throw tooDeep();
    const out: Record<string, unknown> = {};
    const { isRuled } = run;
    run.isRuled ||= hasRules;
    const same = isObject(like) ? like : none;
    const known = fill(out, { json, slots, struct: name, run, same, isRuled });
    run.isRuled = isRuled;
    if (open) Object.assign(out, prunedMembers(open, json, { run, except: byName }));
    else if (known < countMembers(json)) run.hasUnknown = true;
    run.depth -= 1;
    return out;
  };
}

interface Filling {
  readonly json: Readonly<Record<string, unknown>>;
  readonly slots: readonly Slot[];
  readonly struct: string;
  readonly run: Run;
  /** Members that are the very same need not be decoded, unless rules from above may write to them. */
  readonly same: JsonObject;
  readonly isRuled: boolean;
}

const none: JsonObject = {};

/** Says how many of the keys were known. */
function fill(out: Record<string, unknown>, filling: Filling): number {
  const { json, slots, struct, run, same } = filling;
  let known = 0;
  let reading = "";
  try {
    for (const slot of slots) {
      reading = slot.name;
      const raw = json[reading];
      if (raw !== undefined) known += 1;
      const isUnset = raw === undefined || raw === null;
      const isSame = !isUnset && isShared(slot, raw, filling);
      const decoded = isSame
        ? raw
        : isUnset
          ? slot.unset?.()
          : slot.decode(raw, run, same[reading]);
      if (isSame || isPresent(slot, decoded)) out[reading] = decoded;
    }
  } catch (problem) {
    throw problem instanceof TypeMismatch ? problem.within(struct, reading) : problem;
  }
  return known;
}

const isShared = ({ name, options }: Slot, raw: unknown, { same, isRuled }: Filling): boolean =>
  raw === same[name] && (!isRuled || options.settled === true);

type JsonObject = Readonly<Record<string, unknown>>;

const isObject = (json: unknown): json is JsonObject =>
  typeof json === "object" && json !== null && !Array.isArray(json);

/** A caller in the process may spell out that something is not there. */
function countMembers(json: JsonObject): number {
  let count = 0;
  for (const key in json) if (json[key] !== undefined) count += 1;
  return count;
}

const noItems: readonly unknown[] = [];

function listDecoder(type: Type & { is: "list" }): Decode {
  const decode = typeDecoder(type.item);
  return (json, run, like) => {
    if (!Array.isArray(json)) throw mismatch(json, goTypeOf(type));
    const known: readonly unknown[] = Array.isArray(like) ? like : noItems;
    return json.map((item: unknown, i) => {
      if (item === null) return zeroOf(type.item);
      return item === known[i] && !run.isRuled ? item : decode(item, run, known[i]);
    });
  };
}

function mapDecoder(type: Type & { is: "map" }): Decode {
  const decode = typeDecoder(type.value);
  const isOfStrings = type.value.is === "scalar" && type.value.scalar === "string";
  return (json, run) => {
    if (!isObject(json)) throw mismatch(json, goTypeOf(type));
    if (isOfStrings && isPlainStringMap(json)) return { ...json };
    const out: Record<string, unknown> = {};
    for (const key of Object.keys(json).sort()) {
      const raw = json[key];
      if (raw === undefined) continue;
      setOwn(out, key, raw === null ? zeroOf(type.value) : decode(raw, run));
    }
    return out;
  };
}

/** Only strings, in the order of their keys: a copy will do. */
function isPlainStringMap(json: JsonObject): boolean {
  let last = "";
  for (const key in json) {
    if (typeof json[key] !== "string" || key < last) return false;
    last = key;
  }
  return true;
}

/** Also where the key is `__proto__`. */
function setOwn(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key === "__proto__") Object.defineProperty(object, key, { ...own, value });
  else object[key] = value;
}

const own = { configurable: true, enumerable: true, writable: true };

/** The members that the JSON stands for are decoded one by one, then joined again. */
function formDecoder(struct: AnyStruct, form: JsonForm): Decode {
  const slots = Object.entries(struct.fields).map(([name, field]) =>
    slotOf(jsonField(name, field)),
  );
  return (json, run) => {
    if (++run.depth > depthMax) throw tooDeep();
    const members: Record<string, unknown> = {};
    fill(members, {
      json: form.split(json),
      slots,
      struct: struct.name,
      run,
      same: none,
      isRuled: run.isRuled,
    });
    run.depth -= 1;
    return form.join(members);
  };
}
