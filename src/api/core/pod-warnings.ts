/**
 * What is accepted in pods and pod templates, but probably not meant.
 * upstream: pkg/api/pod/warnings.go
 */
import { ipWarnings } from "#api/ip-warnings.ts";
import { dnsLabel } from "#api/names.ts";
import type { ObjectMeta } from "#api/meta/object-meta.ts";
import type { EnvVar } from "./environment.ts";
import { fractionWarnings } from "./fraction-warnings.ts";
import { nodeSelectorTermWarnings, oldNodeLabels } from "./node-label-warnings.ts";
import { claimSpecWarnings } from "./persistentvolume-warnings.ts";
import { appArmorPrefix, seccompContainerPrefix, seccompPodAnnotation } from "./pod-annotations.ts";
import { allContainers, type PlacedContainer } from "./pod-containers.ts";
import type { PodParts } from "./pod-parts.ts";
import type { PodSpec, PodTemplateSpec } from "./pod-spec.ts";
import { portWarnings } from "./port-warnings.ts";
import { volumePathWarnings } from "./volume-path-warnings.ts";
import type { Volume } from "./volume-sources.ts";

// exact: apiserver, all texts below

/** Changes are made by machines, often: upstream looks at new pods only. */
export function* podWarnings(pod: PodParts, old?: PodParts): Iterable<string> {
  if (old) return;
  yield* podAppArmorWarnings(pod);
  yield* hostnameWarnings(pod.metadata.name ?? "");
  yield* specWarnings(pod, "");
}

/** `at` is the path of the template. */
export const podTemplateWarnings = (template: PodTemplateSpec, at: string): Iterable<string> =>
  specWarnings(template, `${at}.`);

function* hostnameWarnings(name: string): Iterable<string> {
  const problems = dnsLabel(name);
  if (problems.length === 0) return;
  yield `metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: [${problems.join(" ")}]`;
}

interface Warned {
  readonly metadata: ObjectMeta;
  readonly spec: PodSpec;
}

function* specWarnings({ metadata, spec }: Warned, prefix: string): Iterable<string> {
  const at = `${prefix}spec`;
  yield* nodeLabelWarnings(spec, at);
  const annotations = `${prefix}metadata.annotations`;
  yield* annotationWarnings(metadata, annotations);
  for (const [i, volume] of (spec.volumes ?? []).entries()) {
    yield* volumeWarnings(volume, `${at}.volumes[${i}]`);
  }
  for (const volume of spec.volumes ?? []) yield* volumePathWarnings(volume);
  yield* listWarnings(spec, at);
  yield* overheadWarnings(spec, at);
  yield* podSeccompWarnings({ metadata, spec }, annotations);
  for (const { container, path } of allContainers(spec, at)) {
    yield* containerSeccompWarnings(container, metadata, annotations);
    const isTemplate = prefix !== "" && !spec.securityContext?.appArmorProfile;
    if (isTemplate) yield* appArmorWarnings(container, metadata, annotations);
    yield* containerWarnings(container, path);
  }
  yield* portWarnings(spec, at);
  if ((spec.terminationGracePeriodSeconds ?? 0) < 0) {
    yield `${at}.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1`;
  }
  yield* affinityWarnings(spec, at);
  yield* addressWarnings(spec, at);
}

function* nodeLabelWarnings(spec: PodSpec, at: string): Iterable<string> {
  for (const key of Object.keys(spec.nodeSelector ?? {})) {
    if (oldNodeLabels[key]) yield `${at}.nodeSelector[${key}]: ${oldNodeLabels[key]}`;
  }
  const { nodeAffinity } = spec.affinity ?? {};
  const path = `${at}.affinity.nodeAffinity`;
  const required = nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  for (const [i, term] of (required?.nodeSelectorTerms ?? []).entries()) {
    const name = "requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms";
    yield* nodeSelectorTermWarnings(term, `${path}.${name}[${i}]`, true);
  }
  const preferred = nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  for (const [i, { preference }] of preferred.entries()) {
    const name = "preferredDuringSchedulingIgnoredDuringExecution";
    yield* nodeSelectorTermWarnings(preference, `${path}.${name}[${i}].preference`, false);
  }
  yield* spreadWarnings(spec, at);
}

