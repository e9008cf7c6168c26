/** Secrets, whatever they hold. */
import { Secret } from "#api/core/secret.ts";
import { type Creation, creation } from "./creation.ts";
import { base64Of, type KeyValues } from "./key-values.ts";

export const secretOf = (name: string, values: KeyValues, type = ""): Creation =>
  creation(
    Secret,
    {
      metadata: { name },
      data: Object.fromEntries([...values].map(([key, bytes]) => [key, base64Of(bytes)])),
      ...(type === "" ? {} : { type }),
    },
    "failed to create secret ", // exact: kubectl
  );
