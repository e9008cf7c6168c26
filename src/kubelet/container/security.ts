/**
 * Who a container runs as and what it may: the pod's security context with the container's own
 * words on top.
 * upstream: pkg/securitycontext/util.go, pkg/kubelet/kuberuntime/security_context.go
 */
import type { Container, EphemeralContainer } from "#api/core/container.ts";
import type { Pod } from "#api/core/pod.ts";
import type { SeccompProfile, SecurityContext } from "#api/core/security-context.ts";
import { podText } from "../pod/pod-containers.ts";
import type {
  LinuxContainerSecurityContext,
  LinuxSandboxSecurityContext,
  NamespaceOptions,
  SecurityProfile,
} from "../runtime.ts";
import { ConfigError } from "./environment.ts";

export interface ImageUser {
  readonly uid?: number;
  readonly username: string;
}

export interface SecurityFacts {
  readonly pod: Pod;
  readonly container: Container;
  /** Who the image wants to run as. */
  readonly imageUser: ImageUser;
  /** Where localhost profiles are. */
  readonly seccompFolder: string;
  /** The container whose processes an ephemeral one looks at. */
  readonly targetId?: string;
}

export function containerSecurity(facts: SecurityFacts): LinuxContainerSecurityContext {
  const { pod, container, targetId } = facts;
  const context = effectiveContext(pod, container);
  checkNonRoot(facts, () => facts.imageUser, context);
  const isPrivileged = context.privileged ?? false;
  const isMasked = !isPrivileged && context.procMount !== "Unmasked";
  const policy = pod.spec.securityContext?.supplementalGroupsPolicy;
  return {
    ...(context.capabilities
      ? {
          capabilities: {
            addCapabilities: context.capabilities.add ?? [],
            dropCapabilities: context.capabilities.drop ?? [],
          },
        }
      : {}),
    privileged: isPrivileged,
    namespaceOptions: namespacesOf(pod, targetId),
    ...selinuxOf(context),
    ...userOf(facts, context),
    readonlyRootfs: context.readOnlyRootFilesystem ?? false,
    supplementalGroups: groupsOf(pod),
    ...(policy ? { supplementalGroupsPolicy: policy } : {}),
    noNewPrivs: context.allowPrivilegeEscalation === false,
    maskedPaths: isMasked ? maskedPaths : [],
    readonlyPaths: isMasked ? readonlyPaths : [],
    seccomp: seccompOf(context.seccompProfile, facts.seccompFolder),
    ...apparmorOf(pod, container),
  };
}

type Effective = Pick<
  SecurityContext,
  | "capabilities"
  | "privileged"
  | "procMount"
  | "runAsUser"
  | "runAsGroup"
  | "runAsNonRoot"
  | "readOnlyRootFilesystem"
  | "allowPrivilegeEscalation"
  | "seccompProfile"
  | "seLinuxOptions"
>;

function effectiveContext({ spec }: Pod, { securityContext: own = {} }: Container): Effective {
  const of = spec.securityContext ?? {};
  return {
    ...own,
    runAsUser: own.runAsUser ?? of.runAsUser,
    runAsGroup: own.runAsGroup ?? of.runAsGroup,
    runAsNonRoot: own.runAsNonRoot ?? of.runAsNonRoot,
    seccompProfile: own.seccompProfile ?? of.seccompProfile,
    seLinuxOptions: own.seLinuxOptions ?? of.seLinuxOptions,
  };
}

/**
 * Throws a ConfigError for a container that must not be root and would be, or might. The image is only asked where it
 * matters. exact: kubelet
 */
export function checkNonRoot(
  { pod, container }: Pick<SecurityFacts, "pod" | "container">,
  imageUserOf: () => ImageUser,
  context = effectiveContext(pod, container),
): void {
  if (!context.runAsNonRoot) return;
  const where = `(pod: ${JSON.stringify(podText(pod))}, container: ${container.name})`;
  if (context.runAsUser !== undefined) {
    if (context.runAsUser === 0)
      throw new ConfigError(`container's runAsUser breaks non-root policy ${where}`);
    return;
  }
  const imageUser = imageUserOf();
  const uid = uidOf(imageUser);
  if (uid === 0)
    throw new ConfigError(`container has runAsNonRoot and image will run as root ${where}`);
  if (uid === undefined)
    throw new ConfigError(
      `container has runAsNonRoot and image has non-numeric user (${imageUser.username}), cannot verify user is non-root ${where}`,
    );
}

/** An image that names nobody runs as root. */
const uidOf = ({ uid, username }: ImageUser): number | undefined =>
  uid ?? (username === "" ? 0 : undefined);

type RunAs = Pick<LinuxContainerSecurityContext, "runAsUser" | "runAsGroup" | "runAsUsername">;

