/**
 * Rules for one container by itself. What it shares with the rest of its pod (volumes, names, the
 * kind of container it is) is in pod-spec-validation.ts.
 * upstream: pkg/apis/core/validation/validation.go#validateContainerCommon
 */
import { dnsLabel, invalidEach, portName, portNumber } from "#api/names.ts";
import { requiredChoice, requiredText } from "#api/field-rules.ts";
import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  notSupported,
  required,
  tooMany,
} from "#schema/field-error.ts";
import type {
  Container,
  ContainerPort,
  ContainerResizePolicy,
  ContainerRestartRule,
  VolumeDevice,
  VolumeMount,
} from "./container.ts";
import { descendingPath } from "./relative-path.ts";
import { validateContainerResources } from "./resource-validation.ts";

/** Ephemeral containers have the same fields. */
type AnyContainer = Omit<Container, "restartPolicy"> & Partial<Pick<Container, "restartPolicy">>;

export function* validateContainer(container: AnyContainer, at: string): Iterable<FieldError> {
  yield* requiredText(`${at}.name`, container.name, dnsLabel);
  if (!container.image) yield required(`${at}.image`);
  yield* validatePortNames(container.ports ?? [], `${at}.ports`);
  const { volumeMounts = [], volumeDevices = [] } = container;
  if (volumeMounts.length > 0) yield* validateMounts(container, `${at}.volumeMounts`);
  if (volumeDevices.length > 0) yield* validateDevices(container, `${at}.volumeDevices`);
  yield* validateContainerResources(container.resources, `${at}.resources`);
  yield* validateResizePolicy(container.resizePolicy ?? [], `${at}.resizePolicy`);
  yield* validateRestart(container, at);
  yield* validateProbes(container, at);
}

/** Of pods only: templates may have any. */
export function* untrimmedImage(image: string, path: string): Iterable<FieldError> {
  if (image.trim() === image) return;
  yield invalid(path, image, "must not have leading or trailing whitespace");
}

/** What the place of a probe adds to its rules. */
function* validateProbes(container: AnyContainer, at: string): Iterable<FieldError> {
  for (const probe of ["livenessProbe", "startupProbe"] as const) {
    const threshold = container[probe]?.successThreshold ?? 1;
    if (threshold !== 1) yield invalid(`${at}.${probe}.successThreshold`, threshold, "must be 1");
  }
  const grace = container.readinessProbe?.terminationGracePeriodSeconds;
  if (grace !== undefined) {
    const path = `${at}.readinessProbe.terminationGracePeriodSeconds`;
    yield invalid(path, grace, "must not be set for readinessProbes");
  }
}

export function* validateContainerPort(port: ContainerPort, at: string): Iterable<FieldError> {
  const { containerPort, hostPort } = port;
  if (containerPort === 0) yield required(`${at}.containerPort`);
  else yield* invalidEach(`${at}.containerPort`, containerPort, portNumber(containerPort));
  if (hostPort) yield* invalidEach(`${at}.hostPort`, hostPort, portNumber(hostPort));
}

function* validatePortNames(ports: readonly ContainerPort[], at: string): Iterable<FieldError> {
  const names = new Set<string>();
  for (const [i, { name }] of ports.entries()) {
    if (!name) continue;
    const problems = portName(name);
    if (problems.length > 0) yield* invalidEach(`${at}[${i}].name`, name, problems);
    else if (names.has(name)) yield duplicate(`${at}[${i}].name`, name);
    names.add(name);
  }
}

function* validateMounts(container: AnyContainer, at: string): Iterable<FieldError> {
  const { volumeMounts = [], volumeDevices = [], securityContext } = container;
  const paths = new Set<string>();
  for (const [i, mount] of volumeMounts.entries()) {
    const path = `${at}[${i}]`;
    yield* validateMountPath(mount, path);
    if (paths.has(mount.mountPath)) {
      yield invalid(`${path}.mountPath`, mount.mountPath, "must be unique");
    }
    paths.add(mount.mountPath);
    yield* validateMountOverlap(mount, volumeDevices, path);
    yield* validateSubPath(mount, at, path);
    yield* validatePropagation(mount, `${at}.mountPropagation`, securityContext?.privileged);
    yield* validateRecursiveReadOnly(mount, `${at}.recursiveReadOnly`);
  }
}

const propagations = ["Bidirectional", "HostToContainer", "None"];

function* validatePropagation(
  { mountPropagation: propagation }: VolumeMount,
  path: string,
  isPrivileged = false,
): Iterable<FieldError> {
  if (propagation === undefined) return;
  if (!propagations.includes(propagation)) yield notSupported(path, propagation, propagations);
  if (propagation === "Bidirectional" && !isPrivileged) {
    const problem = "Bidirectional mount propagation is available only to privileged containers";
    yield forbidden(path, problem);
  }
}

function* validateMountPath(mount: VolumeMount, at: string): Iterable<FieldError> {
  if (mount.name === "") yield required(`${at}.name`);
  if (mount.mountPath === "") yield required(`${at}.mountPath`);
}

function* validateMountOverlap(
  { name, mountPath }: VolumeMount,
  devices: readonly VolumeDevice[],
  at: string,
): Iterable<FieldError> {
  if (devices.some((device) => device.name === name)) {
    yield invalid(`${at}.name`, name, "must not already exist in volumeDevices");
  }
  if (devices.some((device) => device.devicePath === mountPath)) {
    const problem = "must not already exist as a path in volumeDevices";
    yield invalid(`${at}.mountPath`, mountPath, problem);
  }
}

