/**
 * What is accepted in pods and pod templates, but probably not meant.
 * upstream: pkg/api/pod/warnings.go
 */
import { quantityOf } from "#base/quantity.ts";
import { dnsLabel } from "#api/names.ts";
import type { ObjectMeta } from "#api/meta/object-meta.ts";
import type { Container } from "./container.ts";
import type { NodeSelectorTerm } from "./node-selector.ts";
import type { PodParts } from "./pod-parts.ts";
import type { PodSpec, PodTemplateSpec } from "./pod-spec.ts";
import { isSidecar } from "./resources.ts";
import type { Volume } from "./volume-sources.ts";

// exact: apiserver, all texts below

/** Changes are made by machines, often: upstream looks at new pods only. */
export function* podWarnings(pod: PodParts, old?: PodParts): Iterable<string> {
  if (old) return;
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
  yield* annotationWarnings(metadata, `${prefix}metadata.annotations`);
  for (const [i, volume] of (spec.volumes ?? []).entries()) {
    yield* volumeWarnings(volume, `${at}.volumes[${i}]`);
  }
  yield* listWarnings(spec, at);
  for (const list of ["initContainers", "containers", "ephemeralContainers"] as const) {
    for (const [i, container] of (spec[list] ?? []).entries()) {
      yield* containerWarnings(container, `${at}.${list}[${i}]`);
    }
  }
  yield* portWarnings(spec, at);
  if ((spec.terminationGracePeriodSeconds ?? 0) < 0) {
    yield `${at}.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1`;
  }
}

/** By key; the hint says since when, and what to use instead. */
export const oldNodeLabels: { readonly [key: string]: string } = {
  "beta.kubernetes.io/arch": 'deprecated since v1.14; use "kubernetes.io/arch" instead',
  "beta.kubernetes.io/os": 'deprecated since v1.14; use "kubernetes.io/os" instead',
  "failure-domain.beta.kubernetes.io/region":
    'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
  "failure-domain.beta.kubernetes.io/zone":
    'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  "beta.kubernetes.io/instance-type":
    'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
};

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

export function* nodeSelectorTermWarnings(
  { matchExpressions = [], matchFields = [] }: NodeSelectorTerm,
  at: string,
  isRequired: boolean,
): Iterable<string> {
  if (isRequired && matchExpressions.length + matchFields.length === 0) {
    yield `${at}: a null or empty node selector term matches no objects`;
  }
  for (const [i, { key }] of matchExpressions.entries()) {
    const hint = oldNodeLabels[key];
    if (hint) yield `${at}.matchExpressions[${i}].key: ${key} is ${hint}`;
  }
}

const seccompHint = 'non-functional in v1.27+; use the "seccompProfile" field instead';
const oldAnnotations: readonly (readonly [key: string, hint: string])[] = [
  [
    "scheduler.alpha.kubernetes.io/critical-pod",
    'non-functional in v1.16+; use the "priorityClassName" field instead',
  ],
  ["seccomp.security.alpha.kubernetes.io/pod", seccompHint],
  ["container.seccomp.security.alpha.kubernetes.io/*", seccompHint],
  [
    "security.alpha.kubernetes.io/sysctls",
    'non-functional in v1.11+; use the "sysctls" field instead',
  ],
  [
    "security.alpha.kubernetes.io/unsafe-sysctls",
    'non-functional in v1.11+; use the "sysctls" field instead',
  ],
  [
    "container.apparmor.security.beta.kubernetes.io/*",
    'deprecated since v1.30; use the "appArmorProfile" field instead',
  ],
];

function* annotationWarnings({ annotations }: ObjectMeta, at: string): Iterable<string> {
  for (const key of Object.keys(annotations ?? {})) {
    for (const [old, hint] of oldAnnotations) {
      const isOld = old.endsWith("*") ? key.startsWith(old.slice(0, -1)) : key === old;
      if (isOld) yield `${at}[${key}]: ${hint}`;
    }
  }
}

