/**
 * Rules for pods that say which operating system they are for.
 * upstream: pkg/apis/core/validation/validation.go#validateOS, #validateWindows, #validateLinux
 */
import {
  type FieldError,
  forbidden,
  invalid,
  notSupported,
  required,
} from "#schema/field-error.ts";
import { allContainers } from "./pod-containers.ts";
import type { PodSpec } from "./pod-spec.ts";
import type { SecurityContext } from "./security-context.ts";

const systems = ["linux", "windows"];

export function* validateOs(spec: PodSpec, at: string): Iterable<FieldError> {
  yield* validateHostProcesses(spec, at);
  if (!spec.os) return;
  const { name } = spec.os;
  if (name === "") yield required(`${at}.os.name`);
  else if (!systems.includes(name)) yield notSupported(`${at}.os`, name, systems);
  else if (name === "linux") yield* validateLinux(spec, at);
  else yield* validateWindows(spec, at);
}

interface Secured {
  readonly path: string;
  readonly context: SecurityContext;
}

/** The containers that have a security context, of all sorts. */
function* securedContainers(spec: PodSpec, at: string): Iterable<Secured> {
  for (const { container, path } of allContainers(spec, at)) {
    const { securityContext: context } = container;
    if (context) yield { path: `${path}.securityContext`, context };
  }
}

function* validateLinux(spec: PodSpec, at: string): Iterable<FieldError> {
  const problem = "windows options cannot be set for a linux pod";
  if (spec.securityContext?.windowsOptions) {
    yield forbidden(`${at}.securityContext.windowsOptions`, problem);
  }
  for (const { path, context } of securedContainers(spec, at)) {
    if (context.windowsOptions) yield forbidden(`${path}.windowsOptions`, problem);
  }
}

/** Paths below the spec. */
const notForWindowsPods = [
  "securityContext.appArmorProfile",
  "securityContext.seLinuxOptions",
  "hostUsers",
  "hostPID",
  "hostIPC",
  "securityContext.seccompProfile",
  "securityContext.fsGroup",
  "securityContext.fsGroupChangePolicy",
  "securityContext.sysctls",
  "shareProcessNamespace",
  "securityContext.runAsUser",
  "securityContext.runAsGroup",
  "securityContext.supplementalGroups",
  "securityContext.supplementalGroupsPolicy",
  "securityContext.seLinuxChangePolicy",
];

/** Being off is what they are anyway. */
const offByDefault: ReadonlySet<string> = new Set(["hostPID", "hostIPC"]);

function isSet(spec: PodSpec, path: string): boolean {
  const [name = "", inner] = path.split(".");
  const value = (spec as unknown as Tree)[name];
  if (inner) return (value as Tree | undefined)?.[inner] !== undefined;
  return offByDefault.has(name) ? value === true : value !== undefined;
}

type Tree = Readonly<Record<string, unknown>>;

const notForWindowsContainers: readonly (keyof SecurityContext)[] = [
  "appArmorProfile",
  "seLinuxOptions",
  "seccompProfile",
  "capabilities",
  "readOnlyRootFilesystem",
  "privileged",
  "allowPrivilegeEscalation",
  "procMount",
  "runAsUser",
  "runAsGroup",
];

function* validateWindows(spec: PodSpec, at: string): Iterable<FieldError> {
  const problem = "cannot be set for a windows pod";
  for (const path of notForWindowsPods) {
    if (isSet(spec, path)) yield forbidden(`${at}.${path}`, problem);
  }
  for (const { path, context } of securedContainers(spec, at)) {
    for (const field of notForWindowsContainers) {
      if (context[field] !== undefined) yield forbidden(`${path}.${field}`, problem);
    }
  }
}

/** Windows containers that run right on the host: all of a pod, or none. */
function* validateHostProcesses(spec: PodSpec, at: string): Iterable<FieldError> {
  const ofPod = spec.securityContext?.windowsOptions?.hostProcess;
  const own: boolean[] = [];
  for (const { path, context } of securedContainers(spec, at)) {
    const value = context.windowsOptions?.hostProcess;
    if (value === undefined) continue;
    own.push(value);
    if (ofPod !== undefined && value !== ofPod) {
      const problem = `pod hostProcess value must be identical if both are specified, was ${ofPod}`;
      yield invalid(`${path}.windowsOptions.hostProcess`, value, problem);
    }
  }
  const count = containerCount(spec);
  const inherited = ofPod ? count - own.length : 0;
  const onHost = own.filter(Boolean).length + inherited;
  if (onHost === 0) return;
  if (onHost !== count) {
    const problem =
      "If pod contains any hostProcess containers then all containers must be HostProcess containers";
    yield invalid(at, "", problem);
  }
  if (!spec.hostNetwork) {
    const problem = "hostNetwork must be true if pod contains any hostProcess containers";
    yield invalid(`${at}.hostNetwork`, false, problem);
  }
}

const containerCount = ({ containers, initContainers, ephemeralContainers }: PodSpec): number =>
  containers.length + (initContainers?.length ?? 0) + (ephemeralContainers?.length ?? 0);
