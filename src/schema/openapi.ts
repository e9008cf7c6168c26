/**
 * The schema as OpenAPI publishes it, v2 and v3: one named definition per struct, references between
 * them, and what apply, patch and `explain` read from the `x-kubernetes-…` extensions.
 */
import { formOf } from "./json/forms.ts";
import { type JsonField, layoutOf, leafOf } from "./layout.ts";
import type { OpenSchema } from "./open/open-schema.ts";
import { keepsUnknown } from "./open/open-schema.ts";
import { publishedV2 } from "./open/publish.ts";
import type { AnyStruct, FieldOptions, Scalar, Type } from "./struct.ts";

export { structsOf } from "./layout.ts";

export interface OpenApiOptions {
  /** Where the struct is served, for the kinds among them. */
  readonly gvks?: readonly GroupVersionKind[];
  /** Also list the values that enumerations allow. Servers do; the files in upstream's tree do not. */
  readonly enums?: boolean;
  /** What the struct is, where it does not say so itself. */
  readonly doc?: string;
}

export interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

export type OpenApiSchema = Readonly<Record<string, unknown>>;

/** `io.k8s.api.core.v1.Pod`. */
export function schemaNameOf({ name }: AnyStruct): string {
  const dot = name.lastIndexOf(".");
  const home = name.slice(0, dot);
  // Kinds that are defined at run time say the whole name themselves.
  const own = home.includes("/") ? `io.k8s.api.${home.replaceAll("/", ".")}` : home;
  const prefix = homes[home] ?? own;
  return prefix + name.slice(dot);
}

/** Packages that do not live in k8s.io/api. */
const homes: Readonly<Record<string, string>> = {
  "apiextensions/v1": "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1",
  "apiregistration/v1": "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1",
  "audit/v1": "io.k8s.apiserver.pkg.apis.audit.v1",
  "metrics/v1beta1": "io.k8s.metrics.pkg.apis.metrics.v1beta1",
  "meta/v1": "io.k8s.apimachinery.pkg.apis.meta.v1",
  runtime: "io.k8s.apimachinery.pkg.runtime",
  version: "io.k8s.apimachinery.pkg.version",
};

export const openApiV3Of = (struct: AnyStruct, options: OpenApiOptions = {}): OpenApiSchema =>
  schemaOf(struct, { dialect: v3, ...options });

export const openApiV2Of = (struct: AnyStruct, options: OpenApiOptions = {}): OpenApiSchema =>
  schemaOf(struct, { dialect: v2, ...options });

/** The definitions of the special scalars (Quantity, Time…), which the structs' refer to. */
export const openApiV3Scalars = (): Readonly<Record<string, OpenApiSchema>> => v3.scalars;

export const openApiV2Scalars = (): Readonly<Record<string, OpenApiSchema>> => v2.scalars;

interface Dialect {
  readonly scalars: Readonly<Record<string, OpenApiSchema>>;
  /** A reference, with what is said besides. */
  readonly refer: (name: string, beside: OpenApiSchema) => OpenApiSchema;
  readonly hasDefaults: boolean;
  /** A schema that is known only at run time, as far as the dialect can say it. */
  readonly publish: (schema: OpenSchema) => OpenApiSchema;
}

interface Context extends OpenApiOptions {
  readonly dialect: Dialect;
}

const machinery = "io.k8s.apimachinery.pkg";

/** Scalars that are definitions of their own. */
const definitionNames: { readonly [S in Scalar]?: string } = {
  quantity: `${machinery}.api.resource.Quantity`,
  intOrString: `${machinery}.util.intstr.IntOrString`,
  time: `${machinery}.apis.meta.v1.Time`,
  microTime: `${machinery}.apis.meta.v1.MicroTime`,
  duration: `${machinery}.apis.meta.v1.Duration`,
  raw: `${machinery}.runtime.RawExtension`,
  fields: `${machinery}.apis.meta.v1.FieldsV1`,
  json: `${homes["apiextensions/v1"]}.JSON`,
};

