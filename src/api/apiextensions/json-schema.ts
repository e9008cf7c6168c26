import { type AnyStruct, s, type ValueOf } from "#schema/struct.ts";

export const ExternalDocumentation = s.struct("apiextensions/v1.ExternalDocumentation", {
  description: s.string(1),
  url: s.string(2),
});

export interface ExternalDocumentation extends ValueOf<typeof ExternalDocumentation> {}

export const JSONSchemaPropsOrArray: AnyStruct = s.struct(
  "apiextensions/v1.JSONSchemaPropsOrArray",
  {
    schema: s.object(1, (): AnyStruct => JSONSchemaProps, { nullable: true, noJson: true }),
    jSONSchemas: s.list(2, (): AnyStruct => JSONSchemaProps, { noJson: true }),
  },
  { jsonForm: "JSONSchemaPropsOrArray" },
);

export const JSONSchemaPropsOrBool: AnyStruct = s.struct(
  "apiextensions/v1.JSONSchemaPropsOrBool",
  {
    allows: s.boolean(1, { noJson: true }),
    schema: s.object(2, (): AnyStruct => JSONSchemaProps, { nullable: true, noJson: true }),
  },
  { jsonForm: "JSONSchemaPropsOrBool" },
);

export const JSONSchemaPropsOrStringArray: AnyStruct = s.struct(
  "apiextensions/v1.JSONSchemaPropsOrStringArray",
  {
    schema: s.object(1, (): AnyStruct => JSONSchemaProps, { nullable: true, noJson: true }),
    property: s.list(2, "string", { noJson: true }),
  },
  { jsonForm: "JSONSchemaPropsOrStringArray" },
);

export const ValidationRule = s.struct("apiextensions/v1.ValidationRule", {
  rule: s.string(1, { required: true }),
  message: s.string(2),
  messageExpression: s.string(3),
  reason: s.string(4, { optional: true }),
  fieldPath: s.string(5),
  optionalOldSelf: s.boolean(6, { optional: true, gate: "CRDValidationRatcheting" }),
});

export interface ValidationRule extends ValueOf<typeof ValidationRule> {}

export const JSONSchemaProps: AnyStruct = s.struct("apiextensions/v1.JSONSchemaProps", {
  id: s.string(1),
  $schema: s.string(2, { protoName: "schema" }),
  $ref: s.string(3, { optional: true, protoName: "ref" }),
  description: s.string(4),
  type: s.string(5),
  format: s.string(6),
  title: s.string(7),
  default: s.json(8, { optional: true }),
  maximum: s.number(9, { optional: true }),
  exclusiveMaximum: s.boolean(10),
  minimum: s.number(11, { optional: true }),
  exclusiveMinimum: s.boolean(12),
  maxLength: s.int64(13, { optional: true }),
  minLength: s.int64(14, { optional: true }),
  pattern: s.string(15),
  maxItems: s.int64(16, { optional: true }),
  minItems: s.int64(17, { optional: true }),
  uniqueItems: s.boolean(18),
  multipleOf: s.number(19, { optional: true }),
  enum: s.list(20, "json", { listType: "atomic" }),
  maxProperties: s.int64(21, { optional: true }),
  minProperties: s.int64(22, { optional: true }),
  required: s.list(23, "string", { listType: "atomic" }),
  items: s.object(24, (): AnyStruct => JSONSchemaPropsOrArray, { optional: true }),
  allOf: s.list(25, (): AnyStruct => JSONSchemaProps, { listType: "atomic" }),
  oneOf: s.list(26, (): AnyStruct => JSONSchemaProps, { listType: "atomic" }),
  anyOf: s.list(27, (): AnyStruct => JSONSchemaProps, { listType: "atomic" }),
  not: s.object(28, (): AnyStruct => JSONSchemaProps, { optional: true }),
  properties: s.map(29, (): AnyStruct => JSONSchemaProps),
  additionalProperties: s.object(30, (): AnyStruct => JSONSchemaPropsOrBool, { optional: true }),
  patternProperties: s.map(31, (): AnyStruct => JSONSchemaProps),
  dependencies: s.map(32, (): AnyStruct => JSONSchemaPropsOrStringArray),
  additionalItems: s.object(33, (): AnyStruct => JSONSchemaPropsOrBool, { optional: true }),
  definitions: s.map(34, (): AnyStruct => JSONSchemaProps),
  externalDocs: s.object(35, ExternalDocumentation, { optional: true }),
  example: s.json(36, { optional: true }),
  nullable: s.boolean(37),
  "x-kubernetes-preserve-unknown-fields": s.boolean(38, {
    optional: true,
    protoName: "xKubernetesPreserveUnknownFields",
  }),
  "x-kubernetes-embedded-resource": s.boolean(39, { protoName: "xKubernetesEmbeddedResource" }),
  "x-kubernetes-int-or-string": s.boolean(40, { protoName: "xKubernetesIntOrString" }),
  "x-kubernetes-list-map-keys": s.list(41, "string", {
    listType: "atomic",
    protoName: "xKubernetesListMapKeys",
  }),
  "x-kubernetes-list-type": s.string(42, { optional: true, protoName: "xKubernetesListType" }),
  "x-kubernetes-map-type": s.string(43, { optional: true, protoName: "xKubernetesMapType" }),
  "x-kubernetes-validations": s.list(44, ValidationRule, {
    listType: "map",
    keys: ["rule"],
    patch: "merge",
    patchKey: "rule",
    protoName: "xKubernetesValidations",
  }),
});
