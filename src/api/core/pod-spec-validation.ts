/**
 * Rules across the parts of a pod's spec, for pods and pod templates alike.
 * upstream: pkg/apis/core/validation/validation.go#ValidatePodSpec
 */
import { requiredText } from "#api/field-rules.ts";
import { validIP } from "#api/ip-rules.ts";
import {
  byteLength,
  dnsLabel,
  dnsSubdomain,
  dnsSubdomainWithUnderscore,
  inclusiveRange,
  invalidEach,
  type NameRule,
  qualifiedName,
  validateLabels,
} from "#api/names.ts";
import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  notFound,
  required,
  tooLong,
} from "#schema/field-error.ts";
import { validateSpreadPairs } from "./affinity-validation.ts";
import { validateAllContainers } from "./containers-validation.ts";
import type { HostAlias, PodDNSConfig, PodResourceClaim, PodSpec } from "./pod-spec.ts";
import { allContainers } from "./pod-containers.ts";
import { isHugePages } from "./resource-names.ts";
import { podLimits, podRequests } from "./resources.ts";
import { validateContainerResources, validatePodLevelResources } from "./resource-validation.ts";
import { type Quantity, quantityOf } from "#base/quantity.ts";
import type { ResourceList } from "./resource-amounts.ts";
import { sysctlNamespace } from "./security-validation.ts";
import { validateOs } from "./os-validation.ts";
import type { Volume } from "./volume-sources.ts";

export function* validatePodSpec(
  spec: PodSpec,
  at: string,
  found: readonly FieldError[],
): Iterable<FieldError> {
  const volumes = withoutFaulty(spec.volumes ?? [], `${at}.volumes`, found);
  yield* validateVolumeNames(spec, `${at}.volumes`);
  yield* validateResourceClaims(spec.resourceClaims ?? [], `${at}.resourceClaims`);
  yield* validateAllContainers(spec, at, volumes);
  if (spec.resources) yield* validatePodResources(spec, `${at}.resources`);
  yield* validateNames(spec, at);
  yield* validateTimes(spec, at);
  yield* validateNetwork(spec, at);
  yield* validateScheduling(spec, at);
  yield* validateHostAccess(spec, at);
  const { overhead: limits } = spec;
  if (limits) yield* validateContainerResources({ limits }, `${at}.overhead`);
  yield* validateOs(spec, at);
  yield* validateFileVolumes(spec, at);
}

/** The volumes of whose own fields nothing is known to be wrong. */
function withoutFaulty(
  volumes: readonly Volume[],
  at: string,
  found: readonly FieldError[],
): readonly Volume[] {
  if (found.length === 0) return volumes;
  const isFaulty = (i: number): boolean =>
    found.some(({ path }) => path === `${at}[${i}]` || path.startsWith(`${at}[${i}].`));
  return volumes.filter((_volume, i) => !isFaulty(i));
}

function* validateVolumeNames({ volumes = [] }: PodSpec, at: string): Iterable<FieldError> {
  const names = new Set<string>();
  for (const [i, { name }] of volumes.entries()) {
    if (names.has(name)) yield duplicate(`${at}[${i}].name`, name);
    names.add(name);
  }
}

function* validateResourceClaims(
  claims: readonly PodResourceClaim[],
  at: string,
): Iterable<FieldError> {
  const names = new Set<string>();
  for (const [i, claim] of claims.entries()) {
    const path = `${at}[${i}]`;
    const { name, resourceClaimName: own, resourceClaimTemplateName: template } = claim;
    if (names.has(name)) yield duplicate(`${path}.name`, name);
    else yield* requiredText(`${path}.name`, name, dnsLabel);
    names.add(name);
    if (own !== undefined && template !== undefined) {
      const problem =
        "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified";
      yield invalid(path, claim, problem);
    }
    if (own === undefined && template === undefined) {
      const problem = "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`";
      yield invalid(path, claim, problem);
    }
    yield* optionalName(own, `${path}.resourceClaimName`, dnsSubdomain);
    yield* optionalName(template, `${path}.resourceClaimTemplateName`, dnsSubdomain);
  }
}

/** Unset is fine. */
function* optionalName(
  name: string | undefined,
  path: string,
  rule: NameRule,
): Iterable<FieldError> {
  if (name !== undefined) yield* invalidEach(path, name, rule(name));
}

/** upstream: #validatePodResources (PodLevelResources) */
function* validatePodResources(spec: PodSpec, at: string): Iterable<FieldError> {
  if (spec.os?.name === "windows") {
    yield forbidden(at, "may not be set for a windows pod");
    return;
  }
  if (spec.resources) yield* validatePodLevelResources(spec.resources, at);
  yield* validateResourceSums(spec, at);
}

