/**
 * From a definition of custom resources to kinds like any other: one for each version, over the same
 * stored objects. Whatever serves kinds serves them.
 */
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionVersion,
} from "#api/apiextensions/customresourcedefinition.ts";
import {
  allVerbs,
  type AnyKind,
  type ApiObject,
  type ConversionTrait,
  defineKind,
  type KindTraits,
} from "#api/kind.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import type { Sealed } from "#api/request.ts";
import { sha256 } from "#base/hash.ts";
import { type FieldError, forbidden } from "#schema/field-error.ts";
import type { OpenSchema } from "#schema/open/open-schema.ts";
import { openErrors } from "#schema/open/validate.ts";
import type { RulesForObject } from "./cel-rules.ts";
import { type Draft, s, type Struct, typeMeta } from "#schema/struct.ts";
import type { Served } from "../kinds.ts";
import { ComputedObject } from "../sealed.ts";
import { type ConversionWays, webhookConversion } from "./conversion-webhook.ts";
import { customColumns } from "./custom-columns.ts";
import { customScale } from "./custom-scale.ts";
import { textAt } from "./simple-path.ts";

type Version = CustomResourceDefinitionVersion;

export interface CustomKinds {
  /** As the objects are stored; perhaps it is not served. */
  readonly storage: AnyKind;
  readonly served: readonly Served[];
}

export interface Outside {
  readonly rules?: RulesForObject | undefined;
  /** How conversion webhooks are called. */
  readonly conversion?: ConversionWays | undefined;
}

export function customKindsOf(
  definition: CustomResourceDefinition,
  { rules, conversion }: Outside = {},
): CustomKinds {
  const convert = webhookConversion(definition, conversion);
  const { spec } = definition;
  const versions = new Map(
    spec.versions.map((version) => [
      `${spec.group}/${version.name}`,
      structOf(definition, version),
    ]),
  );
  const parts = { rules, conversion: convert && { convert }, versions };
  const kinds = spec.versions.map((version) => ({
    version,
    kind: customKind(definition, version, parts),
  }));
  const stored = kinds.find(({ version }) => version.storage) ?? kinds[0];
  if (!stored) throw new TypeError(`${definition.metadata.name} has no versions`);
  const storage = stored.kind;
  const served = kinds
    .filter(({ version }) => version.served)
    .map(({ kind }) => servedOf(kind, storage));
  return { storage, served };
}

/** Everything that the server sees of a custom object. */
interface CustomObject extends ApiObject {
  readonly status?: unknown;
}

interface KindParts {
  readonly rules: RulesForObject | undefined;
  readonly conversion: ConversionTrait | undefined;
  readonly versions: ReadonlyMap<string, Struct<CustomObject>>;
}

function customKind(
  definition: CustomResourceDefinition,
  version: Version,
  { rules, conversion, versions }: KindParts,
): AnyKind {
  const { spec, status, metadata } = definition;
  const { group, scope } = spec;
  const { plural, singular = "", kind, shortNames = [], categories = [] } = status.acceptedNames;
  const isGoing = metadata.deletionTimestamp !== undefined;
  const schema = schemaOf(version);
  return defineKind({
    group,
    version: version.name,
    kind,
    plural,
    singular: singular || kind.toLowerCase(),
    shortNames,
    categories,
    scope: scope === "Cluster" ? "Cluster" : "Namespaced",
    verbs: isGoing ? allVerbs.filter((verb) => verb !== "create") : allVerbs,
    ...(schema.description ? { doc: schema.description } : {}),
    storage: { prefix: `/registry/${group}/${plural}`, hash: hashOf(group, version.name, kind) },
    schema: versions.get(`${group}/${version.name}`) ?? structOf(definition, version),
    ...(conversion ? { conversion } : {}),
    versions,
    ...traitsOf(version, schema, { isGoing, rules }),
  }) as AnyKind;
}

/** exact: kube-aggregator's storageVersionHash */
const hashOf = (group: string, version: string, kind: string): string =>
  Buffer.from(sha256(`${group}/${version}/${kind}`))
    .subarray(0, 8)
    .toString("base64");

