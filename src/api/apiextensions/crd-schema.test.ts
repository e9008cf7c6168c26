import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { objectFrom, problemsOf } from "#api/testing.ts";
import { CustomResourceDefinition } from "./customresourcedefinition.ts";

const root = "spec.validation.openAPIV3Schema";

/** A definition of one version with this schema. */
const manifestOf = (openAPIV3Schema: object, more: object = {}) => ({
  metadata: { name: "crontabs.example.com" },
  spec: {
    group: "example.com",
    scope: "Namespaced" as const,
    names: { plural: "crontabs", kind: "CronTab" },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: "object", ...openAPIV3Schema } },
        ...more,
      },
    ],
  },
  status: { storedVersions: ["v1"] },
});

/** What is wrong with it; paths begin below the schema. */
const wrongWith = (openAPIV3Schema: object, subresources: object = {}): readonly string[] =>
  problemsOf(CustomResourceDefinition, manifestOf(openAPIV3Schema, { subresources })).map((line) =>
    line.startsWith(root) ? line.slice(root.length) : line,
  );

const withSpec = (spec: object) => wrongWith({ properties: { spec } });
const spec = ".properties[spec]";

test("a schema with a status of its own says little at its root", () => {
  const enumerated = { enum: [{}] };
  deepEqual(wrongWith(enumerated), []);
  deepEqual(wrongWith({ description: "A table.", required: ["spec"] }, { status: {} }), []);
  deepEqual(wrongWith(enumerated, { status: {} }), [
    ': Invalid value: {"type":"object","enum":[{}]}: only [Description Type Format Title Maximum ExclusiveMaximum Minimum ExclusiveMinimum MaxLength MinLength Pattern MaxItems MinItems UniqueItems MultipleOf Required Items Properties ExternalDocs Example XPreserveUnknownFields XValidations] fields are allowed at the root of the schema if the status subresource is enabled',
  ]);
});

test("nothing is filled in where every object has it, and no object stands in another's metadata", () => {
  const metadata = { type: "object", properties: { name: { type: "string", default: "a" } } };
  deepEqual(wrongWith({ properties: { metadata, kind: { type: "string", default: "A" } } }), [
    ".properties[kind].default: Forbidden: must not be set in top-level kind",
    ".properties[metadata].properties[name].default: Forbidden: must not be set in top-level metadata",
  ]);
  const embedded = { type: "object", "x-kubernetes-embedded-resource": true };
  const keeping = { "x-kubernetes-preserve-unknown-fields": true };
  const labels = { type: "object", additionalProperties: { type: "string", default: "a" } };
  const inner = {
    ...embedded,
    properties: {
      metadata: { ...embedded, ...keeping, properties: { labels } },
    },
  };
  deepEqual(withSpec(inner), [
    `${spec}.properties[metadata].x-kubernetes-embedded-resource: Forbidden: must not be used inside of resource meta`,
    `${spec}.properties[metadata].properties[labels].additionalProperties.default: Forbidden: must not be set inside additionalProperties applying to object metadata`,
  ]);
});

test("a schema says only what schemas may say, also in alternatives", () => {
  deepEqual(withSpec({ type: "object", "x-kubernetes-preserve-unknown-fields": false }), [
    `${spec}.x-kubernetes-preserve-unknown-fields: Invalid value: false: must be true or undefined`,
  ]);
  deepEqual(withSpec({ type: "null" }), [
    `${spec}.type: Unsupported value: "null": supported values: "array", "boolean", "integer", "number", "object", "string"`,
    `${spec}.type: Forbidden: type cannot be set to null, use nullable as an alternative`,
  ]);
  deepEqual(
    withSpec({ type: "array", items: { type: "string" }, allOf: [{ uniqueItems: true }] }),
    [
      `${spec}.allOf[0].uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic`,
    ],
  );
  const properties = { a: { type: "string" } };
  deepEqual(withSpec({ type: "object", additionalProperties: false }), []);
  deepEqual(withSpec({ type: "object", properties, additionalProperties: true }), []);
  deepEqual(withSpec({ type: "object", properties, additionalProperties: false }), [
    `${spec}.additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive`,
  ]);
});

