/**
 * Rules for what is reported of a pod.
 * upstream: pkg/apis/core/validation/validation.go#ValidatePodStatusUpdate
 */
import { isDualStack, validIP } from "#api/ip-rules.ts";
import { groupId, invalidEach, nameIsDnsSubdomain, qualifiedName, userId } from "#api/names.ts";
import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  notSupported,
} from "#schema/field-error.ts";
import type { Container } from "./container.ts";
import type { PodParts } from "./pod-parts.ts";
import { validateAnnotationUpdate } from "./pod-update-validation.ts";
import type { ContainerStatus, PodStatus, ResourceStatus } from "./pod-status.ts";
import { isSidecar } from "./resources.ts";

export function* validatePodStatus(pod: PodParts, old: PodParts): Iterable<FieldError> {
  const { status } = pod;
  yield* validateAnnotationUpdate(pod, old);
  yield* validateConditionTypes(status);
  const { nominatedNodeName: nominated = "" } = status;
  if (nominated && nominated !== old.status.nominatedNodeName) {
    const problems = nameIsDnsSubdomain(nominated, false);
    yield* invalidEach("status.nominatedNodeName", nominated, problems);
  }
  if (status.qosClass !== old.status.qosClass) {
    yield invalid("status.qosClass", status.qosClass ?? "", "field is immutable");
  }
  yield* validateTransitions(pod, old);
  yield* validateClaimStatuses(pod);
  yield* validateIPs(status.podIPs ?? [], "status.podIPs");
  yield* validateHostIPs(status);
  yield* validateContainerReports(pod);
}

const systemConditions: ReadonlySet<string> = new Set(["PodScheduled", "Ready", "Initialized"]);

function* validateConditionTypes({ conditions = [] }: PodStatus): Iterable<FieldError> {
  for (const [i, { type }] of conditions.entries()) {
    if (systemConditions.has(type)) continue;
    // exact: upstream gives them below metadata.
    yield* invalidEach(`metadata.conditions[${i}].Type`, type, qualifiedName(type));
  }
}

/** Containers that ended for good do not come back. */
function* validateTransitions({ status }: PodParts, old: PodParts): Iterable<FieldError> {
  const { spec } = old;
  const restarts = (name: string, list: "containers" | "initContainers"): boolean => {
    const container = spec[list]?.find((other) => other.name === name);
    if (!container) return false;
    if (list === "initContainers" && isSidecar(container)) return true;
    return container.restartPolicy === "Always" || container.restartPolicyRules !== undefined;
  };
  const policy = spec.restartPolicy ?? "Always";
  for (const [list, containers] of [
    ["containerStatuses", "containers"],
    ["initContainerStatuses", "initContainers"],
  ] as const) {
    const statuses = old.status[list] ?? [];
    for (const [i, before] of statuses.entries()) {
      const mayRestart =
        policy === "Always" ||
        (policy === "OnFailure" && before.state.terminated?.exitCode !== 0) ||
        restarts(before.name, containers);
      if (!mayRestart) yield* validateEnded(before, status[list], `status.${list}[${i}]`);
    }
  }
  const ephemeral = "ephemeralContainerStatuses";
  for (const [i, before] of (old.status[ephemeral] ?? []).entries()) {
    yield* validateEnded(before, status[ephemeral], `status.${ephemeral}[${i}]`);
  }
}

function* validateEnded(
  before: ContainerStatus,
  statuses: readonly ContainerStatus[] | undefined,
  at: string,
): Iterable<FieldError> {
  if (!before.state.terminated) return;
  const now = statuses?.find(({ name }) => name === before.name);
  if (now && !now.state.terminated) {
    yield forbidden(`${at}.state`, "may not be transitioned to non-terminated state");
  }
}

function* validateClaimStatuses({ spec, status }: PodParts): Iterable<FieldError> {
  const known = new Set(spec.resourceClaims?.map(({ name }) => name));
  const seen = new Set<string>();
  for (const [i, claim] of (status.resourceClaimStatuses ?? []).entries()) {
    const path = `status.resourceClaimStatuses[${i}].name`;
    if (!known.has(claim.name)) {
      yield invalid(path, claim.name, "must match the name of an entry in `spec.resourceClaims`");
    }
    if (seen.has(claim.name)) yield duplicate(path, claim.name);
    seen.add(claim.name);
    const { resourceClaimName: name } = claim;
    if (name !== undefined) yield* invalidEach(path, name, nameIsDnsSubdomain(name, false));
  }
}

interface Address {
  readonly ip: string;
}

function* validateIPs(addresses: readonly Address[], at: string): Iterable<FieldError> {
  for (const [i, { ip }] of addresses.entries()) {
    yield* validIP(`${at}[${i}]`, ip);
    if (addresses.findIndex((other) => other.ip === ip) < i) {
      yield duplicate(`${at}[${i}]`, { ip });
    }
  }
  const isFine = addresses.length === 2 && isDualStack(addresses.map(({ ip }) => ip));
  if (addresses.length > 1 && !isFine) {
    yield invalid(at, addresses, "may specify no more than one IP for each IP family");
  }
}

function* validateHostIPs({ hostIP = "", hostIPs = [] }: PodStatus): Iterable<FieldError> {
  const first = hostIPs[0]?.ip;
  if (first === undefined) return;
  if (first !== hostIP) {
    yield invalid("status.hostIPs[0].ip", first, "must be equal to `hostIP`");
  }
  yield* validateIPs(hostIPs, "status.hostIPs");
}

const statusLists = [
  ["containerStatuses", "containers"],
  ["initContainerStatuses", "initContainers"],
] as const;

function* validateContainerReports({ spec, status }: PodParts): Iterable<FieldError> {
  const isWindows = spec.os?.name === "windows";
  for (const [list, containers] of statusLists) {
    for (const [i, report] of (status[list] ?? []).entries()) {
      const at = `status.${list}[${i}]`;
      yield* validateUser(report, at, isWindows);
      const container = spec[containers]?.find(({ name }) => name === report.name);
      for (const [j, resource] of (report.allocatedResourcesStatus ?? []).entries()) {
        yield* validateHealth(resource, `${at}.allocatedResourcesStatus[${j}]`, container);
      }
    }
  }
  for (const [i, report] of (status.ephemeralContainerStatuses ?? []).entries()) {
    const at = `status.ephemeralContainerStatuses[${i}]`;
    yield* validateUser(report, at, isWindows);
    if (!report.allocatedResourcesStatus) continue;
    const problem = "must not be specified in container status";
    yield forbidden(`${at}.allocatedResourcesStatus`, problem);
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
    yield forbidden(`${at}.linux`, "cannot be set for a windows pod");
    return;
  }
  yield* invalidEach(`${at}.linux.uid`, linux.uid, userId(linux.uid));
  yield* invalidEach(`${at}.linux.gid`, linux.gid, groupId(linux.gid));
  for (const [i, group] of (linux.supplementalGroups ?? []).entries()) {
    yield* invalidEach(`${at}.linux.supplementalGroups[${i}]`, group, groupId(group));
  }
}

const healths = ["Healthy", "Unhealthy", "Unknown"];

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
  for (const [i, { resourceID, health = "" }] of resources.entries()) {
    const path = `${at}.resources[${i}]`;
    if (!healths.includes(health)) yield notSupported(`${path}.health`, health, healths);
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
