/**
 * Rules across the containers of a pod: their names, ports and volumes, and what each sort of
 * container (main, init, sidecar, ephemeral) may and may not have.
 * upstream: pkg/apis/core/validation/validation.go#validateContainers, #validateInitContainers
 */
import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  notFound,
  required,
} from "#schema/field-error.ts";
import { untrimmedImage } from "./container-validation.ts";
import type { Container, EphemeralContainer } from "./container.ts";
import type { PodSpec } from "./pod-spec.ts";
import { isSidecar } from "./resources.ts";
import { validateClaims } from "./resource-validation.ts";
import type { Volume } from "./volume-sources.ts";

type AnyContainer = Container | EphemeralContainer;

/** `volumes` are those that nothing is wrong with: upstream looks for mounts among these only. */
export function* validateAllContainers(
  spec: PodSpec,
  at: string,
  volumes: readonly Volume[],
): Iterable<FieldError> {
  const { containers, initContainers = [], ephemeralContainers = [] } = spec;
  if (containers.length === 0) yield required(`${at}.containers`);
  yield* validateNames(spec, at);
  for (const [i, container] of containers.entries()) {
    const path = `${at}.containers[${i}]`;
    yield* validateVolumeUse(container, path, volumes);
    yield* validateSurroundings(container, path, spec);
    yield* validateSleep(container, path, spec);
  }
  yield* validateHostPorts(containers, `${at}.containers`);
  for (const [i, container] of initContainers.entries()) {
    const path = `${at}.initContainers[${i}]`;
    yield* validateVolumeUse(container, path, volumes);
    yield* validateSurroundings(container, path, spec);
    // exact: upstream looks at each alone, and counts from the start of the list.
    yield* validateHostPorts([container], `${at}.initContainers`);
    if (isSidecar(container)) yield* validateSleep(container, path, spec);
    else yield* validateRunOnce(container, path);
  }
  for (const [i, container] of ephemeralContainers.entries()) {
    const path = `${at}.ephemeralContainers[${i}]`;
    yield* validateVolumeUse(container, path, volumes);
    yield* validateSurroundings(container, path, spec);
    yield* validateEphemeral(container, path, spec);
  }
}

/** All names are different, whatever the sort of container. */
function* validateNames(spec: PodSpec, at: string): Iterable<FieldError> {
  const names = new Set<string>();
  for (const list of ["containers", "initContainers", "ephemeralContainers"] as const) {
    for (const [i, { name }] of (spec[list] ?? []).entries()) {
      if (names.has(name)) yield duplicate(`${at}.${list}[${i}].name`, name);
      else if (name) names.add(name);
    }
  }
}

function* validateHostPorts(containers: readonly Container[], at: string): Iterable<FieldError> {
  const taken = new Set<string>();
  for (const [i, { ports = [] }] of containers.entries()) {
    for (const [j, { protocol = "", hostIP = "", hostPort }] of ports.entries()) {
      if (!hostPort) continue;
      const key = `${protocol}/${hostIP}/${hostPort}`;
      if (taken.has(key)) yield duplicate(`${at}[${i}].ports[${j}].hostPort`, key);
      taken.add(key);
    }
  }
}

/** What the container refers to in the pod, and what the pod allows it. */
function* validateSurroundings(
  container: AnyContainer,
  at: string,
  spec: PodSpec,
): Iterable<FieldError> {
  const { resourceClaims = [], restartPolicy } = spec;
  const claimNames = resourceClaims.map(({ name }) => name);
  yield* validateClaims(container.resources.claims ?? [], `${at}.resources.claims`, claimNames);
  if (restartPolicy === "Never") {
    for (const policy of container.resizePolicy ?? []) {
      if (policy.restartPolicy === "NotRequired") continue;
      const problem = "must be 'NotRequired' when pod `restartPolicy` is 'Never'";
      yield invalid(`${at}.resizePolicy`, policy.restartPolicy, problem);
    }
  }
  const { procMount } = container.securityContext ?? {};
  if (procMount === "Unmasked" && spec.hostUsers !== false) {
    const path = `${at}.securityContext.procMount`;
    yield invalid(path, procMount, "`hostUsers` must be false to use `Unmasked`");
  }
}