function* spreadWarnings(spec: PodSpec, at: string): Iterable<string> {
  for (const [i, constraint] of (spec.topologySpreadConstraints ?? []).entries()) {
    const { topologyKey, labelSelector } = constraint;
    const here = `${at}.topologySpreadConstraints[${i}]`;
    const hint = oldNodeLabels[topologyKey];
    if (hint) yield `${here}.topologyKey: ${topologyKey} is ${hint}`;
    if (!labelSelector)
      yield `${here}.labelSelector: a null labelSelector results in matching no pod`;
  }
}

const sysctlHint = 'non-functional in v1.11+; use the "sysctls" field instead';
const oldAnnotations: Readonly<Record<string, string>> = {
  "scheduler.alpha.kubernetes.io/critical-pod":
    'non-functional in v1.16+; use the "priorityClassName" field instead',
  "security.alpha.kubernetes.io/sysctls": sysctlHint,
  "security.alpha.kubernetes.io/unsafe-sysctls": sysctlHint,
};

function* annotationWarnings({ annotations = {} }: ObjectMeta, at: string): Iterable<string> {
  for (const [key, hint] of Object.entries(oldAnnotations)) {
    if (annotations[key] !== undefined) yield `${at}[${key}]: ${hint}`;
  }
}

const seccompHint = 'non-functional in v1.27+; use the "seccompProfile" field instead';
const appArmorHint = 'deprecated since v1.30; use the "appArmorProfile" field instead';

function* podSeccompWarnings({ metadata, spec }: Warned, at: string): Iterable<string> {
  const isOld = metadata.annotations?.[seccompPodAnnotation] !== undefined;
  if (isOld && !spec.securityContext?.seccompProfile) {
    yield `${at}[${seccompPodAnnotation}]: ${seccompHint}`;
  }
}

/** Profiles that a container has by annotation only. */
function* containerSeccompWarnings(
  { name, securityContext }: AnyContainer,
  { annotations = {} }: ObjectMeta,
  at: string,
): Iterable<string> {
  const key = seccompContainerPrefix + name;
  if (annotations[key] === undefined || securityContext?.seccompProfile) return;
  yield `${at}[${key}]: ${seccompHint}`;
}

function* appArmorWarnings(
  { name, securityContext }: AnyContainer,
  { annotations = {} }: ObjectMeta,
  at: string,
): Iterable<string> {
  const key = appArmorPrefix + name;
  if (annotations[key] === undefined || securityContext?.appArmorProfile) return;
  yield `${at}[${key}]: ${appArmorHint}`;
}

/** Of pods they come first: upstream makes a field of the annotation before it looks at anything. */
function* podAppArmorWarnings({ metadata, spec }: Warned): Iterable<string> {
  if (spec.os?.name === "windows") return;
  for (const { container } of allContainers(spec, "spec")) {
    yield* appArmorWarnings(container, metadata, "metadata.annotations");
  }
}

type Oldness = readonly [source: keyof Volume, name: string, hint: string];

const oldSources: readonly Oldness[] = [
  ["photonPersistentDisk", "photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+"],
  ["gitRepo", "gitRepo", "deprecated in v1.11, and disabled by default in v1.33+"],
  ["scaleIO", "scaleIO", "deprecated in v1.16, non-functional in v1.22+"],
  ["flocker", "flocker", "deprecated in v1.22, non-functional in v1.25+"],
  ["storageos", "storageOS", "deprecated in v1.22, non-functional in v1.25+"],
  ["quobyte", "quobyte", "deprecated in v1.22, non-functional in v1.25+"],
  ["glusterfs", "glusterfs", "deprecated in v1.25, non-functional in v1.26+"],
];
const lastOldSources: readonly Oldness[] = [
  ["cephfs", "cephfs", "deprecated in v1.28, non-functional in v1.31+"],
  ["rbd", "rbd", "deprecated in v1.28, non-functional in v1.31+"],
];

