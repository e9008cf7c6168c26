/**
 * A schema as OpenAPI v2 can say it, which is less: no alternatives, no null. Where unknown fields are
 * kept it says nothing of the members, because old clients would refuse or drop what they do not know.
 * upstream: apiextensions-apiserver/pkg/controller/openapi/v2/conversion.go
 */
import { isEmbedded, isIntOrString, keepsUnknown, type OpenSchema } from "./open-schema.ts";

type Published = Readonly<Record<string, unknown>>;

export function publishedV2(schema: OpenSchema): Published {
  if (isIntOrString(schema)) {
    const { description } = schema;
    return { ...(description ? { description } : {}), "x-kubernetes-int-or-string": true };
  }
  const { oneOf: _1, anyOf: _2, not: _3, allOf: _4, nullable, ...said } = schema;
  const { default: _5, properties, additionalProperties, items, ...kept } = said;
  // A null would be refused by clients that know the type.
  if (nullable) return withoutType(kept);
  if (keepsUnknown(schema) && !isEmbedded(schema)) {
    return schema.type === "array" ? withoutType(kept) : withoutRequired(kept);
  }
  return {
    ...kept,
    ...(properties ? { properties: mapped(properties) } : {}),
    ...(typeof additionalProperties === "object"
      ? { additionalProperties: publishedV2(additionalProperties) }
      : {}),
    ...(additionalProperties === true ? { additionalProperties: {} } : {}),
    ...(items ? { items: publishedV2(items) } : {}),
  };
}

function withoutType(schema: OpenSchema): Published {
  const { type: _type, ...rest } = withoutRequired(schema);
  return rest;
}

function withoutRequired({ required: _required, ...rest }: OpenSchema): Published {
  return rest;
}

const mapped = (properties: Readonly<Record<string, OpenSchema>>): Published =>
  Object.fromEntries(
    Object.entries(properties).map(([name, property]) => [name, publishedV2(property)]),
  );