const docs: { readonly [S in Scalar]?: string } = {
  quantity:
    "A fixed-point number with an optional suffix: 100m is a tenth, 1k a thousand, 1Ki 1024.",
  intOrString: "A number, or a string that stands for one, such as a percentage or a port name.",
  time: "A point in time, RFC 3339, in whole seconds.",
  microTime: "A point in time, RFC 3339, in microseconds.",
  duration: "A length of time such as 1h30m or 250ms.",
  raw: "An object of any kind, as it is.",
  fields: "A set of fields in a trie: f: a field, k: a list item by its keys, v: by its value.",
  json: "Any JSON value.",
};

const special = (definitions: { readonly [S in Scalar]?: object }): Dialect["scalars"] =>
  Object.fromEntries(
    Object.entries(definitions).map(([scalar, definition]) => [
      definitionNames[scalar as Scalar] ?? "",
      { description: docs[scalar as Scalar], ...definition },
    ]),
  );

const sharedScalars = {
  time: { type: "string", format: "date-time" },
  microTime: { type: "string", format: "date-time" },
  duration: { type: "string" },
  raw: { type: "object" },
  fields: { type: "object" },
  json: {},
};

const v3: Dialect = {
  scalars: special({
    ...sharedScalars,
    quantity: { oneOf: [{ type: "string" }, { type: "number" }] },
    intOrString: { format: "int-or-string", oneOf: [{ type: "integer" }, { type: "string" }] },
  }),
  refer(name, beside) {
    const reference = { $ref: `#/components/schemas/${name}` };
    // In v3 nothing may stand beside a reference.
    return Object.keys(beside).length === 0 ? reference : { allOf: [reference], ...beside };
  },
  hasDefaults: true,
  publish: (schema) => ({ ...schema }),
};

const v2: Dialect = {
  scalars: special({
    ...sharedScalars,
    quantity: { type: "string" },
    intOrString: { type: "string", format: "int-or-string" },
  }),
  refer: (name, beside) => ({ $ref: `#/definitions/${name}`, ...beside }),
  hasDefaults: false,
  publish: publishedV2,
};

function schemaOf(struct: AnyStruct, context: Context): OpenApiSchema {
  const { atomic, unions } = struct.options;
  const { gvks = [] } = context;
  const doc = struct.options.doc ?? context.doc;
  return {
    ...(doc ? { description: doc } : {}),
    ...(formOf(struct) ? {} : objectOf(struct, context)),
    ...(atomic ? { "x-kubernetes-map-type": "atomic" } : {}),
    ...(unions ? { "x-kubernetes-unions": unions } : {}),
    ...(gvks.length > 0 ? { "x-kubernetes-group-version-kind": gvks } : {}),
  };
}

/** The fields, and beside them what the schema has that is known only at run time. */
function objectOf(struct: AnyStruct, context: Context): OpenApiSchema {
  const { open } = struct.options;
  const own = fieldsOf(struct, context);
  if (!open) return own;
  // Old clients that are told of some members would refuse all others.
  if (context.dialect === v2 && keepsUnknown(open)) return { type: "object" };
  const published = context.dialect.publish(open);
  const both = { ...(published["properties"] as object), ...(own["properties"] as object) };
  return { ...published, properties: both };
}

function fieldsOf(struct: AnyStruct, context: Context): OpenApiSchema {
  const { fields } = layoutOf(struct);
  const isCondition = struct.name.endsWith("Condition");
  const common: Docs = isCondition ? { ...commonDocs, ...conditionDocs } : commonDocs;
  const properties = fields.map((field) => {
    const doc = field.options.doc ?? docOfType(field.type) ?? common[field.name];
    return [field.name, propertyOf(field, context, doc)] as const;
  });
  const required = fields.filter(({ options }) => options.required).map(({ name }) => name);
  return {
    type: "object",
    ...(properties.length > 0 ? { properties: Object.fromEntries(properties) } : {}),
    ...(required.length > 0 ? { required } : {}),
  };
}