test("items of sets and of lists with keys can be told apart", () => {
  const list = (listType: string, change: object) =>
    withSpec({ type: "array", "x-kubernetes-list-type": listType, ...change });
  deepEqual(list("heap", { items: { type: "string" } }), [
    `${spec}.x-kubernetes-list-type: Unsupported value: "heap": supported values: "atomic", "set", "map"`,
  ]);
  deepEqual(list("set", { items: { type: "string", nullable: true } }), [
    `${spec}.items.nullable: Forbidden: cannot be nullable when x-kubernetes-list-type is set`,
  ]);
  const sets = { type: "array", "x-kubernetes-list-type": "set", items: { type: "string" } };
  deepEqual(list("set", { items: sets }), [
    `${spec}.items.x-kubernetes-list-type: Invalid value: "set": must be atomic as item of a list with x-kubernetes-list-type=set`,
  ]);
  const keys = { "x-kubernetes-list-map-keys": ["name", "name"] };
  const items = { type: "object", properties: { name: { type: "string", nullable: true } } };
  const key = `${spec}.items.properties[name]`;
  const what = "this property is in x-kubernetes-list-map-keys, so it";
  const notOnce = [
    `${key}.nullable: Forbidden: ${what} cannot be nullable`,
    `${key}.default: Required value: ${what} must have a default or be a required property`,
  ];
  deepEqual(list("map", { items, ...keys }), [
    ...notOnce,
    ...notOnce,
    `${spec}.x-kubernetes-list-map-keys: Invalid value: ["name","name"]: must not contain duplicate entries`,
  ]);
  deepEqual(list("map", { "x-kubernetes-list-map-keys": ["name"] }), [
    `${spec}.items: Required value: must have a schema if x-kubernetes-list-type is map`,
    `${spec}.items: Required value: must be specified`,
  ]);
});

test("a rule says something, and its message is one line", () => {
  const rules: readonly [rule: object, ...problems: string[]][] = [
    [{ rule: "true", message: "a", fieldPath: ".a" }],
    [{ rule: " " }, ".rule: Required value: rule is not specified"],
    [
      { rule: "true", message: " " },
      '.message: Invalid value: " ": message must be non-empty if specified',
    ],
    [
      { rule: "true", message: "a\nb" },
      String.raw`.message: Invalid value: "a\nb": message must not contain line breaks`,
    ],
    [
      { rule: "true\n&& true" },
      ".message: Required value: message must be specified if rule contains line breaks",
    ],
    [
      { rule: "true", messageExpression: " " },
      ".messageExpression: Required value: messageExpression must be non-empty if specified",
    ],
    [{ rule: "true", reason: "FieldValueForbidden" }],
    [
      { rule: "true", reason: "Forbidden" },
      '.reason: Unsupported value: "Forbidden": supported values: "FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"',
    ],
    [
      { rule: "true", fieldPath: "\n" },
      String.raw`.fieldPath: Invalid value: "\n": fieldPath must be non-empty if specified`,
      String.raw`.fieldPath: Invalid value: "\n": fieldPath must not contain line breaks`,
    ],
  ];
  for (const [rule, ...problems] of rules) {
    deepEqual(
      withSpec({ type: "object", "x-kubernetes-validations": [rule] }),
      problems.map((problem) => `${spec}.x-kubernetes-validations[0]${problem}`),
    );
  }
});

/** One property for each schema. */
const definitionOf = (...schemas: readonly object[]): CustomResourceDefinition =>
  objectFrom(
    CustomResourceDefinition,
    manifestOf({ properties: Object.fromEntries(schemas.map((schema, i) => [`p${i}`, schema])) }),
  );

test("a format that says nothing is warned of, unless it was there before", () => {
  const known = [
    { type: "string", format: "date-time" },
    { type: "string", format: "k8s-short-name" },
    { format: "quantity", "x-kubernetes-int-or-string": true },
    { type: "integer", format: "int64" },
    { type: "number", format: "double" },
  ];
  const unknown = [
    { type: "array", format: "cidr", items: { type: "string", format: "int32" } },
    { type: "integer", format: "uint8" },
    { type: "string", anyOf: [{ format: "regex" }] },
    { type: "integer", format: "uint8" },
  ];
  const warnings = (now: CustomResourceDefinition, old?: CustomResourceDefinition) =>
    Array.from(CustomResourceDefinition.warnings?.(now, old) ?? []);
  deepEqual(warnings(definitionOf(...known)), []);
  deepEqual(
    warnings(definitionOf(...unknown)),
    ["cidr", "int32", "uint8", "regex"].map((format) => `unrecognized format "${format}"`),
  );
  deepEqual(warnings(definitionOf(...unknown), definitionOf(...unknown.slice(1))), [
    'unrecognized format "cidr"',
    'unrecognized format "int32"',
  ]);
});
