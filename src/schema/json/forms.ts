/**
 * Structs whose JSON is no object with their fields. Each splits its JSON into the members that
 * protobuf has, and joins them again.
 * upstream: staging/src/k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1/marshal.go
 */
import { DecodeError } from "./decode-error.ts";
import type { AnyStruct } from "#schema/struct.ts";

export type Members = Readonly<Record<string, unknown>>;

export interface JsonForm {
  /** Throws DecodeError for what the form does not allow. */
  readonly split: (json: unknown) => Members;
  /** Of decoded members. */
  readonly join: (members: Members) => unknown;
}

/** Undefined for the ordinary struct. */
export function formOf(struct: AnyStruct): JsonForm | undefined {
  const { jsonForm } = struct.options;
  if (jsonForm === undefined) return undefined;
  const form = forms[jsonForm];
  if (!form) throw new TypeError(`${struct.name}: there is no JSON form ${jsonForm}`);
  return form;
}

const isObject = (json: unknown): boolean => typeof json === "object" && json !== null;

const isFilled = (list: unknown): boolean => Array.isArray(list) && list.length > 0;

const forms: Readonly<Record<string, JsonForm>> = {
  JSONSchemaPropsOrArray: {
    split(json) {
      if (Array.isArray(json)) return { jSONSchemas: json };
      return isObject(json) ? { schema: json } : {};
    },
    join: ({ schema, jSONSchemas }) => (isFilled(jSONSchemas) ? jSONSchemas : (schema ?? null)),
  },

  JSONSchemaPropsOrBool: {
    split(json) {
      if (typeof json === "boolean") return { allows: json };
      if (isObject(json) && !Array.isArray(json)) return { allows: true, schema: json };
      throw new DecodeError("boolean or JSON schema expected"); // exact: apiextensions-apiserver
    },
    join: ({ schema, allows }) => schema ?? allows === true,
  },

  JSONSchemaPropsOrStringArray: {
    split(json) {
      if (Array.isArray(json)) return { property: json };
      return isObject(json) ? { schema: json } : {};
    },
    join: ({ schema, property }) => (isFilled(property) ? property : (schema ?? null)),
  },
};
