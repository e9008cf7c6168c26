/** The schemas as the server publishes them, in the dialect that upstream's own reader of OpenAPI understands. */
import type { AnyKind } from "../../src/api/kind.ts";
import {
  openApiV2Scalars,
  openApiV3Of,
  type OpenApiSchema,
  schemaNameOf,
  structsOf,
} from "../../src/schema/openapi.ts";

export type Definitions = Readonly<Record<string, OpenApiSchema>>;

/** With defaults, which only version 3 of OpenAPI has: list items are known by them. */
export function definitionsOf(kinds: readonly AnyKind[]): Definitions {
  const structs = new Set(kinds.flatMap(({ schema }) => structsOf(schema)));
  const own = [...structs].map(
    (struct) => [schemaNameOf(struct), plain(openApiV3Of(struct))] as const,
  );
  return { ...Object.fromEntries(own), ...openApiV2Scalars() };
}

/** Words of version 3 that say nothing of who owns what. */
const dropped: ReadonlySet<string> = new Set([
  "anyOf",
  "oneOf",
  "not",
  "nullable",
  "required",
  "description",
  "x-kubernetes-validations",
]);

function plain(schema: OpenApiSchema): OpenApiSchema {
  const { allOf, $ref, properties, items, additionalProperties, ...rest } = schema;
  const [referred] = (allOf ?? []) as readonly OpenApiSchema[];
  const reference = ($ref ?? referred?.["$ref"]) as string | undefined;
  const said = Object.entries(rest).filter(([word]) => !dropped.has(word));
  return {
    ...Object.fromEntries(said),
    ...(reference ? { $ref: reference.replace("#/components/schemas/", "#/definitions/") } : {}),
    ...(properties ? { properties: each(properties as Definitions) } : {}),
    ...(items ? { items: plain(items as OpenApiSchema) } : {}),
    ...valuesOf(additionalProperties),
  };
}

const valuesOf = (values: unknown): OpenApiSchema =>
  typeof values === "object" ? { additionalProperties: plain(values as OpenApiSchema) } : {};

const each = (schemas: Definitions): Definitions =>
  Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, plain(schema)]));