/** Of the struct that a field holds one or many of. */
function docOfType(type: Type): string | undefined {
  const leaf = leafOf(type);
  return leaf.is === "struct" ? leaf.struct().options.doc : undefined;
}

type Docs = Readonly<Record<string, string>>;

/** Of fields that mean the same wherever they stand. */
const commonDocs: Docs = {
  spec: "What is wanted: written by users, and by programs that speak for them.",
  status: "What is the case: written by those who make it so. It may lag behind a little.",
  conditions: "The state in single statements, each true, false or unknown, with the reason.",
  observedGeneration: "The metadata.generation that this status was found for.",
};

const conditionDocs: Docs = {
  type: "What the statement is about, in CamelCase.",
  status: "True, False or Unknown.",
  reason: "Why, in one word for machines.",
  message: "Why, for people.",
  lastTransitionTime: "When the status changed last.",
  lastUpdateTime: "When the statement was written last.",
  lastProbeTime: "When it was looked at last.",
  lastHeartbeatTime: "When it was looked at last.",
};

function propertyOf(field: JsonField, context: Context, doc: string | undefined): OpenApiSchema {
  const { options, type } = field;
  const published = context.dialect.hasDefaults ? defaultOf(field) : undefined;
  return typeSchema(type, context, {
    ...(doc ? { description: doc } : {}),
    ...(published === undefined ? {} : { default: published }),
    ...extensionsOf(options),
  });
}

/** Of a plain value that is always there, its zero; of a struct that is no pointer, `{}`. */
function defaultOf({ type, options, unset }: JsonField): unknown {
  if (options.default !== undefined) return options.default;
  if (options.nullable || !unset) return undefined;
  if (type.is === "struct") return {};
  if (type.is !== "scalar" || definitionNames[type.scalar] || notDefaulted.has(type.scalar))
    return undefined;
  return unset();
}

const notDefaulted: ReadonlySet<Scalar> = new Set<Scalar>(["bytes", "wrappedStrings"]);

const extensionsOf = (options: FieldOptions): OpenApiSchema => ({
  ...(options.mapType ? { "x-kubernetes-map-type": options.mapType } : {}),
  ...(options.keys ? { "x-kubernetes-list-map-keys": options.keys } : {}),
  ...(options.listType ? { "x-kubernetes-list-type": options.listType } : {}),
  ...(options.patchKey ? { "x-kubernetes-patch-merge-key": options.patchKey } : {}),
  ...(options.patch ? { "x-kubernetes-patch-strategy": options.patch } : {}),
});

function typeSchema(type: Type, context: Context, beside: OpenApiSchema): OpenApiSchema {
  if (type.is === "list")
    return { type: "array", items: typeSchema(type.item, context, {}), ...beside };
  if (type.is === "map")
    return { type: "object", additionalProperties: typeSchema(type.value, context, {}), ...beside };
  if (type.is === "struct") return context.dialect.refer(schemaNameOf(type.struct()), beside);
  const name = definitionNames[type.scalar];
  if (name) return context.dialect.refer(name, beside);
  const allowed = type.oneOf && (context.enums ?? true) ? { enum: type.oneOf.toSorted() } : {};
  return { ...plainScalars[type.scalar], ...allowed, ...beside };
}

const plainScalars: { readonly [S in Scalar]?: OpenApiSchema } = {
  string: { type: "string" },
  int32: { type: "integer", format: "int32" },
  int64: { type: "integer", format: "int64" },
  number: { type: "number", format: "double" },
  boolean: { type: "boolean" },
  bytes: { type: "string", format: "byte" },
  wrappedStrings: { type: "array", items: { type: "string" } },
};
