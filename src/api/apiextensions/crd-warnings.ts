/** What a definition asks for and this server does not do yet: whoever writes it is told. */
import type { CustomResourceDefinitionSpec } from "./customresourcedefinition.ts";

export function* definitionWarnings({
  versions,
  conversion,
}: CustomResourceDefinitionSpec): Iterable<string> {
  if (conversion?.strategy === "Webhook" && (versions ?? []).length > 1) {
    yield "spec.conversion: this server does not call conversion webhooks yet: only the storage version can be read and written";
  }
}