/** What the pod says as a whole must hold what its containers say. */
function* validateResourceSums(spec: PodSpec, at: string): Iterable<FieldError> {
  const { requests, limits = {} } = spec.resources ?? {};
  const options = { excludesPodLevel: true, excludesOverhead: true };
  yield* validateSums(podRequests({ spec }, options), requests, `${at}.requests`);
  // Of other things more may be limited than there is.
  const pages = [...podLimits({ spec }, options)].filter(([name]) => isHugePages(name));
  yield* validateSums(pages, limits, `${at}.limits`);
  for (const [i, container] of spec.containers.entries()) {
    for (const [name, limit] of Object.entries(container.resources.limits ?? {})) {
      const most = limits[name];
      if (most === undefined || quantityOf(limit).compare(quantityOf(most)) <= 0) continue;
      const problem = `must be less than or equal to pod limits of ${most}`;
      yield invalid(`${at}.containers[${i}][${name}].limits`, limit, problem);
    }
  }
}

/** `at` ends in the side of which these are the sums. */
function* validateSums(
  sums: Iterable<readonly [name: string, sum: Quantity]>,
  list: ResourceList | undefined,
  at: string,
): Iterable<FieldError> {
  const side = at.slice(at.lastIndexOf(".") + 1);
  for (const [name, sum] of sums) {
    const own = list?.[name];
    if (own === undefined || sum.compare(quantityOf(own)) <= 0) continue;
    const problem = `must be greater than or equal to aggregate container ${side} of ${sum.format()}`;
    yield invalid(`${at}[${name}]`, own, problem);
  }
}

/** Fields that, when there, name something. */
const names: readonly (readonly [keyof PodSpec, NameRule])[] = [
  ["serviceAccountName", dnsSubdomain],
  ["nodeName", dnsSubdomain],
  ["hostname", dnsLabel],
  ["subdomain", dnsLabel],
  ["priorityClassName", dnsSubdomain],
  ["runtimeClassName", dnsSubdomain],
];

function* validateNames(spec: PodSpec, at: string): Iterable<FieldError> {
  for (const [field, rule] of names) {
    const name = spec[field] as string | undefined;
    if (name !== undefined) yield* invalidEach(`${at}.${field}`, name, rule(name));
  }
}

const int32Max = 2 ** 31 - 1;

function* validateTimes(spec: PodSpec, at: string): Iterable<FieldError> {
  const { activeDeadlineSeconds: deadline, terminationGracePeriodSeconds: grace } = spec;
  if (grace === undefined) yield required(`${at}.terminationGracePeriodSeconds`);
  if (deadline !== undefined && (deadline < 1 || deadline > int32Max)) {
    yield invalid(`${at}.activeDeadlineSeconds`, deadline, inclusiveRange(1, int32Max));
  }
}

function* validateNetwork(spec: PodSpec, at: string): Iterable<FieldError> {
  if (spec.dnsPolicy === "None") {
    const path = `${at}.dnsConfig`;
    if (!spec.dnsConfig) {
      yield required(path, "must provide `dnsConfig` when `dnsPolicy` is None");
    } else if (!spec.dnsConfig.nameservers) {
      const hint = "must provide at least one DNS nameserver when `dnsPolicy` is None";
      yield required(`${path}.nameservers`, hint);
    }
  }
  yield* validateHostname(spec, `${at}.hostnameOverride`);
}

function* validateHostname(spec: PodSpec, path: string): Iterable<FieldError> {
  const { hostnameOverride: name } = spec;
  if (name === undefined) return;
  if (spec.setHostnameAsFQDN) {
    yield forbidden(path, "may not be specified when setHostnameAsFQDN is true");
  }
  if (spec.hostNetwork) yield forbidden(path, "may not be specified when hostNetwork is true");
  if (byteLength(name) > 64) yield tooLong(path, 64);
  yield* invalidEach(path, name, dnsSubdomain(name));
}

function* validateScheduling(spec: PodSpec, at: string): Iterable<FieldError> {
  if (spec.nodeSelector) yield* validateLabels(spec.nodeSelector, `${at}.nodeSelector`);
  for (const [i, { conditionType }] of (spec.readinessGates ?? []).entries()) {
    const problems = qualifiedName(conditionType);
    yield* invalidEach(`${at}.readinessGates[${i}].conditionType`, conditionType, problems);
  }
  const gates = new Set<string>();
  for (const [i, { name }] of (spec.schedulingGates ?? []).entries()) {
    yield* invalidEach(`${at}.schedulingGates[${i}]`, name, qualifiedName(name));
    if (gates.has(name)) yield duplicate(`${at}.schedulingGates[${i}]`, name);
    gates.add(name);
  }
  if (spec.schedulingGroup) {
    const { podGroupName } = spec.schedulingGroup;
    const problem = "must specify one of: `podGroupName`";
    if (podGroupName === undefined) yield invalid(`${at}.schedulingGroup`, "", problem);
    yield* optionalName(podGroupName, `${at}.schedulingGroup.podGroupName`, dnsSubdomain);
  }
  const { topologySpreadConstraints: spread } = spec;
  if (spread) yield* validateSpreadPairs(spread, `${at}.topologySpreadConstraints`);
}

