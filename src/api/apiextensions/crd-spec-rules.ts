/**
 * What the specification of a custom resource must be like. Paths are those of upstream's internal
 * form: what all versions agree on stands once, at the top (`spec.validation`).
 * upstream: staging/src/k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation/validation.go
 */
import { requiredChoice } from "#api/field-rules.ts";
import { dns1035Label, dnsSubdomain } from "#api/names.ts";
import { equal } from "#schema/copy.ts";
import { child, type FieldError, index, invalid, required } from "#schema/field-error.ts";
import { validColumn, validScale } from "./crd-paths.ts";
import { validConversion } from "./crd-conversion-rules.ts";
import { validNames } from "./crd-names.ts";
import type { OpenSchema } from "#schema/open/open-schema.ts";
import { validSchema, validSelectableFields } from "./crd-schema-rules.ts";
import type {
  CustomResourceDefinitionSpec,
  CustomResourceDefinitionVersion,
} from "./customresourcedefinition.ts";

type Version = CustomResourceDefinitionVersion;

const scopes = ["Cluster", "Namespaced"];

export function* validSpec(spec: CustomResourceDefinitionSpec): Iterable<FieldError> {
  yield* validGroup(spec.group);
  yield* requiredChoice("spec.scope", spec.scope, scopes);
  yield* schemasThere(spec.versions ?? []);
  yield* validVersions(spec.versions ?? []);
  yield* validParts(spec.versions ?? []);
  for (const name of ["plural", "singular", "kind", "listKind"] as const) {
    if (!spec.names[name]) yield required(`spec.names.${name}`);
  }
  yield* validNames(spec.names, "spec.names");
  yield* validConversion(spec);
}

function* validGroup(group: string): Iterable<FieldError> {
  const path = "spec.group";
  const problems = dnsSubdomain(group);
  if (group === "") yield required(path);
  else if (problems.length > 0) yield invalid(path, group, problems.join(","));
  else if (!group.includes(".")) {
    yield invalid(path, group, "should be a domain with at least one dot");
  }
}

function* schemasThere(versions: readonly Version[]): Iterable<FieldError> {
  for (const [i, { schema }] of versions.entries()) {
    if (!schema?.openAPIV3Schema) {
      yield required(`${index("spec.versions", i)}.schema.openAPIV3Schema`);
    }
  }
}

function* validVersions(versions: readonly Version[]): Iterable<FieldError> {
  const path = "spec.versions";
  for (const [i, version] of versions.entries()) {
    const at = index(path, i);
    yield* validVersionName(version.name, `${at}.name`);
    for (const problem of warningProblems(version)) {
      yield invalid(`${at}.deprecationWarning`, version.deprecationWarning, problem);
    }
  }
  if (new Set(versions.map(({ name }) => name)).size < versions.length) {
    yield invalid(path, versions, "must contain unique version names");
  }
  if (versions.filter(({ storage }) => storage).length !== 1) {
    yield invalid(path, versions, "must have exactly one version marked as storage version");
  }
  if (versions[0]?.name) yield* validVersionName(versions[0].name, "spec.version");
}

function* validVersionName(name: string, at: string): Iterable<FieldError> {
  const problems = dns1035Label(name);
  if (problems.length > 0) yield invalid(at, name, problems.join(","));
}

const warningMax = 256;

function* warningProblems({ deprecated, deprecationWarning: warning }: Version): Iterable<string> {
  if (warning === undefined) return;
  if (!deprecated) {
    yield "can only be set for deprecated versions";
    return;
  }
  if (Buffer.byteLength(warning) > warningMax) yield `must be <= ${warningMax} characters long`;
  if (warning === "") yield "must not be an empty string";
  const hidden = /[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u.exec(warning);
  if (hidden) {
    const at = Buffer.byteLength(warning.slice(0, hidden.index));
    yield `must only contain printable UTF-8 characters; non-printable character found at index ${at}`;
  }
}

/** What each version may have of its own, and its name at the top. */
const topNames = {
  schema: "validation",
  subresources: "subresources",
  additionalPrinterColumns: "additionalPrinterColumns",
  selectableFields: "selectableFields",
} as const;

type Part = keyof typeof topNames;

interface Place {
  readonly at: string;
  readonly version: Version;
  /** It counts for all versions. */
  readonly isTop: boolean;
}

function placesOf(versions: readonly Version[], part: Part): readonly Place[] {
  const [first] = versions;
  if (!first) return [];
  if (versions.every((version) => equal(version[part], first[part]))) {
    return [{ at: `spec.${topNames[part]}`, version: first, isTop: true }];
  }
  return versions.map((version, i) => {
    const at = `${index("spec.versions", i)}.${part}`;
    return { at, version, isTop: false };
  });
}

function* validParts(versions: readonly Version[]): Iterable<FieldError> {
  const anyHasStatus = versions.some(hasStatus);
  for (const { at, version, isTop } of placesOf(versions, "schema")) {
    const schema = schemaOf(version);
    const isStatusCutOut = isTop ? anyHasStatus : hasStatus(version);
    if (schema) yield* validSchema(schema, child(at, "openAPIV3Schema"), isStatusCutOut);
  }
  for (const { at, version } of placesOf(versions, "subresources")) {
    const scale = version.subresources?.scale;
    if (scale) yield* validScale(scale, child(at, "scale"));
  }
  for (const { at, version } of placesOf(versions, "additionalPrinterColumns")) {
    for (const [i, column] of (version.additionalPrinterColumns ?? []).entries()) {
      yield* validColumn(column, index(at, i));
    }
  }
  for (const place of placesOf(versions, "selectableFields")) yield* validSelectable(place);
}

/** The schemas of a definition, and where they stand: one place where they are all the same. */
export const schemaPlaces = (
  versions: readonly Version[],
): readonly { readonly at: string; readonly schema: OpenSchema }[] =>
  placesOf(versions, "schema").flatMap(({ at, version }) => {
    const schema = schemaOf(version);
    return schema ? [{ at: child(at, "openAPIV3Schema"), schema }] : [];
  });

const schemaOf = ({ schema }: Version): OpenSchema | undefined =>
  schema?.openAPIV3Schema as OpenSchema | undefined;

function* validSelectable({ at, version, isTop }: Place): Iterable<FieldError> {
  const schema = schemaOf(version);
  const fields = version.selectableFields ?? [];
  if (fields.length === 0) return;
  if (schema) yield* validSelectableFields(fields, schema, at);
  else yield invalid(at, "", isTop ? noTopSchema : noSchema);
}

const noTopSchema = "may only be set when validations.schema is included";
// exact: apiextensions-apiserver, `not` and all
const noSchema = "may only be set when `version.schema.openAPIV3Schema` is not included";

const hasStatus = ({ subresources }: Version): boolean => subresources?.status !== undefined;
