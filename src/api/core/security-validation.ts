/**
 * Rules for security contexts.
 * upstream: pkg/apis/core/validation/validation.go#ValidateSecurityContext
 */
import { descendingPath } from "./relative-path.ts";
import { byteLength, dnsSubdomain, groupId, invalidEach, userId } from "#api/names.ts";
import {
  duplicate,
  type FieldError,
  invalid,
  notSupported,
  required,
  tooLong,
} from "#schema/field-error.ts";
import type {
  AppArmorProfile,
  PodSecurityContext,
  SeccompProfile,
  SecurityContext,
  Sysctl,
  WindowsSecurityContextOptions,
} from "./security-context.ts";

const profileTypes = ["Localhost", "RuntimeDefault", "Unconfined"];

function* validateProfileType(type: string, at: string, field: string): Iterable<FieldError> {
  if (type === "") yield required(`${at}.type`, `type is required when ${field} is set`);
  else if (!profileTypes.includes(type)) yield notSupported(`${at}.type`, type, profileTypes);
}

export function* validateSeccomp(profile: SeccompProfile, at: string): Iterable<FieldError> {
  const { type, localhostProfile } = profile;
  const path = `${at}.localhostProfile`;
  yield* validateProfileType(type, at, "seccompProfile");
  if (type !== "Localhost") {
    if (localhostProfile === undefined) return;
    yield invalid(path, profile, "can only be set when seccomp type is Localhost");
  } else if (localhostProfile === undefined) {
    yield required(path, "must be set when seccomp type is Localhost");
  } else yield* descendingPath(localhostProfile, path);
}

/** PATH_MAX - 1 */
const profileBytesMax = 4095;

export function* validateAppArmor(profile: AppArmorProfile, at: string): Iterable<FieldError> {
  const { type, localhostProfile: name } = profile;
  const path = `${at}.localhostProfile`;
  yield* validateProfileType(type, at, "appArmorProfile");
  if (type !== "Localhost") {
    if (name === undefined || !profileTypes.includes(type)) return;
    yield invalid(path, name, "can only be set when AppArmor type is Localhost");
    return;
  }
  if (name === undefined || name === "") {
    yield required(path, "must be set when AppArmor type is Localhost");
  } else if (name.trim() !== name) {
    yield invalid(path, name, "must not be padded with whitespace");
  }
  if (byteLength(name ?? "") > profileBytesMax) yield tooLong(path, profileBytesMax);
}

function* validateIds(
  { runAsUser, runAsGroup }: Pick<SecurityContext, "runAsUser" | "runAsGroup">,
  at: string,
): Iterable<FieldError> {
  if (runAsUser !== undefined) yield* invalidEach(`${at}.runAsUser`, runAsUser, userId(runAsUser));
  if (runAsGroup !== undefined) {
    yield* invalidEach(`${at}.runAsGroup`, runAsGroup, groupId(runAsGroup));
  }
}

export function* validateSecurityContext(
  context: SecurityContext,
  at: string,
): Iterable<FieldError> {
  yield* validateIds(context, at);
  if (context.allowPrivilegeEscalation !== false) return;
  if (context.privileged) {
    const problem = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true";
    yield invalid(at, context, problem);
  }
  if (context.capabilities?.add?.includes("CAP_SYS_ADMIN")) {
    const problem =
      "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN";
    yield invalid(at, context, problem);
  }
}

const selinuxChangePolicies = ["MountOption", "Recursive"];

export function* validatePodSecurityContext(
  context: PodSecurityContext,
  at: string,
): Iterable<FieldError> {
  const { fsGroup, supplementalGroups = [], seLinuxChangePolicy } = context;
  if (fsGroup !== undefined) yield* invalidEach(`${at}.fsGroup`, fsGroup, groupId(fsGroup));
  yield* validateIds(context, at);
  for (const [i, group] of supplementalGroups.entries()) {
    yield* invalidEach(`${at}.supplementalGroups[${i}]`, group, groupId(group));
  }
  yield* validateSysctls(context.sysctls ?? [], `${at}.sysctls`);
  if (seLinuxChangePolicy !== undefined && !selinuxChangePolicies.includes(seLinuxChangePolicy)) {
    yield notSupported(`${at}.seLinuxChangePolicy`, seLinuxChangePolicy, selinuxChangePolicies);
  }
}

