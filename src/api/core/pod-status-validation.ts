/**
 * Rules for what is reported of a pod.
 * upstream: pkg/apis/core/validation/validation.go#ValidatePodStatusUpdate
 */
import { notLonger, requiredText } from "#api/field-rules.ts";
import { isDualStack, validIP } from "#api/ip-rules.ts";
import {
  dnsLabel,
  dnsSubdomain,
  groupId,
  invalidEach,
  nameIsDnsSubdomain,
  qualifiedName,
  userId,
} from "#api/names.ts";
import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  notSupported,
  required,
} from "#schema/field-error.ts";
import { mayRestart, mayRestartAll } from "./container-restarts.ts";
import type { Container } from "./container.ts";
import { validatePodAnnotations } from "./pod-annotation-validation.ts";
import type { PodParts } from "./pod-parts.ts";
import { validateAnnotationUpdate } from "./pod-update-validation.ts";
import type {
  ContainerExtendedResourceRequest,
  ContainerStatus,
  PodStatus,
  ResourceStatus,
} from "./pod-status.ts";

export function* validatePodStatus(pod: PodParts, old: PodParts): Iterable<FieldError> {
  const { status } = pod;
  yield* validateAnnotationUpdate(pod, old);
  yield* validatePodAnnotations(pod.metadata.annotations ?? {}, pod.spec, "metadata.annotations");
  yield* validateConditions(status);
  yield* validateNomination(status.nominatedNodeName, old);
  yield* validateGeneration(status, "status");
  if (status.qosClass !== old.status.qosClass) {
    yield invalid("status.qosClass", status.qosClass ?? "", "field is immutable");
  }
  yield* validateTransitions(pod, old);
  yield* validateClaimStatuses(pod);
  yield* validateExtendedClaim(pod, "status.extendedResourceClaimStatus");
  yield* validateIPs(status.podIPs ?? [], old.status.podIPs ?? [], "status.podIPs");
  yield* validateHostIPs(status, old.status);
  yield* validateUsers(pod);
  yield* validateDevices(pod);
}

const systemConditions: ReadonlySet<string> = new Set(["PodScheduled", "Ready", "Initialized"]);

function* validateConditions({ conditions = [] }: PodStatus): Iterable<FieldError> {
  for (const [i, condition] of conditions.entries()) {
    const at = `status.conditions[${i}]`;
    yield* validateGeneration(condition, at);
    const { type } = condition;
    if (systemConditions.has(type)) continue;
    // exact: upstream writes the field with a capital letter.
    yield* invalidEach(`${at}.Type`, type, qualifiedName(type));
  }
}

function* validateGeneration(
  { observedGeneration = 0 }: { readonly observedGeneration?: number | undefined },
  at: string,
): Iterable<FieldError> {
  if (observedGeneration >= 0) return;
  const problem = "must be a non-negative integer";
  yield invalid(`${at}.observedGeneration`, observedGeneration, problem);
}

/** Only for pods that have no node yet. */
function* validateNomination(
  name: string | undefined,
  { spec, status }: PodParts,
): Iterable<FieldError> {
  if (!name || name === status.nominatedNodeName) return;
  const path = "status.nominatedNodeName";
  yield* invalidEach(path, name, nameIsDnsSubdomain(name, false));
  if (spec.nodeName) {
    yield forbidden(path, "may not be set on pods that are already bound to a node");
  }
}

/** Containers that ended for good do not come back. */
function* validateTransitions({ status }: PodParts, old: PodParts): Iterable<FieldError> {
  const { spec } = old;
  if (!mayRestartAll(spec)) {
    for (const [list, containers] of statusLists) {
      yield* validateEnded(status, old.status, { list, containers: spec[containers], spec });
    }
  }
  yield* validateEnded(status, old.status, { list: ephemeral, spec });
}

interface Reported {
  readonly list: "containerStatuses" | "initContainerStatuses" | "ephemeralContainerStatuses";
  /** Those that may be started again. */
  readonly containers?: readonly Container[] | undefined;
  readonly spec: PodParts["spec"];
}