const schemaOf = ({ schema }: Version): OpenSchema => (schema?.openAPIV3Schema ?? {}) as OpenSchema;

function structOf(
  { spec: { group }, status: { acceptedNames } }: CustomResourceDefinition,
  version: Version,
): Struct<CustomObject> {
  const { name } = version;
  const open = schemaOf(version);
  const home = group.split(".").toReversed().join(".");
  const fields = { ...typeMeta, metadata: s.object(1, ObjectMeta) };
  const options = { noProto: true, open } as const;
  return s.struct(`${home}.${name}.${acceptedNames.kind}`, fields, options) as never;
}

interface Setting {
  readonly isGoing: boolean;
  readonly rules: RulesForObject | undefined;
}

function traitsOf(
  version: Version,
  schema: OpenSchema,
  { isGoing, rules }: Setting,
): KindTraits<CustomObject> {
  const { subresources, selectableFields = [], deprecated } = version;
  const validate = (value: CustomObject, old?: CustomObject): Iterable<FieldError> =>
    openErrors(schema, { value, old, at: "" }, rules?.());
  const { scale, status } = subresources ?? {};
  return {
    columns: customColumns(version.additionalPrinterColumns ?? []),
    selectableFields: Object.fromEntries(
      selectableFields.map(({ jsonPath }) => [jsonPath.replace(/^\./, ""), textAt(jsonPath)]),
    ),
    hasGeneration: true,
    needsResourceVersion: true,
    fitsStored: true,
    ...(scale ? { scale: customScale(scale) } : {}),
    ...(status ? statusTraits(validate) : {}),
    ...(deprecated ? { deprecated: { since: "", text: version.deprecationWarning ?? "" } } : {}),
    *validateCreate(object) {
      if (isGoing) yield forbidden("", notWhileGoing);
      yield* validate(object);
    },
    validateUpdate: validate,
  };
}

// exact: apiextensions-apiserver
const notWhileGoing = "create not allowed while custom resource definition is terminating";

type Validate = (object: CustomObject, old: CustomObject) => Iterable<FieldError>;

const statusTraits = (
  validate: Validate,
): Pick<KindTraits<CustomObject>, "status" | "prepareForCreate"> => ({
  prepareForCreate(draft) {
    delete (draft as { status?: unknown }).status;
  },
  status: {
    validate,
    /** Of the metadata, only who owns what changes with the status. */
    prepare(draft, { metadata }) {
      const { managedFields, resourceVersion } = draft.metadata;
      draft.metadata = {
        ...(metadata as Draft<ObjectMeta>),
        ...(resourceVersion === undefined ? {} : { resourceVersion }),
        ...(managedFields ? { managedFields } : {}),
      };
    },
  },
});

const same = <T>(value: T): T => value;

function servedOf(kind: AnyKind, storage: AnyKind): Served {
  const common = { kind, subresources: new Map(), virtual: undefined };
  // What somebody else converts is converted on its way to and from the store.
  const isPlain = kind === storage || kind.conversion !== undefined;
  if (isPlain) return { ...common, stored: kind, toStored: same, fromStored: same };
  const { apiVersion } = storage;
  // Rules, defaults and columns are those of the version asked for; only the type is the stored one.
  const stored: AnyKind = { ...kind, apiVersion, version: storage.version };
  const toStored = (draft: Draft<ApiObject>): Draft<ApiObject> => ({ ...draft, apiVersion });
  return { ...common, stored, toStored, fromStored: renamer(kind) };
}

/** Versions that differ in nothing but their names: the conversion strategy None. */
function renamer({ apiVersion, schema }: AnyKind): Served["fromStored"] {
  const renamed = new WeakMap<Sealed, Sealed>();
  return (sealed) => {
    const known = renamed.get(sealed);
    if (known) return known;
    const object = { ...sealed.object, apiVersion };
    const made = new ComputedObject(schema, object, sealed.revision);
    renamed.set(sealed, made);
    return made;
  };
}