const sysctlPart = "[a-z0-9]([-_a-z0-9]*[a-z0-9])?";
const sysctlFormat = `^(${sysctlPart}[\\./])*${sysctlPart}$`;
const sysctlRegex = new RegExp(sysctlFormat);

function* validateSysctls(sysctls: readonly Sysctl[], at: string): Iterable<FieldError> {
  const names = new Set<string>();
  for (const [i, { name }] of sysctls.entries()) {
    const path = `${at}[${i}].name`;
    if (name === "") yield required(path);
    else if (name.length > 253 || !sysctlRegex.test(name)) {
      yield invalid(path, name, `must have at most 253 characters and match regex ${sysctlFormat}`);
    } else if (names.has(name)) yield duplicate(path, name);
    names.add(name);
  }
}

/** The namespace of the kernel that a sysctl belongs to, when it is one that pods can have. */
export function sysctlNamespace(name: string): "net" | "ipc" | undefined {
  const dotted = dottedSysctl(name);
  if (dotted.startsWith("net.")) return "net";
  const isIpc =
    dotted.startsWith("kernel.shm") ||
    dotted.startsWith("kernel.msg") ||
    dotted.startsWith("fs.mqueue.") ||
    dotted === "kernel.sem";
  return isIpc ? "ipc" : undefined;
}

/** Slashes separate too; whichever comes first is the separator, the other then stands for it. */
function dottedSysctl(name: string): string {
  const first = /[./]/.exec(name)?.[0];
  if (first !== "/") return name;
  return name.replaceAll(/[./]/g, (char) => (char === "/" ? "." : "/"));
}

const windowsDomain =
  /^(?:[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}|[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*)$/;

export function* validateWindowsOptions(
  options: WindowsSecurityContextOptions,
  at: string,
): Iterable<FieldError> {
  const { gmsaCredentialSpecName: specName, gmsaCredentialSpec: spec, runAsUserName } = options;
  if (specName !== undefined) {
    yield* invalidEach(`${at}.gmsaCredentialSpecName`, specName, dnsSubdomain(specName));
  }
  if (spec === "") {
    yield invalid(`${at}.gmsaCredentialSpec`, spec, "gmsaCredentialSpec cannot be an empty string");
  } else if (spec !== undefined && byteLength(spec) > 64 * 1024) {
    yield invalid(`${at}.gmsaCredentialSpec`, spec, "gmsaCredentialSpec size must be under 64 KiB");
  }
  if (runAsUserName === undefined) return;
  for (const problem of windowsUserProblems(runAsUserName)) {
    yield invalid(`${at}.runAsUserName`, runAsUserName, problem);
  }
}

/** `DOMAIN\user` */
function* windowsUserProblems(name: string): Iterable<string> {
  if (name === "") yield "runAsUserName cannot be an empty string";
  else if (/\p{Cc}/u.test(name)) yield "runAsUserName cannot contain control characters";
  else if (name.split("\\").length > 2)
    yield "runAsUserName cannot contain more than one backslash";
  else {
    const slash = name.indexOf("\\");
    if (slash >= 0) yield* windowsDomainProblems(name.slice(0, slash));
    yield* windowsAccountProblems(name.slice(slash + 1));
  }
}

function* windowsDomainProblems(domain: string): Iterable<string> {
  if (domain.length >= 256) {
    yield "runAsUserName's Domain length must be under 256 characters";
  }
  if (!windowsDomain.test(domain)) {
    yield "runAsUserName's Domain doesn't match the NetBios nor the DNS format";
  }
}

function* windowsAccountProblems(user: string): Iterable<string> {
  if (user === "") yield "runAsUserName's User cannot be empty";
  else if (user.length > 104) {
    yield "runAsUserName's User length must not be longer than 104 characters";
  }
  if (/^[. ]+$/.test(user)) yield "runAsUserName's User cannot contain only periods or spaces";
  if (/["/\\:;|=,+*?<>@[\]]/.test(user)) {
    yield "runAsUserName's User cannot contain the following characters: \"/\\:;|=,+*?<>@[]";
  }
}