function* volumeWarnings(volume: Volume, at: string): Iterable<string> {
  yield* sourceWarnings(volume, oldSources, at);
  const claim = volume.ephemeral?.volumeClaimTemplate?.spec;
  if (claim) yield* claimSpecWarnings(claim, `${at}.ephemeral.volumeClaimTemplate.spec`);
  yield* sourceWarnings(volume, lastOldSources, at);
}

function* sourceWarnings(
  volume: Volume,
  sources: readonly Oldness[],
  at: string,
): Iterable<string> {
  for (const [source, name, hint] of sources) {
    if (volume[source] !== undefined) yield `${at}.${name}: ${hint}`;
  }
}

function* listWarnings(spec: PodSpec, at: string): Iterable<string> {
  const ips = (spec.hostAliases ?? []).map(({ ip }) => ip);
  for (const [i, ip] of ips.entries()) {
    if (ips.indexOf(ip) < i) yield `${at}.hostAliases[${i}].ip: duplicate ip "${ip}"`;
  }
  const names = (spec.imagePullSecrets ?? []).map(({ name = "" }) => name);
  const paths = names.map((_, i) => `${at}.imagePullSecrets[${i}].name`);
  for (const [i, name] of names.entries()) {
    if (names.indexOf(name) < i) yield `${paths[i]}: duplicate name "${name}"`;
  }
  for (const [i, name] of names.entries()) {
    if (name === "") yield `${paths[i]}: invalid empty name ""`;
  }
}

const byteResources = ["memory", "ephemeral-storage"];

function* overheadWarnings({ overhead = {} }: PodSpec, at: string): Iterable<string> {
  for (const name of byteResources) {
    yield* fractionWarnings(overhead[name], `${at}.overhead[${name}]`);
  }
}

type AnyContainer = PlacedContainer["container"];

function* containerWarnings({ resources, env = [] }: AnyContainer, at: string): Iterable<string> {
  for (const name of byteResources) {
    for (const side of ["limits", "requests"] as const) {
      yield* fractionWarnings(resources[side]?.[name], `${at}.resources.${side}[${name}]`);
    }
  }
  const seen = new Set<string>();
  for (const [i, variable] of env.entries()) {
    if (seen.has(variable.name) && hidesAll(variable)) {
      yield `${at}.env[${i}]: hides previous definition of "${variable.name}", which may be dropped when using apply`;
    }
    seen.add(variable.name);
  }
}

/** A later definition may well build on the one before. */
function hidesAll({ name, value = "", valueFrom }: EnvVar): boolean {
  const reference = `$(${name})`;
  return valueFrom !== undefined || value === reference || !value.includes(reference);
}

function* affinityWarnings({ affinity }: PodSpec, at: string): Iterable<string> {
  for (const side of ["podAffinity", "podAntiAffinity"] as const) {
    const hard = "requiredDuringSchedulingIgnoredDuringExecution";
    const soft = "preferredDuringSchedulingIgnoredDuringExecution";
    const path = `${at}.affinity.${side}`;
    const problem = "a null labelSelector results in matching no pod";
    for (const [i, { labelSelector }] of (affinity?.[side]?.[hard] ?? []).entries()) {
      if (!labelSelector) yield `${path}.${hard}[${i}].labelSelector: ${problem}`;
    }
    for (const [i, { podAffinityTerm }] of (affinity?.[side]?.[soft] ?? []).entries()) {
      if (podAffinityTerm.labelSelector) continue;
      yield `${path}.${soft}[${i}].podAffinityTerm.labelSelector: ${problem}`;
    }
  }
}

function* addressWarnings({ dnsConfig, hostAliases = [] }: PodSpec, at: string): Iterable<string> {
  for (const [i, address] of (dnsConfig?.nameservers ?? []).entries()) {
    yield* ipWarnings(`${at}.dnsConfig.nameservers[${i}]`, address);
  }
  for (const [i, { ip }] of hostAliases.entries()) {
    yield* ipWarnings(`${at}.hostAliases[${i}].ip`, ip);
  }
}
