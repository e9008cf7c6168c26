/**
 * Rules for environment variables and what they are made of.
 * upstream: pkg/apis/core/validation/validation.go#ValidateEnv, #validateObjectFieldSelector
 */
import { requiredText } from "#api/field-rules.ts";
import {
  configMapKey,
  dnsLabel,
  dnsSubdomain,
  envVarName,
  invalidEach,
  labelKey,
  nameIsDnsSubdomain,
} from "#api/names.ts";
import { type FieldError, invalid, notSupported, required } from "#schema/field-error.ts";
import type {
  ConfigMapKeySelector,
  EnvFromSource,
  EnvVar,
  EnvVarSource,
  FileKeySelector,
  ObjectFieldSelector,
  ResourceFieldSelector,
  SecretKeySelector,
} from "./environment.ts";
import { noBacksteps } from "./relative-path.ts";

const sources = [
  "fieldRef",
  "resourceFieldRef",
  "configMapKeyRef",
  "secretKeyRef",
  "fileKeyRef",
] as const;

export function* validateEnvVar(variable: EnvVar, at: string): Iterable<FieldError> {
  yield* requiredText(`${at}.name`, variable.name, envVarName);
  const { value, valueFrom } = variable;
  if (!valueFrom) return;
  yield* validateSource(valueFrom, `${at}.valueFrom`);
  const count = sources.filter((name) => valueFrom[name] !== undefined).length;
  const problem = countProblem(count, value !== undefined && value !== "");
  if (problem) yield invalid(`${at}.valueFrom`, "", problem);
}

function countProblem(count: number, hasValue: boolean): string | undefined {
  if (count === 0) {
    return "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`";
  }
  if (hasValue) return "may not be specified when `value` is not empty";
  return count > 1 ? "may not have more than one field specified at a time" : undefined;
}

function* validateSource(source: EnvVarSource, at: string): Iterable<FieldError> {
  const { fieldRef, resourceFieldRef } = source;
  if (fieldRef) yield* validateFieldRef(fieldRef, `${at}.fieldRef`, envFields);
  if (resourceFieldRef) {
    yield* validateResourceFieldRef(resourceFieldRef, `${at}.resourceFieldRef`);
  }
}

/** Fields of the pod that a variable may show. */
const envFields: readonly string[] = [
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
  "spec.nodeName",
  "spec.serviceAccountName",
  "status.hostIP",
  "status.hostIPs",
  "status.podIP",
  "status.podIPs",
];

/** Fields of the pod that a file of a volume may show. */
export const volumeFields: readonly string[] = [
  "metadata.annotations",
  "metadata.labels",
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
];

const allFields: ReadonlySet<string> = new Set([...envFields, ...volumeFields]);

export function* validateFieldRef(
  { apiVersion, fieldPath }: ObjectFieldSelector,
  at: string,
  allowed: readonly string[],
): Iterable<FieldError> {
  if (!apiVersion) yield required(`${at}.apiVersion`);
  else if (!fieldPath) yield required(`${at}.fieldPath`);
  else if (apiVersion !== "v1") {
    const problem = `error converting fieldPath: unsupported pod version: ${apiVersion}`;
    yield invalid(`${at}.fieldPath`, fieldPath, problem);
  } else yield* validateFieldPath(fieldPath, at, allowed);
}

/** `metadata.name`, or with a key: `metadata.labels['app']`. */
function* validateFieldPath(
  path: string,
  at: string,
  allowed: readonly string[],
): Iterable<FieldError> {
  const keyed = /^(.*)\['(.*)'\]$/.exec(path);
  const [, field = path, key = ""] = keyed ?? [];
  if (!allFields.has(field)) {
    const problem = `error converting fieldPath: field label not supported: ${path}`;
    yield invalid(`${at}.fieldPath`, path, problem);
  } else if (!keyed) {
    if (!allowed.includes(field)) yield notSupported(`${at}.fieldPath`, field, allowed);
  } else if (field === "metadata.annotations" || field === "metadata.labels") {
    const text = field === "metadata.labels" ? key : key.toLowerCase();
    yield* invalidEach(at, text, labelKey(text));
  } else yield invalid(at, field, "does not support subscript");
}

const resourceFields: readonly string[] = ["limits", "requests"].flatMap((side) => [
  `${side}.cpu`,
  `${side}.memory`,
  `${side}.ephemeral-storage`,
]);

const isHugePagesField = (resource: string): boolean =>
  /^(limits|requests)\.hugepages-/.test(resource);

export function* validateResourceFieldRef(
  { resource, divisor }: ResourceFieldSelector,
  at: string,
): Iterable<FieldError> {
  if (!resource) yield required(`${at}.resource`);
  else if (!resourceFields.includes(resource) && !isHugePagesField(resource)) {
    yield notSupported(`${at}.resource`, resource, resourceFields);
  }
  const problem = divisorProblem(resource, divisor);
  if (problem) yield invalid(`${at}.divisor`, resource, problem);
}

const byteUnits = /^1([kMGTPE]|[KMGTPE]i)?$/;
const byteUnitsText = "1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei";

const byteKinds: { readonly [resource: string]: string } = {
  memory: "memory resource",
  "ephemeral-storage": "local ephemeral storage resource",
};

function divisorProblem(resource: string, divisor: string): string | undefined {
  if (divisor === "0") return undefined;
  const name = resource.slice(resource.indexOf(".") + 1);
  if (name === "cpu") {
    const isFine = divisor === "1m" || divisor === "1";
    return isFine
      ? undefined
      : "only divisor's values 1m and 1 are supported with the cpu resource";
  }
  const kind = isHugePagesField(resource) ? "hugepages resource" : byteKinds[name];
  if (!kind || byteUnits.test(divisor)) return undefined;
  return `only divisor's values ${byteUnitsText} are supported with the ${kind}`;
}

export function* validateEnvFrom(source: EnvFromSource, at: string): Iterable<FieldError> {
  const { prefix, configMapRef, secretRef } = source;
  if (prefix) yield* invalidEach(`${at}.prefix`, prefix, envVarName(prefix));
  // exact: upstream gives these without the index of the source.
  const list = at.replace(/\[\d+\]$/, "");
  if (!configMapRef && !secretRef) {
    yield invalid(list, "", "must specify one of: `configMapRef` or `secretRef`");
  } else if (configMapRef && secretRef) {
    yield invalid(list, "", "may not have more than one field specified at a time");
  }
}

export const validateSourceName = (
  { name }: { readonly name?: string | undefined },
  at: string,
): Iterable<FieldError> =>
  requiredText(`${at}.name`, name, (text) => nameIsDnsSubdomain(text, true));

function* validateKeyRef(
  { name = "", key }: SecretKeySelector | ConfigMapKeySelector,
  at: string,
): Iterable<FieldError> {
  yield* invalidEach(`${at}.name`, name, dnsSubdomain(name));
  yield* requiredText(`${at}.key`, key, configMapKey);
}

export const validateConfigMapKey = validateKeyRef;
export const validateSecretKey = validateKeyRef;

export function* validateFileKey(file: FileKeySelector, at: string): Iterable<FieldError> {
  yield* requiredText(`${at}.key`, file.key, envVarName);
  yield* requiredText(`${at}.volumeName`, file.volumeName, dnsLabel);
  if (!file.path) yield required(`${at}.path`);
  else yield* noBacksteps(file.path, `${at}.path`);
}