function* validateEnded(
  status: PodStatus,
  old: PodStatus,
  { list, containers = [], spec }: Reported,
): Iterable<FieldError> {
  for (const [i, { name, state }] of (old[list] ?? []).entries()) {
    if (!state.terminated) continue;
    const now = status[list]?.find((report) => report.name === name);
    if (!now || now.state.terminated) continue;
    const container = containers.find((one) => one.name === name);
    if (container && mayRestart(container, spec, state.terminated.exitCode)) continue;
    yield forbidden(
      `status.${list}[${i}].state`,
      "may not be transitioned to non-terminated state",
    );
  }
}

function* validateClaimStatuses({ spec, status }: PodParts): Iterable<FieldError> {
  const known = new Set(spec.resourceClaims?.map(({ name }) => name));
  const seen = new Set<string>();
  for (const [i, claim] of (status.resourceClaimStatuses ?? []).entries()) {
    const at = `status.resourceClaimStatuses[${i}]`;
    if (!known.has(claim.name)) {
      const problem = "must match the name of an entry in `spec.resourceClaims`";
      yield invalid(`${at}.name`, claim.name, problem);
    }
    if (seen.has(claim.name)) yield duplicate(`${at}.name`, claim.name);
    seen.add(claim.name);
    const { resourceClaimName: name } = claim;
    if (name !== undefined) {
      yield* invalidEach(`${at}.resourceClaimName`, name, nameIsDnsSubdomain(name, false));
    }
  }
}

/** upstream: #validatePodExtendedResourceClaimStatus (DRAExtendedResource) */
function* validateExtendedClaim({ spec, status }: PodParts, at: string): Iterable<FieldError> {
  const claim = status.extendedResourceClaimStatus;
  if (!claim) return;
  if (claim.requestMappings.length === 0) {
    yield required(`${at}.requestMappings`, "at least one request mapping is required");
  }
  const seen = new Set<string>();
  for (const [i, mapping] of claim.requestMappings.entries()) {
    const path = `${at}.requestMappings[${i}]`;
    yield* validateMapping(mapping, spec, path);
    // exact: upstream gives this one without the index.
    const { requestName } = mapping;
    yield* invalidEach(`${at}.requestName`, requestName, dnsLabel(requestName));
    const names = ["containerName", "resourceName", "requestName"] as const;
    const key = names.map((name) => mapping[name]).join("\n");
    if (seen.has(key)) for (const name of names) yield duplicate(`${path}.${name}`, mapping[name]);
    seen.add(key);
  }
  yield* requiredText(`${at}.resourceClaimName`, claim.resourceClaimName, dnsSubdomain);
}

function* validateMapping(
  { containerName, resourceName }: ContainerExtendedResourceRequest,
  { initContainers = [], containers }: PodParts["spec"],
  at: string,
): Iterable<FieldError> {
  const container = [...initContainers, ...containers].findLast(
    ({ name }) => name === containerName,
  );
  if (!container) {
    const problem =
      "must match the name of an entry in spec.initContainers.name or spec.containers.name";
    yield invalid(`${at}.containerName`, containerName, problem);
  } else if (container.resources.requests?.[resourceName] === undefined) {
    const problem =
      "must match the extended resource name of an entry in spec.initContainers.resources.requests or spec.containers.resources.requests";
    yield invalid(`${at}.resourceName`, resourceName, problem);
  }
}

interface Address {
  readonly ip: string;
}

/** What was wrong before may stay. */
function* validateIPs(
  addresses: readonly Address[],
  old: readonly Address[],
  at: string,
): Iterable<FieldError> {
  for (const [i, { ip }] of addresses.entries()) {
    if (!old.some((before) => before.ip === ip)) yield* validIP(`${at}[${i}]`, ip);
  }
  const isFine = addresses.length === 2 && isDualStack(addresses.map(({ ip }) => ip));
  if (addresses.length > 1 && !isFine) {
    yield invalid(at, addresses, "may specify no more than one IP for each IP family");
  }
}