/** Parts of the node that the pod shares, and what does not go with them. */
function* validateHostAccess(spec: PodSpec, at: string): Iterable<FieldError> {
  if (spec.shareProcessNamespace && spec.hostPID) {
    yield invalid(
      `${at}.securityContext.shareProcessNamespace`,
      true,
      "ShareProcessNamespace and HostPID cannot both be enabled",
    );
  }
  if (spec.hostNetwork) yield* validateHostPorts(spec, at);
  yield* validateHostSysctls(spec, `${at}.securityContext.sysctls`);
  if (spec.hostUsers !== false) return;
  const hint = "when `hostUsers` is false";
  if (spec.hostNetwork) yield forbidden(`${at}.hostNetwork`, hint);
  if (spec.hostPID) yield forbidden(`${at}.HostPID`, hint);
  if (spec.hostIPC) yield forbidden(`${at}.HostIPC`, hint);
  for (const { container, path } of allContainers(spec, at)) {
    if (container.volumeDevices) yield forbidden(`${path}.volumeDevices`, hint);
  }
}

/** Variables are read from files that the pod itself makes. upstream: #validateFileKeyRefVolumes */
function* validateFileVolumes(spec: PodSpec, at: string): Iterable<FieldError> {
  for (const { container, path } of allContainers(spec, at)) {
    for (const [i, { valueFrom }] of (container.env ?? []).entries()) {
      const name = valueFrom?.fileKeyRef?.volumeName;
      if (name === undefined) continue;
      const here = `${path}.env[${i}].valueFrom.fileKeyRef.volumeName`;
      const volume = spec.volumes?.findLast((one) => one.name === name);
      if (!volume) yield notFound(here, name);
      else if (!volume.emptyDir) {
        yield invalid(here, name, "referenced volume must be of type emptyDir");
      }
    }
  }
}

/** In templates the port may be left out: pods get it by default. */
function* validateHostPorts({ containers }: PodSpec, at: string): Iterable<FieldError> {
  for (const [i, { ports = [] }] of containers.entries()) {
    for (const [j, { hostPort, containerPort }] of ports.entries()) {
      if (!hostPort || hostPort === containerPort) continue;
      const problem = "must match `containerPort` when `hostNetwork` is true";
      yield invalid(`${at}.containers[${i}].ports[${j}].hostPort`, hostPort, problem);
    }
  }
}

function* validateHostSysctls(spec: PodSpec, at: string): Iterable<FieldError> {
  for (const [i, { name }] of (spec.securityContext?.sysctls ?? []).entries()) {
    const namespace = sysctlNamespace(name);
    if (spec.hostNetwork && namespace === "net") {
      yield invalid(`${at}[${i}].name`, name, "may not be specified when 'hostNetwork' is true");
    } else if (spec.hostIPC && namespace === "ipc") {
      yield invalid(`${at}[${i}].name`, name, "may not be specified when 'hostIPC' is true");
    }
  }
}

export function* validateHostAlias(alias: HostAlias, at: string): Iterable<FieldError> {
  yield* validIP(`${at}.ip`, alias.ip);
  for (const [i, name] of (alias.hostnames ?? []).entries()) {
    yield* invalidEach(`${at}.hostnames[${i}]`, name, dnsSubdomain(name));
  }
}

export function* validatePodDnsConfig(config: PodDNSConfig, at: string): Iterable<FieldError> {
  const { nameservers = [], searches = [], options = [] } = config;
  if (nameservers.length > 3) {
    yield invalid(`${at}.nameservers`, nameservers, "must not have more than 3 nameservers");
  }
  for (const [i, server] of nameservers.entries())
    yield* validIP(`${at}.nameservers[${i}]`, server);
  if (searches.length > 32) {
    yield invalid(`${at}.searches`, searches, "must not have more than 32 search paths");
  }
  if (searches.join(" ").length > 2048) {
    const problem = "must not have more than 2048 characters (including spaces) in the search list";
    yield invalid(`${at}.searches`, searches, problem);
  }
  for (const [i, search] of searches.entries()) {
    const name = search.replace(/\.$/, "");
    if (search === ".") continue;
    yield* invalidEach(`${at}.searches[${i}]`, name, dnsSubdomainWithUnderscore(name));
  }
  for (const [i, option] of options.entries()) {
    if (!option.name) yield required(`${at}.options[${i}]`, "must not be empty");
  }
}