const oldSources: { readonly [K in keyof Volume]?: string } = {
  photonPersistentDisk: "deprecated in v1.11, non-functional in v1.16+",
  gitRepo: "deprecated in v1.11, and disabled by default in v1.33+",
  scaleIO: "deprecated in v1.16, non-functional in v1.22+",
  flocker: "deprecated in v1.22, non-functional in v1.25+",
  storageos: "deprecated in v1.22, non-functional in v1.25+",
  quobyte: "deprecated in v1.22, non-functional in v1.25+",
  glusterfs: "deprecated in v1.25, non-functional in v1.26+",
  cephfs: "deprecated in v1.28, non-functional in v1.31+",
  rbd: "deprecated in v1.28, non-functional in v1.31+",
};
const oldVolumes = Object.entries(oldSources);

function* volumeWarnings(volume: Volume, at: string): Iterable<string> {
  for (const [name, hint] of oldVolumes) {
    if (volume[name as keyof Volume] !== undefined) yield `${at}.${name}: ${hint}`;
  }
  const storage = volume.ephemeral?.volumeClaimTemplate?.spec.resources.requests?.["storage"];
  if (storage === undefined || isWhole(storage)) return;
  const path = `${at}.ephemeral.volumeClaimTemplate.spec.resources.requests[storage]`;
  yield `${path}: fractional byte value "${storage}" is invalid, must be an integer`;
}

export const isWhole = (amount: string): boolean => quantityOf(amount).milliValue() % 1_000 === 0;

function* listWarnings(spec: PodSpec, at: string): Iterable<string> {
  const ips = (spec.hostAliases ?? []).map(({ ip }) => ip);
  for (const [i, ip] of ips.entries()) {
    if (ips.indexOf(ip) < i) yield `${at}.hostAliases[${i}].ip: duplicate ip "${ip}"`;
  }
  const names = (spec.imagePullSecrets ?? []).map(({ name = "" }) => name);
  for (const [i, name] of names.entries()) {
    const path = `${at}.imagePullSecrets[${i}].name`;
    if (name === "") yield `${path}: invalid empty name ""`;
    else if (names.indexOf(name) < i) yield `${path}: duplicate name "${name}"`;
  }
}

type Warnable = Pick<Container, "resources" | "env">;

function* containerWarnings({ resources, env = [] }: Warnable, at: string): Iterable<string> {
  for (const side of ["limits", "requests"] as const) {
    for (const name of ["memory", "ephemeral-storage"]) {
      const amount = resources[side]?.[name];
      if (amount === undefined || isWhole(amount)) continue;
      yield `${at}.resources.${side}[${name}]: fractional byte value "${amount}" is invalid, must be an integer`;
    }
  }
  const seen = new Map<string, string>();
  for (const [i, { name, value = "" }] of env.entries()) {
    // A later definition may well build on the one before.
    if (seen.has(name) && !value.includes(`$(${name})`)) {
      yield `${at}.env[${i}]: hides previous definition of "${name}", which may be dropped when using apply`;
    }
    seen.set(name, value);
  }
}

interface NamedPort {
  readonly path: string;
  readonly name: string;
  readonly key: string;
}

function* portWarnings(spec: PodSpec, at: string): Iterable<string> {
  const ports = [...portsOf(spec, at)];
  for (const [i, { path, name, key }] of ports.entries()) {
    const before = ports.slice(0, i);
    const same = before.find((port) => port.key === key);
    if (same) yield `${path}: duplicate port definition with ${same.path}`;
    const first = before.find((port) => port.name === name);
    if (name && first) {
      yield `${path}: duplicate port name "${name}" with ${first.path}, services and probes that select ports by name will use ${first.path}`;
    }
  }
}

/** Containers that run at the same time share the ports of the pod. */
function* portsOf(spec: PodSpec, at: string): Iterable<NamedPort> {
  for (const list of ["initContainers", "containers"] as const) {
    for (const [i, container] of (spec[list] ?? []).entries()) {
      if (list === "initContainers" && !isSidecar(container)) continue;
      for (const [j, port] of (container.ports ?? []).entries()) {
        const path = `${at}.${list}[${i}].ports[${j}]`;
        const { containerPort, protocol, hostIP = "", hostPort = 0 } = port;
        const key = `${containerPort}/${protocol}/${hostIP}/${hostPort}`;
        yield { path, name: port.name ?? "", key };
      }
    }
  }
}
