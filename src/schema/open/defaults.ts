/**
 * What a value says by leaving it out. Null is as good as absent where null cannot be.
 * upstream: apiextensions-apiserver/pkg/apiserver/schema/defaulting
 */
import { draftOf } from "#schema/copy.ts";
import {
  anything,
  isOpenObject,
  memberOf,
  type OpenObject,
  type OpenSchema,
  setMember,
} from "./open-schema.ts";

/** In place. */
export function fillOpen(schema: OpenSchema, value: unknown): void {
  if (Array.isArray(value)) fillItems(schema.items, value);
  else if (isOpenObject(value)) fillMembers(schema, value);
}

function fillItems(schema: OpenSchema | undefined, items: unknown[]): void {
  if (!schema) return;
  for (const [i, item] of items.entries()) {
    if (isUnwantedNull(schema, item) && schema.default !== undefined) {
      items[i] = draftOf(schema.default);
    }
    fillOpen(schema, items[i]);
  }
}

function fillMembers(schema: OpenSchema, object: OpenObject): void {
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const isUnset = !Object.hasOwn(object, name) || object[name] === undefined;
    if (isUnset && property.default !== undefined) {
      setMember(object, name, draftOf(property.default));
    }
  }
  for (const name of Object.keys(object)) {
    const member = memberOf(schema, name);
    if (!member) continue;
    if (isUnwantedNull(member, object[name])) {
      if (member.default === undefined) {
        delete object[name];
        continue;
      }
      setMember(object, name, draftOf(member.default));
    }
    fillOpen(member, object[name]);
  }
}

const isUnwantedNull = (schema: OpenSchema, value: unknown): boolean =>
  value === null && schema.nullable !== true && schema !== anything;