/** A group goes only with a user: then the image's is named. */
function userOf({ imageUser }: SecurityFacts, { runAsUser, runAsGroup }: Effective): RunAs {
  const uid = runAsUser ?? uidOf(imageUser);
  return {
    ...(uid === undefined ? { runAsUsername: imageUser.username } : { runAsUser: { value: uid } }),
    ...(runAsGroup === undefined ? {} : { runAsGroup: { value: runAsGroup } }),
  };
}

function groupsOf({ spec }: Pod): readonly number[] {
  const { supplementalGroups = [], fsGroup } = spec.securityContext ?? {};
  return fsGroup === undefined ? supplementalGroups : [...supplementalGroups, fsGroup];
}

export function namespacesOf({ spec }: Pod, targetId?: string): NamespaceOptions {
  const options = {
    network: spec.hostNetwork ? "NODE" : "POD",
    ipc: spec.hostIPC ? "NODE" : "POD",
    pid: spec.hostPID ? "NODE" : spec.shareProcessNamespace ? "POD" : "CONTAINER",
  } as const;
  return targetId && options.pid === "CONTAINER"
    ? { ...options, pid: "TARGET", targetId }
    : options;
}

function seccompOf(profile: SeccompProfile | undefined, folder: string): SecurityProfile {
  switch (profile?.type) {
    case "RuntimeDefault":
      return { profileType: "RuntimeDefault" };
    case "Localhost":
      return { profileType: "Localhost", localhostRef: `${folder}/${profile.localhostProfile}` };
    case "Unconfined":
    case undefined:
    default:
      return { profileType: "Unconfined" };
  }
}

const apparmorAnnotation = "container.apparmor.security.beta.kubernetes.io/";

function apparmorOf(pod: Pod, container: Container): { apparmor?: SecurityProfile } {
  const profile =
    container.securityContext?.appArmorProfile ?? pod.spec.securityContext?.appArmorProfile;
  if (profile) {
    const { type, localhostProfile } = profile;
    return {
      apparmor: {
        profileType: type,
        ...(localhostProfile ? { localhostRef: localhostProfile } : {}),
      },
    };
  }
  const text = pod.metadata.annotations?.[apparmorAnnotation + container.name];
  if (text === "unconfined") return { apparmor: { profileType: "Unconfined" } };
  if (text?.startsWith("localhost/"))
    return { apparmor: { profileType: "Localhost", localhostRef: text.slice(10) } };
  return text === "runtime/default" ? { apparmor: { profileType: "RuntimeDefault" } } : {};
}

function selinuxOf({ seLinuxOptions }: Effective) {
  if (!seLinuxOptions) return {};
  const { user = "", role = "", type = "", level = "" } = seLinuxOptions;
  return { selinuxOptions: { user, role, type, level } };
}

export function sandboxSecurity(pod: Pod, seccompFolder: string): LinuxSandboxSecurityContext {
  const { runAsUser, runAsGroup, seLinuxOptions, seccompProfile } = pod.spec.securityContext ?? {};
  const all = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])];
  const isPrivileged = all.some(({ securityContext }) => securityContext?.privileged);
  // The pause process needs no more than the default profile allows.
  const seccomp = seccompProfile
    ? seccompOf(seccompProfile, seccompFolder)
    : ({ profileType: "RuntimeDefault" } as const);
  return {
    namespaceOptions: namespacesOf(pod),
    ...(runAsUser === undefined ? {} : { runAsUser: { value: runAsUser } }),
    ...(runAsUser === undefined || runAsGroup === undefined
      ? {}
      : { runAsGroup: { value: runAsGroup } }),
    supplementalGroups: groupsOf(pod),
    privileged: isPrivileged,
    seccomp,
    ...selinuxOf({ seLinuxOptions }),
  };
}

/** What a container must not see of the kernel. upstream: pkg/securitycontext/util_linux.go */
const maskedPaths: readonly string[] = [
  "/proc/asound",
  "/proc/acpi",
  "/proc/interrupts",
  "/proc/kcore",
  "/proc/keys",
  "/proc/latency_stats",
  "/proc/timer_list",
  "/proc/timer_stats",
  "/proc/sched_debug",
  "/proc/scsi",
  "/sys/firmware",
  "/sys/devices/virtual/powercap",
];

const readonlyPaths: readonly string[] = [
  "/proc/bus",
  "/proc/fs",
  "/proc/irq",
  "/proc/sys",
  "/proc/sysrq-trigger",
];

/** The container that an ephemeral one is to look into. */
export const targetOf = (container: Container): string =>
  (container as Partial<EphemeralContainer>).targetContainerName ?? "";