function* validateVolumeUse(
  container: AnyContainer,
  at: string,
  volumes: readonly Volume[],
): Iterable<FieldError> {
  for (const [i, mount] of (container.volumeMounts ?? []).entries()) {
    const path = `${at}.volumeMounts[${i}]`;
    const volume = volumes.find(({ name }) => name === mount.name);
    if (!volume) yield notFound(`${path}.name`, mount.name);
  }
  for (const [i, { name }] of (container.volumeDevices ?? []).entries()) {
    const path = `${at}.volumeDevices[${i}].name`;
    const volume = volumes.find((other) => other.name === name);
    if (!volume) yield notFound(path, name);
    else if (!volume.persistentVolumeClaim && !volume.ephemeral) {
      const problem =
        "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode";
      yield invalid(path, name, problem);
    }
  }
}

/** A handler may not sleep longer than the pod may take to stop. */
function* validateSleep(container: Container, at: string, spec: PodSpec): Iterable<FieldError> {
  const grace = spec.terminationGracePeriodSeconds;
  for (const turn of ["postStart", "preStop"] as const) {
    const seconds = container.lifecycle?.[turn]?.sleep?.seconds;
    if (grace === undefined || seconds === undefined) continue;
    if (seconds >= 0 && seconds <= grace) continue;
    const problem = `must be non-negative and less than terminationGracePeriodSeconds (${grace})`;
    yield invalid(`${at}.lifecycle.${turn}.sleep`, seconds, problem);
  }
}

const notForInit = ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"] as const;

/** An init container that runs to its end. */
function* validateRunOnce(container: Container, at: string): Iterable<FieldError> {
  for (const field of notForInit) {
    if (container[field] === undefined) continue;
    const problem = "may not be set for init containers without restartPolicy=Always";
    yield forbidden(`${at}.${field}`, problem);
  }
  for (const [i, { restartPolicy }] of (container.resizePolicy ?? []).entries()) {
    if (restartPolicy !== "RestartContainer") continue;
    const problem = "must not be set to 'RestartContainer' for non-sidecar initContainers";
    yield invalid(`${at}.resizePolicy[${i}].restartPolicy`, restartPolicy, problem);
  }
}

const notForEphemeral = [
  "ports",
  "resources",
  "resizePolicy",
  "restartPolicy",
  "restartPolicyRules",
  "livenessProbe",
  "readinessProbe",
  "startupProbe",
  "lifecycle",
] as const;

const notEphemeral = "cannot be set for an Ephemeral Container";

function* validateEphemeral(
  container: EphemeralContainer,
  at: string,
  { containers, initContainers = [] }: PodSpec,
): Iterable<FieldError> {
  const { targetContainerName: target, image = "" } = container;
  const others = [...containers, ...initContainers];
  yield* untrimmedImage(image, `${at}.image`);
  if (target && !others.some(({ name }) => name === target)) {
    yield notFound(`${at}.targetContainerName`, target);
  }
  for (const field of notForEphemeral) {
    const value = container[field];
    const isSet = field === "resources" ? Object.keys(value ?? {}).length > 0 : value !== undefined;
    if (isSet) yield forbidden(`${at}.${field}`, notEphemeral);
  }
  yield* validateEphemeralMounts(container, `${at}.volumeMounts`);
}

function* validateEphemeralMounts(
  { volumeMounts = [] }: EphemeralContainer,
  at: string,
): Iterable<FieldError> {
  for (const [i, mount] of volumeMounts.entries()) {
    const path = `${at}[${i}]`;
    if (mount.subPath) yield forbidden(`${path}.subPath`, notEphemeral);
    if (mount.subPathExpr) yield forbidden(`${path}.subPathExpr`, notEphemeral);
  }
}
