/**
 * An OpenAPI v2 document in protobuf. Most members pass as they are; a map, a list, an extension, one
 * of several shapes has a message of its own around it there.
 */
import { encodeProto } from "#schema/protobuf.ts";
import { Document } from "./openapi-messages.ts";

type Members<T = unknown> = Readonly<Record<string, T>>;

/** Of its JSON only what does not pass as it is. */
interface DocumentJson extends Members {
  readonly paths: Members<Members<OperationJson>>;
  readonly definitions: Members<SchemaJson>;
  readonly security: readonly Members<readonly string[]>[];
  readonly securityDefinitions: Members<object>;
}

interface OperationJson extends Members {
  readonly parameters: readonly ParameterJson[];
  readonly responses: Members<ResponseJson>;
}

interface ParameterJson extends Members {
  readonly in: "body" | "path" | "query";
  readonly schema?: SchemaJson;
}

interface ResponseJson extends Members {
  readonly schema?: SchemaJson;
}

interface SchemaJson extends Members {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly additionalProperties?: SchemaJson | boolean;
  readonly allOf?: readonly SchemaJson[];
  readonly items?: SchemaJson | readonly SchemaJson[];
  readonly properties?: Members<SchemaJson>;
  readonly externalDocs?: Members;
}

export const documentToProto = (document: object): Uint8Array =>
  encodeProto(Document, documentMessage(document as DocumentJson));

const documentMessage = (document: DocumentJson): object => ({
  ...document,
  paths: { path: mapped(document.paths, (item) => mapped(item, operationMessage)) },
  definitions: { additionalProperties: mapped(document.definitions, schemaMessage) },
  security: document.security.map((additionalProperties) => ({ additionalProperties })),
  securityDefinitions: {
    additionalProperties: mapped(document.securityDefinitions, (apiKey) => ({ apiKey })),
  },
});

const operationMessage = (operation: OperationJson): object => ({
  ...operation,
  parameters: operation.parameters.map((parameter) => ({ parameter: parameterMessage(parameter) })),
  responses: { responseCode: mapped(operation.responses, responseMessage) },
  vendorExtension: extensionsOf(operation),
});

function parameterMessage(parameter: ParameterJson): object {
  const { in: where, schema } = parameter;
  if (where !== "body") return { nonBody: { [where]: parameter } };
  return { body: { ...parameter, schema: given(schema, schemaMessage) } };
}

const responseMessage = (response: ResponseJson): object => ({
  response: {
    ...response,
    schema: given(response.schema, (schema) => ({ schema: schemaMessage(schema) })),
  },
});

/** Members that protobuf does not have, such as `oneOf`, are left out: it has no place for them. */
const schemaMessage = (schema: SchemaJson): object => ({
  ...schema,
  default: given(schema["default"], anyMessage),
  enum: schema.enum?.map(anyMessage),
  additionalProperties: given(schema.additionalProperties, (allowed) =>
    typeof allowed === "boolean" ? { boolean: allowed } : { schema: schemaMessage(allowed) },
  ),
  type: given(schema.type, listed),
  items: given(schema.items, (items) => ({ schema: listed(items).map(schemaMessage) })),
  allOf: schema.allOf?.map(schemaMessage),
  properties: given(schema.properties, (properties) => ({
    additionalProperties: mapped(properties, schemaMessage),
  })),
  externalDocs: given(schema.externalDocs, (docs) => ({
    ...docs,
    vendorExtension: extensionsOf(docs),
  })),
  example: given(schema["example"], anyMessage),
  vendorExtension: extensionsOf(schema),
});

/** All JSON is YAML. */
const anyMessage = (value: unknown): object => ({ yaml: `${JSON.stringify(value)}\n` });

const extensionsOf = (members: Members): Members<object> =>
  Object.fromEntries(
    Object.keys(members)
      .filter((name) => name.startsWith("x-"))
      .map((name) => [name, anyMessage(members[name])]),
  );

const mapped = <T>(members: Members<T>, to: (value: T) => object): Members<object> =>
  Object.fromEntries(Object.entries(members).map(([name, value]) => [name, to(value)]));

const given = <T, U>(value: T | undefined, to: (value: T) => U): U | undefined =>
  value === undefined ? undefined : to(value);

const listed = <T>(value: T | readonly T[]): readonly T[] =>
  Array.isArray(value) ? (value as readonly T[]) : [value as T];
