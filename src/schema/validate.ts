/**
 * Walks an object and yields what is wrong with it: values outside their enumeration, then what the
 * struct's own `validate` says, field by field. Parts of the schema without any rule are not walked.
 */
import { child, type FieldError, index, key, notListed, required } from "./field-error.ts";
import { formOf } from "./json/forms.ts";
import { layoutOf, structsOf } from "./layout.ts";

import type { AnyStruct, FieldOptions, Struct, Type } from "./struct.ts";

/** All of it, always; in field order, what a struct says of itself after what its fields say. */
export function validateStruct<Out, In>(
  struct: Struct<Out, In>,
  value: Out,
  at = "",
): readonly FieldError[] {
  const check = checkOf(struct);
  if (!check) return none;
  const errors: FieldError[] = [];
  check(value, at, errors);
  return errors;
}

const none: readonly FieldError[] = [];

type Check = (value: unknown, at: string, errors: FieldError[]) => void;

/** Undefined where nothing below has any rule. */
const checks = new WeakMap<AnyStruct, Check | undefined>();

function checkOf(struct: AnyStruct): Check | undefined {
  if (!checks.has(struct)) checks.set(struct, structCheck(struct));
  return checks.get(struct);
}

function structCheck(struct: AnyStruct): Check | undefined {
  if (!structsOf(struct).some(hasRules)) return undefined;
  if (formOf(struct)) return formCheck(struct);
  const children = [...childrenOf(struct)];
  const rules = layoutOf(struct).parts.flatMap((part) => part.options.validate ?? []);

  return (value, at, errors) => {
    const object = value as Readonly<Record<string, unknown>>;
    for (const { name, check } of children) {
      const inner = object[name];
      if (inner !== undefined && inner !== null) check(inner, child(at, name), errors);
    }
    // One by one: a hundred thousand would not go into one call.
    for (const rule of rules) for (const error of rule(object, at, errors)) errors.push(error);
  };
}

const hasRules = ({ fields, options }: AnyStruct): boolean =>
  options.validate !== undefined || Object.values(fields).some(({ type }) => hasOneOf(type));

function hasOneOf(type: Type): boolean {
  if (type.is === "scalar") return type.oneOf !== undefined;
  if (type.is === "struct") return false;
  return hasOneOf(type.is === "list" ? type.item : type.value);
}

interface Child {
  readonly name: string;
  readonly check: Check;
}

function* childrenOf(struct: AnyStruct): Iterable<Child> {
  for (const { name, type, options } of layoutOf(struct).fields) {
    const check = options.checkedByOwner ? undefined : fieldCheck(type, options);
    if (check) yield { name, check };
  }
}

/** An empty text counts as missing, where nothing but it could say so: pointers say it by being absent. */
function fieldCheck(type: Type, { optional, nullable }: FieldOptions): Check | undefined {
  const check = typeCheck(type);
  if (type.is !== "scalar" || !check || optional || nullable) return check;
  return (value, at, errors) => {
    if (value === "") errors.push(required(at));
    else check(value, at, errors);
  };
}

function typeCheck(type: Type): Check | undefined {
  if (type.is === "scalar") return type.oneOf && oneOfCheck(type.oneOf);
  if (type.is === "struct") return lazily(type.struct);
  if (type.is === "list") return listCheck(typeCheck(type.item));
  return mapCheck(typeCheck(type.value));
}

function lazily(struct: () => AnyStruct): Check | undefined {
  if (!structsOf(struct()).some(hasRules)) return undefined;
  return (value, at, errors) => checkOf(struct())?.(value, at, errors);
}

const oneOfCheck =
  (valid: readonly string[]): Check =>
  (value, at, errors) => {
    if (!valid.includes(value as string)) errors.push(notListed(at, value, valid));
  };

const listCheck = (check: Check | undefined): Check | undefined =>
  check &&
  ((list, at, errors) => {
    for (const [i, item] of (list as readonly unknown[]).entries())
      check(item, index(at, i), errors);
  });

const mapCheck = (check: Check | undefined): Check | undefined =>
  check &&
  ((map, at, errors) => {
    for (const [name, value] of Object.entries(map as object)) check(value, key(at, name), errors);
  });

/** One nested object, or a list of them; anything else has nothing to check. */
function formCheck(struct: AnyStruct): Check {
  return (value, at, errors) => {
    for (const [name, inner] of Object.entries(formOf(struct)?.split(value) ?? {})) {
      const field = struct.fields[name];
      if (field) typeCheck(field.type)?.(inner, at, errors);
    }
  };
}