/** exact: upstream gives most of these without the index of the mount. */
function* validateSubPath(
  { subPath, subPathExpr }: VolumeMount,
  at: string,
  mountAt: string,
): Iterable<FieldError> {
  if (subPath) yield* descendingPath(subPath, `${at}.subPath`);
  if (!subPathExpr) return;
  if (subPath) {
    const problem = "subPathExpr and subPath are mutually exclusive";
    yield invalid(`${mountAt}.subPathExpr`, subPathExpr, problem);
  }
  yield* descendingPath(subPathExpr, `${at}.subPathExpr`);
}

const recursiveReadOnlyModes = ["Disabled", "Enabled", "IfPossible"];

function* validateRecursiveReadOnly(mount: VolumeMount, path: string): Iterable<FieldError> {
  const { recursiveReadOnly: mode, mountPropagation: propagation } = mount;
  if (mode === undefined || mode === "Disabled") return;
  if (!recursiveReadOnlyModes.includes(mode)) {
    yield notSupported(path, mode, recursiveReadOnlyModes);
    return;
  }
  if (!mount.readOnly) yield forbidden(path, "may only be specified when readOnly is true");
  if (propagation !== undefined && propagation !== "None") {
    const problem = "may only be specified when mountPropagation is None or not specified";
    yield forbidden(path, problem);
  }
}

function* validateDevices(container: AnyContainer, at: string): Iterable<FieldError> {
  const { volumeMounts = [], volumeDevices = [] } = container;
  const names = new Set<string>();
  const paths = new Set<string>();
  for (const [i, { name, devicePath }] of volumeDevices.entries()) {
    const path = `${at}[${i}]`;
    if (name === "") yield required(`${path}.name`);
    if (names.has(name)) yield invalid(`${path}.name`, name, "must be unique");
    if (devicePath === "") yield required(`${path}.devicePath`);
    if (paths.has(devicePath)) yield invalid(`${path}.devicePath`, devicePath, "must be unique");
    if (devicePath.split("/").includes("..")) {
      yield invalid(`${path}.devicePath`, devicePath, "can not contain backsteps ('..')");
    }
    if (name) names.add(name);
    paths.add(devicePath);
    yield* validateDeviceOverlap({ name, devicePath }, volumeMounts, path);
  }
}

function* validateDeviceOverlap(
  { name, devicePath }: VolumeDevice,
  mounts: readonly VolumeMount[],
  at: string,
): Iterable<FieldError> {
  if (mounts.some((mount) => mount.name === name)) {
    yield invalid(`${at}.name`, name, "must not already exist in volumeMounts");
  }
  if (mounts.some((mount) => mount.mountPath === devicePath)) {
    const problem = "must not already exist as a path in volumeMounts";
    yield invalid(`${at}.devicePath`, devicePath, problem);
  }
}

const resizable = ["cpu", "memory"];
const resizePolicies = ["NotRequired", "RestartContainer"];

function* validateResizePolicy(
  policies: readonly ContainerResizePolicy[],
  at: string,
): Iterable<FieldError> {
  const seen = new Set<string>();
  for (const [i, { resourceName, restartPolicy }] of policies.entries()) {
    if (seen.has(resourceName)) yield duplicate(`${at}[${i}]`, resourceName);
    seen.add(resourceName);
    yield* requiredChoice(at, resourceName, resizable);
    yield* requiredChoice(at, restartPolicy, resizePolicies);
  }
}

const restartPolicies = ["Always", "Never", "OnFailure"];

/** upstream: #validateContainerRestartPolicy (ContainerRestartRules) */
function* validateRestart(container: AnyContainer, at: string): Iterable<FieldError> {
  const { restartPolicy: policy, restartPolicyRules: rules = [] } = container;
  if (policy === undefined) {
    if (rules.length > 0) {
      const hint = "must specify restartPolicy when restart rules are used";
      yield required(`${at}.restartPolicy`, hint);
    }
  } else if (!restartPolicies.includes(policy)) {
    yield notSupported(`${at}.restartPolicy`, policy, restartPolicies);
  }
  if (rules.length > 20) yield tooMany(`${at}.restartPolicyRules`, rules.length, 20);
  for (const [i, rule] of rules.entries()) {
    yield* validateRestartRule(rule, `${at}.restartPolicyRules[${i}]`);
  }
}

const restartActions = ["Restart", "RestartAllContainers"];
const exitCodeOperators = ["In", "NotIn"];

function* validateRestartRule(
  { action = "", exitCodes }: ContainerRestartRule,
  at: string,
): Iterable<FieldError> {
  if (!restartActions.includes(action)) yield notSupported(`${at}.action`, action, restartActions);
  if (!exitCodes) {
    yield required(`${at}.exitCodes`, "must be specified");
    return;
  }
  const { operator = "", values = [] } = exitCodes;
  if (!exitCodeOperators.includes(operator)) {
    yield notSupported(`${at}.exitCodes.operator`, operator, exitCodeOperators);
  }
  if (values.length > 255) yield tooMany(`${at}.exitCodes.values`, values.length, 255);
}
