/**
 * A container's environment: plain values, references, whole ConfigMaps and Secrets, services.
 * upstream: pkg/kubelet/kubelet_pods.go#makeEnvironmentVariables
 */
import type { ConfigMap } from "#api/core/configmap.ts";
import type { Container } from "#api/core/container.ts";
import type { EnvFromSource, EnvVar, EnvVarSource } from "#api/core/environment.ts";
import type { Pod } from "#api/core/pod.ts";
import { textOfData } from "#api/core/secret-data.ts";
import type { Secret } from "#api/core/secret.ts";
import { findContainer } from "../pod/pod-containers.ts";
import { expand } from "./expansion.ts";
import { type Addresses, fieldText, resourceText } from "./field-path.ts";
import type { Variables } from "./service-links.ts";

export interface EnvironmentSources extends Addresses {
  readonly configMap: (name: string) => ConfigMap | undefined;
  readonly secret: (name: string) => Secret | undefined;
  readonly services: Variables;
  readonly allocatable: { readonly [name: string]: string };
}

/** The container cannot be made as its spec says. The message ends up in its state. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

export interface Reference {
  readonly kind: "ConfigMap" | "Secret";
  readonly name: string;
}

/** The objects that the environment is made from. */
export function referencesOf({ env = [], envFrom = [] }: Container): readonly Reference[] {
  const names = (kind: Reference["kind"], ...list: readonly (string | undefined)[]): Reference[] =>
    list.filter((name) => name !== undefined).map((name) => ({ kind, name }));
  return [
    ...envFrom.flatMap(({ configMapRef, secretRef }) => [
      ...names("ConfigMap", configMapRef?.name),
      ...names("Secret", secretRef?.name),
    ]),
    ...env.flatMap(({ valueFrom }) => [
      ...names("ConfigMap", valueFrom?.configMapKeyRef?.name),
      ...names("Secret", valueFrom?.secretKeyRef?.name),
    ]),
  ];
}

export function environmentOf(
  pod: Pod,
  container: Container,
  sources: EnvironmentSources,
): ReadonlyMap<string, string> {
  const variables = new Map<string, string>();
  for (const from of container.envFrom ?? [])
    for (const [name, value] of wholeOf(from, sources)) variables.set(name, value);
  const lookUp = (name: string): string | undefined =>
    variables.get(name) ?? sources.services.get(name);
  for (const variable of container.env ?? []) {
    const value = valueOf(pod, container, { variable, sources, lookUp });
    if (value !== undefined) variables.set(variable.name, value);
  }
  for (const [name, value] of sources.services)
    if (!variables.has(name)) variables.set(name, value);
  return variables;
}

function* wholeOf(
  { prefix = "", configMapRef, secretRef }: EnvFromSource,
  sources: EnvironmentSources,
): Iterable<readonly [name: string, value: string]> {
  const entries = configMapRef
    ? dataOf(sources.configMap(configMapRef.name ?? ""), { kind: "configmap", ...configMapRef })
    : secretRef
      ? dataOf(sources.secret(secretRef.name ?? ""), { kind: "secret", ...secretRef })
      : [];
  for (const [key, value] of entries) {
    const name = prefix + key;
    if (isVariableName(name)) yield [name, value];
  }
}

/** What the kernel takes: anything printable but an equals sign. */
const isVariableName = (name: string): boolean => /^[\x20-\x3c\x3e-\x7e]+$/.test(name);

interface Optional {
  readonly kind: "configmap" | "secret";
  readonly name?: string | undefined;
  readonly optional?: boolean | undefined;
}

function dataOf(
  object: ConfigMap | Secret | undefined,
  { kind, name = "", optional }: Optional,
): Variables {
  const entries = Object.entries(object?.data ?? {});
  if (!object && !optional) throw new ConfigError(`${kind} ${JSON.stringify(name)} not found`); // exact: kubelet
  // Secrets hold bytes in base64, ConfigMaps text.
  const textOf = (value: string): string => (kind === "secret" ? textOfData(value) : value);
  return new Map(entries.map(([key, value]) => [key, textOf(value)]));
}

interface Wanted {
  readonly variable: EnvVar;
  readonly sources: EnvironmentSources;
  readonly lookUp: (name: string) => string | undefined;
}

/** Undefined where an optional reference leads nowhere. */
function valueOf(pod: Pod, container: Container, wanted: Wanted): string | undefined {
  const { variable, sources, lookUp } = wanted;
  if (variable.value) return expand(variable.value, lookUp);
  const { valueFrom } = variable;
  if (!valueFrom) return "";
  if (valueFrom.fieldRef) return podField(pod, valueFrom.fieldRef.fieldPath, sources);
  if (valueFrom.resourceFieldRef) {
    const { containerName } = valueFrom.resourceFieldRef;
    const of = containerName ? findContainer(pod, containerName)?.container : container;
    const text = of && resourceText(valueFrom.resourceFieldRef, of, sources.allocatable);
    if (text === undefined) throw unsupported(valueFrom.resourceFieldRef.resource);
    return text;
  }
  return keyOf(pod, valueFrom, sources);
}

const unsupported = (what: string): ConfigError =>
  new ConfigError(`unsupported container resource : ${what}`); // exact: kubelet

function podField(pod: Pod, path: string, addresses: Addresses): string {
  const text = fieldText(pod, path, addresses);
  if (text === undefined) throw new ConfigError(`unsupported fieldPath: ${path}`); // exact: kubelet
  return text;
}

function keyOf(
  pod: Pod,
  { configMapKeyRef, secretKeyRef }: EnvVarSource,
  sources: EnvironmentSources,
): string | undefined {
  const [ref, kind, title] = configMapKeyRef
    ? ([configMapKeyRef, "configmap", "ConfigMap"] as const)
    : ([secretKeyRef, "secret", "Secret"] as const);
  if (!ref) return "";
  const { name = "", key, optional } = ref;
  const object = kind === "configmap" ? sources.configMap(name) : sources.secret(name);
  const value = dataOf(object, { kind, name, optional }).get(key);
  if (value !== undefined || optional) return value;
  // exact: kubelet
  throw new ConfigError(`couldn't find key ${key} in ${title} ${pod.metadata.namespace}/${name}`);
}
