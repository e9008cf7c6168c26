/**
 * OpenAPI v2 as protobuf has it, as far as our documents go: a struct per message, members under
 * their names in JSON. Upstream's lists of name and value are maps on the wire, so they are maps here.
 * upstream: github.com/google/gnostic/openapiv2/OpenAPIv2.proto
 */
import { type AnyStruct, s } from "#schema/struct.ts";

/** proto3: what is not said is not written. */
const optional = { optional: true } as const;

/** Any value, as YAML. */
const Any = s.struct("openapi/v2.Any", { yaml: s.string(2) });

const AdditionalPropertiesItem = s.struct("openapi/v2.AdditionalPropertiesItem", {
  schema: s.object(1, (): AnyStruct => Schema, optional),
  boolean: s.boolean(2, optional),
});

const ItemsItem = s.struct("openapi/v2.ItemsItem", { schema: s.list(1, (): AnyStruct => Schema) });

const Properties = s.struct("openapi/v2.Properties", {
  additionalProperties: s.map(1, (): AnyStruct => Schema),
});

const ExternalDocs = s.struct("openapi/v2.ExternalDocs", {
  description: s.string(1, optional),
  url: s.string(2, optional),
  vendorExtension: s.map(3, Any),
});

export const Schema = s.struct("openapi/v2.Schema", {
  $ref: s.string(1, optional),
  format: s.string(2, optional),
  title: s.string(3, optional),
  description: s.string(4, optional),
  default: s.object(5, Any, optional),
  multipleOf: s.number(6, optional),
  maximum: s.number(7, optional),
  exclusiveMaximum: s.boolean(8, optional),
  minimum: s.number(9, optional),
  exclusiveMinimum: s.boolean(10, optional),
  maxLength: s.int64(11, optional),
  minLength: s.int64(12, optional),
  pattern: s.string(13, optional),
  maxItems: s.int64(14, optional),
  minItems: s.int64(15, optional),
  uniqueItems: s.boolean(16, optional),
  maxProperties: s.int64(17, optional),
  minProperties: s.int64(18, optional),
  required: s.list(19, "string"),
  enum: s.list(20, Any),
  additionalProperties: s.object(21, AdditionalPropertiesItem, optional),
  type: s.wrappedStrings(22),
  items: s.object(23, ItemsItem, optional),
  allOf: s.list(24, (): AnyStruct => Schema),
  properties: s.object(25, Properties, optional),
  discriminator: s.string(26, optional),
  readOnly: s.boolean(27, optional),
  externalDocs: s.object(29, ExternalDocs, optional),
  example: s.object(30, Any, optional),
  vendorExtension: s.map(31, Any),
});

const BodyParameter = s.struct("openapi/v2.BodyParameter", {
  description: s.string(1, optional),
  name: s.string(2, optional),
  in: s.string(3, optional),
  required: s.boolean(4, optional),
  schema: s.object(5, Schema, optional),
});

const QueryParameter = s.struct("openapi/v2.QueryParameterSubSchema", {
  required: s.boolean(1, optional),
  in: s.string(2, optional),
  description: s.string(3, optional),
  name: s.string(4, optional),
  type: s.string(6, optional),
  uniqueItems: s.boolean(20, optional),
});

const PathParameter = s.struct("openapi/v2.PathParameterSubSchema", {
  required: s.boolean(1, optional),
  in: s.string(2, optional),
  description: s.string(3, optional),
  name: s.string(4, optional),
  type: s.string(5, optional),
  uniqueItems: s.boolean(19, optional),
});

const NonBodyParameter = s.struct("openapi/v2.NonBodyParameter", {
  query: s.object(3, QueryParameter, optional),
  path: s.object(4, PathParameter, optional),
});

const Parameter = s.struct("openapi/v2.Parameter", {
  body: s.object(1, BodyParameter, optional),
  nonBody: s.object(2, NonBodyParameter, optional),
});

const ParametersItem = s.struct("openapi/v2.ParametersItem", {
  parameter: s.object(1, Parameter, optional),
});

const SchemaItem = s.struct("openapi/v2.SchemaItem", { schema: s.object(1, Schema, optional) });

const Response = s.struct("openapi/v2.Response", {
  description: s.string(1, optional),
  schema: s.object(2, SchemaItem, optional),
});

const ResponseValue = s.struct("openapi/v2.ResponseValue", {
  response: s.object(1, Response, optional),
});

const Responses = s.struct("openapi/v2.Responses", { responseCode: s.map(1, ResponseValue) });

const Operation = s.struct("openapi/v2.Operation", {
  operationId: s.string(5, optional),
  produces: s.list(6, "string"),
  consumes: s.list(7, "string"),
  parameters: s.list(8, ParametersItem),
  responses: s.object(9, Responses, optional),
  vendorExtension: s.map(13, Any),
});

const PathItem = s.struct("openapi/v2.PathItem", {
  get: s.object(2, Operation, optional),
  put: s.object(3, Operation, optional),
  post: s.object(4, Operation, optional),
  delete: s.object(5, Operation, optional),
  patch: s.object(8, Operation, optional),
});

const Paths = s.struct("openapi/v2.Paths", { path: s.map(2, PathItem) });

const Definitions = s.struct("openapi/v2.Definitions", { additionalProperties: s.map(1, Schema) });

const Info = s.struct("openapi/v2.Info", {
  title: s.string(1, optional),
  version: s.string(2, optional),
});

const SecurityRequirement = s.struct("openapi/v2.SecurityRequirement", {
  additionalProperties: s.map(1, "wrappedStrings"),
});

const ApiKeySecurity = s.struct("openapi/v2.ApiKeySecurity", {
  type: s.string(1, optional),
  name: s.string(2, optional),
  in: s.string(3, optional),
  description: s.string(4, optional),
});

const SecurityDefinitionsItem = s.struct("openapi/v2.SecurityDefinitionsItem", {
  apiKey: s.object(2, ApiKeySecurity, optional),
});

const SecurityDefinitions = s.struct("openapi/v2.SecurityDefinitions", {
  additionalProperties: s.map(1, SecurityDefinitionsItem),
});

export const Document = s.struct("openapi/v2.Document", {
  swagger: s.string(1, optional),
  info: s.object(2, Info, optional),
  paths: s.object(8, Paths, optional),
  definitions: s.object(9, Definitions, optional),
  security: s.list(12, SecurityRequirement),
  securityDefinitions: s.object(13, SecurityDefinitions, optional),
});
