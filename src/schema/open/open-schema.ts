/**
 * A schema that is known only at run time: that of a custom resource, as its definition has it
 * (JSONSchemaProps). It is walked as it stands; nothing is compiled from it. What it describes is
 * plain JSON that keeps what was sent: zeros, nulls and empty lists stay.
 */
import type { Json } from "#schema/struct.ts";

export interface OpenSchema {
  readonly type?: string;
  readonly format?: string;
  readonly description?: string;
  readonly nullable?: boolean;
  readonly default?: Json;
  readonly properties?: { readonly [name: string]: OpenSchema };
  readonly additionalProperties?: boolean | OpenSchema;
  readonly items?: OpenSchema;
  readonly required?: readonly string[];
  readonly enum?: readonly Json[];
  readonly maximum?: number;
  readonly exclusiveMaximum?: boolean;
  readonly minimum?: number;
  readonly exclusiveMinimum?: boolean;
  readonly multipleOf?: number;
  readonly maxLength?: number;
  readonly minLength?: number;
  readonly pattern?: string;
  readonly maxItems?: number;
  readonly minItems?: number;
  readonly uniqueItems?: boolean;
  readonly maxProperties?: number;
  readonly minProperties?: number;
  readonly allOf?: readonly OpenSchema[];
  readonly anyOf?: readonly OpenSchema[];
  readonly oneOf?: readonly OpenSchema[];
  readonly not?: OpenSchema;
  readonly "x-kubernetes-preserve-unknown-fields"?: boolean;
  readonly "x-kubernetes-embedded-resource"?: boolean;
  readonly "x-kubernetes-int-or-string"?: boolean;
  readonly "x-kubernetes-list-type"?: string;
  readonly "x-kubernetes-list-map-keys"?: readonly string[];
  readonly "x-kubernetes-map-type"?: string;
  readonly "x-kubernetes-validations"?: readonly object[];
}

export const keepsUnknown = (schema: OpenSchema): boolean =>
  schema["x-kubernetes-preserve-unknown-fields"] === true;

export const isEmbedded = (schema: OpenSchema): boolean =>
  schema["x-kubernetes-embedded-resource"] === true;

export const isIntOrString = (schema: OpenSchema): boolean =>
  schema["x-kubernetes-int-or-string"] === true;

/** What every embedded object has, whether its schema says so or not. */
export const metaFields: ReadonlySet<string> = new Set(["apiVersion", "kind", "metadata"]);

/** What is known of nothing, and kept all the same. */
export const everything: OpenSchema = { "x-kubernetes-preserve-unknown-fields": true };

const fieldsOf = (names: readonly string[], more: Readonly<Record<string, OpenSchema>> = {}) => ({
  properties: { ...Object.fromEntries(names.map((name) => [name, {}])), ...more },
});

const owner = ["apiVersion", "blockOwnerDeletion", "controller", "kind", "name", "uid"];
const entry = ["apiVersion", "fieldsType", "manager", "operation", "subresource", "time"];
const plainMetadata = [
  "creationTimestamp",
  "deletionGracePeriodSeconds",
  "deletionTimestamp",
  "finalizers",
  "generateName",
  "generation",
  "name",
  "namespace",
  "resourceVersion",
  "selfLink",
  "uid",
];

/** The metadata of an embedded object: that of every object, and nothing else. */
export const embeddedMetadata: OpenSchema = fieldsOf(plainMetadata, {
  annotations: everything,
  labels: everything,
  managedFields: { items: fieldsOf(entry, { fieldsV1: everything }) },
  ownerReferences: { items: fieldsOf(owner) },
});

/** What `additionalProperties: true` says of the values. */
export const anything: OpenSchema = {};

/** Of the values under names that are no properties; undefined where there must be none. */
export function valuesOf({ additionalProperties }: OpenSchema): OpenSchema | undefined {
  return typeof additionalProperties === "object"
    ? additionalProperties
    : additionalProperties
      ? anything
      : undefined;
}

export function propertyOf({ properties }: OpenSchema, name: string): OpenSchema | undefined {
  return properties && Object.hasOwn(properties, name) ? properties[name] : undefined;
}

/** Of the member of an object, by its name. */
export const memberOf = (schema: OpenSchema, name: string): OpenSchema | undefined =>
  propertyOf(schema, name) ?? valuesOf(schema);

export type OpenObject = Record<string, unknown>;

export const isOpenObject = (value: unknown): value is OpenObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The schema and all below it that describe a place, not what alternatives say of it. */
export function* schemasIn(schema: OpenSchema): Iterable<OpenSchema> {
  yield schema;
  for (const property of Object.values(schema.properties ?? {})) yield* schemasIn(property);
  const values = valuesOf(schema);
  if (values) yield* schemasIn(values);
  if (schema.items) yield* schemasIn(schema.items);
}

/** Sets also `__proto__`. */
export function setMember(object: OpenObject, name: string, value: unknown): void {
  if (name === "__proto__") {
    Object.defineProperty(object, name, {
      configurable: true,
      enumerable: true,
      writable: true,
      value,
    });
  } else object[name] = value;
}