function* validateHostIPs(
  { hostIP = "", hostIPs = [] }: PodStatus,
  old: PodStatus,
): Iterable<FieldError> {
  const first = hostIPs[0]?.ip;
  if (first === undefined) return;
  if (first !== hostIP) {
    yield invalid("status.hostIPs[0].ip", first, "must be equal to `hostIP`");
  }
  yield* validateIPs(hostIPs, old.hostIPs ?? [], "status.hostIPs");
}

const statusLists = [
  ["containerStatuses", "containers"],
  ["initContainerStatuses", "initContainers"],
] as const;
const ephemeral = "ephemeralContainerStatuses";

function* validateUsers({ spec, status }: PodParts): Iterable<FieldError> {
  const isWindows = spec.os?.name === "windows";
  for (const list of [...statusLists.map(([name]) => name), ephemeral] as const) {
    for (const [i, report] of (status[list] ?? []).entries()) {
      yield* validateUser(report, `status.${list}[${i}].user.linux`, isWindows);
    }
  }
}

function* validateDevices({ spec, status }: PodParts): Iterable<FieldError> {
  for (const [list, containers] of statusLists) {
    for (const [i, report] of (status[list] ?? []).entries()) {
      const container = spec[containers]?.find(({ name }) => name === report.name);
      for (const [j, resource] of (report.allocatedResourcesStatus ?? []).entries()) {
        const at = `status.${list}[${i}].allocatedResourcesStatus[${j}]`;
        yield* validateHealth(resource, at, container);
      }
    }
  }
  for (const [i, { allocatedResourcesStatus }] of (status[ephemeral] ?? []).entries()) {
    if (!allocatedResourcesStatus) continue;
    const problem = "must not be specified in container status";
    yield forbidden(`status.${ephemeral}[${i}].allocatedResourcesStatus`, problem);
  }
}

function* validateUser(
  { user }: ContainerStatus,
  at: string,
  isWindows: boolean,
): Iterable<FieldError> {
  const linux = user?.linux;
  if (!linux) return;
  if (isWindows) {
    yield forbidden(at, "cannot be set for a windows pod");
    return;
  }
  yield* invalidEach(`${at}.uid`, linux.uid, userId(linux.uid));
  yield* invalidEach(`${at}.gid`, linux.gid, groupId(linux.gid));
  for (const [i, group] of (linux.supplementalGroups ?? []).entries()) {
    yield* invalidEach(`${at}.supplementalGroups[${i}]`, group, groupId(group));
  }
}

const healths = ["Healthy", "Unhealthy", "Unknown"];
const healthMessageMax = 1024;

function* validateHealth(
  { name, resources = [] }: ResourceStatus,
  at: string,
  container: Container | undefined,
): Iterable<FieldError> {
  if (container && !isAllocated(name, container)) {
    const problem = name.startsWith("claim:")
      ? "must match one of the container's resource claims in a format 'claim:<claimName>/<request>' or 'claim:<claimName>' if request is empty"
      : "must match one of the container's resource requests";
    yield invalid(`${at}.name`, name, problem);
  }
  const seen = new Set<string>();
  for (const [i, { resourceID, health = "", message }] of resources.entries()) {
    const path = `${at}.resources[${i}]`;
    if (!healths.includes(health)) yield notSupported(`${path}.health`, health, healths);
    if (message === "") yield required(`${path}.message`, "must be non-empty if specified");
    yield* notLonger(`${path}.message`, message, healthMessageMax);
    if (seen.has(resourceID)) yield duplicate(`${path}.resourceID`, resourceID);
    seen.add(resourceID);
  }
}

function isAllocated(resource: string, { resources }: Container): boolean {
  if (!resource.startsWith("claim:")) return resources.requests?.[resource] !== undefined;
  return (resources.claims ?? []).some(
    ({ name, request }) => resource === `claim:${request ? `${name}/${request}` : name}`,
  );
}
