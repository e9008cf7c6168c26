import {
  validateAppArmor,
  validatePodSecurityContext,
  validateSeccomp,
  validateSecurityContext,
  validateWindowsOptions,
} from "./security-validation.ts";
import type { FieldError } from "#schema/field-error.ts";
import { s, type ValueOf } from "#schema/struct.ts";

export const AppArmorProfile = s.struct(
  "core/v1.AppArmorProfile",
  {
    type: s.oneOf(1, ["Localhost", "RuntimeDefault", "Unconfined"], {
      doc: "Localhost, RuntimeDefault or Unconfined.",
      required: true,
      checkedByOwner: true,
    }),
    localhostProfile: s.string(2, { doc: "Name of the profile, for Localhost.", optional: true }),
  },
  {
    validate: (value, at): Iterable<FieldError> => validateAppArmor(value, at),
    unions: [
      {
        discriminator: "type",
        "fields-to-discriminateBy": { localhostProfile: "LocalhostProfile" },
      },
    ],
  },
);

export interface AppArmorProfile extends ValueOf<typeof AppArmorProfile> {}

export const Capabilities = s.struct("core/v1.Capabilities", {
  add: s.list(1, "string", { doc: "To have beyond the usual.", listType: "atomic" }),
  drop: s.list(2, "string", { doc: "To have not.", listType: "atomic" }),
});

export interface Capabilities extends ValueOf<typeof Capabilities> {}

export const SELinuxOptions = s.struct("core/v1.SELinuxOptions", {
  user: s.string(1, { doc: "Its user." }),
  role: s.string(2, { doc: "Its role." }),
  type: s.string(3, { doc: "Its type." }),
  level: s.string(4, { doc: "Its level." }),
});

export interface SELinuxOptions extends ValueOf<typeof SELinuxOptions> {}

export const Sysctl = s.struct("core/v1.Sysctl", {
  name: s.string(1, { doc: "Name of the setting.", required: true }),
  value: s.string(2, { doc: "Its value.", required: true }),
});

export interface Sysctl extends ValueOf<typeof Sysctl> {}

export const WindowsSecurityContextOptions = s.struct(
  "core/v1.WindowsSecurityContextOptions",
  {
    gmsaCredentialSpecName: s.string(1, { optional: true }),
    gmsaCredentialSpec: s.string(2, { optional: true }),
    runAsUserName: s.string(3, { optional: true }),
    hostProcess: s.boolean(4, { optional: true }),
  },
  { validate: (value, at): Iterable<FieldError> => validateWindowsOptions(value, at) },
);

export interface WindowsSecurityContextOptions extends ValueOf<
  typeof WindowsSecurityContextOptions
> {}

export const SeccompProfile = s.struct(
  "core/v1.SeccompProfile",
  {
    type: s.oneOf(1, ["Localhost", "RuntimeDefault", "Unconfined"], {
      doc: "Localhost, RuntimeDefault or Unconfined.",
      required: true,
      checkedByOwner: true,
    }),
    localhostProfile: s.string(2, { doc: "File with the profile, for Localhost.", optional: true }),
  },
  {
    validate: (value, at): Iterable<FieldError> => validateSeccomp(value, at),
    unions: [
      {
        discriminator: "type",
        "fields-to-discriminateBy": { localhostProfile: "LocalhostProfile" },
      },
    ],
  },
);

export interface SeccompProfile extends ValueOf<typeof SeccompProfile> {}

export const PodSecurityContext = s.struct(
  "core/v1.PodSecurityContext",
  {
    seLinuxOptions: s.object(1, SELinuxOptions, { doc: "Label for SELinux.", optional: true }),
    windowsOptions: s.object(8, WindowsSecurityContextOptions, {
      doc: "Settings for Windows.",
      optional: true,
    }),
    runAsUser: s.int64(2, {
      doc: "User id of the first process of each container.",
      optional: true,
    }),
    runAsGroup: s.int64(6, {
      doc: "Group id of the first process of each container.",
      optional: true,
    }),
    runAsNonRoot: s.boolean(3, { doc: "Refuse to start as root.", optional: true }),
    supplementalGroups: s.list(4, "int64", {
      doc: "Further groups of the first process of each container.",
      listType: "atomic",
    }),
    supplementalGroupsPolicy: s.oneOf(12, ["Merge", "Strict"], {
      doc: "Whether groups in the image count: Merge or Strict.",
      optional: true,
      gate: "SupplementalGroupsPolicy",
    }),
    fsGroup: s.int64(5, {
      doc: "Group that volumes belong to and that all processes are in.",
      optional: true,
    }),
    sysctls: s.list(7, Sysctl, {
      doc: "Kernel parameters of the pod's own namespaces.",
      listType: "atomic",
    }),
    fsGroupChangePolicy: s.oneOf(9, ["Always", "OnRootMismatch"], {
      doc: "Whether files of a volume that is right already are visited again.",
      optional: true,
    }),
    seccompProfile: s.object(10, SeccompProfile, {
      doc: "Which system calls are allowed.",
      optional: true,
    }),
    appArmorProfile: s.object(11, AppArmorProfile, {
      doc: "The AppArmor profile to run under.",
      optional: true,
    }),
    seLinuxChangePolicy: s.string(13, {
      doc: "How volumes are labelled: MountOption or Recursive.",
      optional: true,
      gate: "SELinuxChangePolicy",
    }),
  },
  {
    doc: "Security settings of all containers of a pod; a container's own come first.",
    validate: (value, at): Iterable<FieldError> => validatePodSecurityContext(value, at),
  },
);

export interface PodSecurityContext extends ValueOf<typeof PodSecurityContext> {}

export const SecurityContext = s.struct(
  "core/v1.SecurityContext",
  {
    capabilities: s.object(1, Capabilities, {
      doc: "Capabilities to add to, or drop from, the runtime's usual ones.",
      optional: true,
    }),
    privileged: s.boolean(2, {
      doc: "Nearly everything that root on the host may do.",
      optional: true,
    }),
    seLinuxOptions: s.object(3, SELinuxOptions, { doc: "Label for SELinux.", optional: true }),
    windowsOptions: s.object(10, WindowsSecurityContextOptions, {
      doc: "Settings for Windows.",
      optional: true,
    }),
    runAsUser: s.int64(4, { doc: "User id of the first process.", optional: true }),
    runAsGroup: s.int64(8, { doc: "Group id of the first process.", optional: true }),
    runAsNonRoot: s.boolean(5, { doc: "Refuse to start as root.", optional: true }),
    readOnlyRootFilesystem: s.boolean(6, {
      doc: "The image's files cannot be changed.",
      optional: true,
    }),
    allowPrivilegeEscalation: s.boolean(7, {
      doc: "Whether a process may gain more privileges than its parent.",
      optional: true,
    }),
    procMount: s.oneOf(9, ["Default", "Unmasked"], {
      doc: "How much of /proc is hidden.",
      optional: true,
    }),
    seccompProfile: s.object(11, SeccompProfile, {
      doc: "Which system calls are allowed.",
      optional: true,
    }),
    appArmorProfile: s.object(12, AppArmorProfile, {
      doc: "The AppArmor profile to run under.",
      optional: true,
    }),
  },
  {
    doc: "Security settings of one container.",
    validate: (value, at): Iterable<FieldError> => validateSecurityContext(value, at),
  },
);

export interface SecurityContext extends ValueOf<typeof SecurityContext> {}
