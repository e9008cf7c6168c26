/** What a definition asks for and this server does not do yet: whoever writes it is told. */
import type { OpenSchema } from "#schema/open/open-schema.ts";
import { schemasIn } from "#schema/open/open-schema.ts";
import type { CustomResourceDefinitionSpec } from "./customresourcedefinition.ts";

export function* definitionWarnings({
  versions,
  conversion,
}: CustomResourceDefinitionSpec): Iterable<string> {
  for (const [i, { schema }] of (versions ?? []).entries()) {
    const root = schema?.openAPIV3Schema as OpenSchema | undefined;
    if (!root || !hasRules(root)) continue;
    yield `spec.versions[${i}].schema.openAPIV3Schema: x-kubernetes-validations are accepted, but this server does not enforce them yet`;
  }
  if (conversion?.strategy === "Webhook" && (versions ?? []).length > 1) {
    yield "spec.conversion: this server does not call conversion webhooks yet: only the storage version can be read and written";
  }
}

const hasRules = (root: OpenSchema): boolean =>
  [...schemasIn(root)].some((schema) => (schema["x-kubernetes-validations"] ?? []).length > 0);
