import { ageColumn, nameColumn } from "#api/columns.ts";
import { mergeStringData } from "./secret-data.ts";
import { validateSecret, validateSecretUpdate } from "./secret-validation.ts";
import type { FieldError } from "#schema/field-error.ts";
import { defineKind, type ObjectOf } from "#api/kind.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta } from "#schema/struct.ts";

export const Secret = defineKind({
  group: "",
  version: "v1",
  kind: "Secret",
  doc: "Confidential data for pods, such as passwords, tokens and keys: bytes by key.",
  plural: "secrets",
  scope: "Namespaced",
  storage: { prefix: "/registry/secrets", hash: "S6u1pOWzb84=" },
  schema: s.struct(
    "core/v1.Secret",
    {
      ...typeMeta,
      metadata: s.object(1, ObjectMeta),
      immutable: s.boolean(5, {
        doc: "Once true, neither it nor the data can be changed any more.",
        optional: true,
      }),
      data: s.map(2, "bytes", { doc: "Bytes by key, in base64." }),
      stringData: s.map(4, "string", {
        doc: "Texts by key, to write only: they become entries of data.",
      }),
      type: s.string(3, {
        doc: "What the data is for; some types demand certain keys. Opaque when unset.",
      }),
    },
    {
      defaults(draft): void {
        mergeStringData(draft);
        draft.type ||= "Opaque";
      },
    },
  ),
  columns: [
    nameColumn,
    { name: "Type", type: "string", doc: "What its data is for.", cell: ({ type }) => type ?? "" },
    {
      name: "Data",
      type: "string",
      doc: "How many entries it has.",
      cell: ({ data }) => Object.keys(data ?? {}).length,
    },
    ageColumn,
  ],
  selectableFields: { type: ({ type }) => type ?? "" },
  validate: (secret): Iterable<FieldError> => validateSecret(secret),
  validateUpdate: (secret, old): Iterable<FieldError> => validateSecretUpdate(secret, old),
});

export interface Secret extends ObjectOf<typeof Secret> {}
