/** Formats in the schemas of a definition. */
import { isKnownFormat } from "#schema/open/formats.ts";
import type { OpenSchema } from "#schema/open/open-schema.ts";
import { allBelow } from "./crd-places.ts";
import { schemaPlaces } from "./crd-spec-rules.ts";
import type { CustomResourceDefinitionVersion } from "./customresourcedefinition.ts";

/** What they name and nobody checks. */
export const unknownFormats = (
  versions: readonly CustomResourceDefinitionVersion[],
): ReadonlySet<string> =>
  new Set(schemaPlaces(versions).flatMap(({ schema }) => unknownIn(schema)));

const unknownIn = (schema: OpenSchema): readonly string[] => {
  const { format = "", type = "" } = schema;
  const below = Array.from(allBelow(schema, "", {}), (inner) => unknownIn(inner.schema));
  return [...(format === "" || isKnownFormat(format, type) ? [] : [format]), ...below.flat()];
};
