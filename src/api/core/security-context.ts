import { s, type ValueOf } from "#schema/struct.ts";

export const AppArmorProfile = s.struct(
  "core/v1.AppArmorProfile",
  {
    type: s.oneOf(1, ["Localhost", "RuntimeDefault", "Unconfined"], { required: true }),
    localhostProfile: s.string(2, { optional: true }),
  },
  {
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
  add: s.list(1, "string", { listType: "atomic" }),
  drop: s.list(2, "string", { listType: "atomic" }),
});

export interface Capabilities extends ValueOf<typeof Capabilities> {}

export const SELinuxOptions = s.struct("core/v1.SELinuxOptions", {
  user: s.string(1),
  role: s.string(2),
  type: s.string(3),
  level: s.string(4),
});

export interface SELinuxOptions extends ValueOf<typeof SELinuxOptions> {}

export const Sysctl = s.struct("core/v1.Sysctl", {
  name: s.string(1, { required: true }),
  value: s.string(2, { required: true }),
});

export interface Sysctl extends ValueOf<typeof Sysctl> {}

export const WindowsSecurityContextOptions = s.struct("core/v1.WindowsSecurityContextOptions", {
  gmsaCredentialSpecName: s.string(1, { optional: true }),
  gmsaCredentialSpec: s.string(2, { optional: true }),
  runAsUserName: s.string(3, { optional: true }),
  hostProcess: s.boolean(4, { optional: true }),
});

export interface WindowsSecurityContextOptions extends ValueOf<
  typeof WindowsSecurityContextOptions
> {}

export const SeccompProfile = s.struct(
  "core/v1.SeccompProfile",
  {
    type: s.oneOf(1, ["Localhost", "RuntimeDefault", "Unconfined"], { required: true }),
    localhostProfile: s.string(2, { optional: true }),
  },
  {
    unions: [
      {
        discriminator: "type",
        "fields-to-discriminateBy": { localhostProfile: "LocalhostProfile" },
      },
    ],
  },
);

export interface SeccompProfile extends ValueOf<typeof SeccompProfile> {}

export const PodSecurityContext = s.struct("core/v1.PodSecurityContext", {
  seLinuxOptions: s.object(1, SELinuxOptions, { optional: true }),
  windowsOptions: s.object(8, WindowsSecurityContextOptions, { optional: true }),
  runAsUser: s.int64(2, { optional: true }),
  runAsGroup: s.int64(6, { optional: true }),
  runAsNonRoot: s.boolean(3, { optional: true }),
  supplementalGroups: s.list(4, "int64", { listType: "atomic" }),
  supplementalGroupsPolicy: s.oneOf(12, ["Merge", "Strict"], {
    optional: true,
    gate: "SupplementalGroupsPolicy",
  }),
  fsGroup: s.int64(5, { optional: true }),
  sysctls: s.list(7, Sysctl, { listType: "atomic" }),
  fsGroupChangePolicy: s.oneOf(9, ["Always", "OnRootMismatch"], { optional: true }),
  seccompProfile: s.object(10, SeccompProfile, { optional: true }),
  appArmorProfile: s.object(11, AppArmorProfile, { optional: true }),
  seLinuxChangePolicy: s.string(13, { optional: true, gate: "SELinuxChangePolicy" }),
});

export interface PodSecurityContext extends ValueOf<typeof PodSecurityContext> {}

export const SecurityContext = s.struct("core/v1.SecurityContext", {
  capabilities: s.object(1, Capabilities, { optional: true }),
  privileged: s.boolean(2, { optional: true }),
  seLinuxOptions: s.object(3, SELinuxOptions, { optional: true }),
  windowsOptions: s.object(10, WindowsSecurityContextOptions, { optional: true }),
  runAsUser: s.int64(4, { optional: true }),
  runAsGroup: s.int64(8, { optional: true }),
  runAsNonRoot: s.boolean(5, { optional: true }),
  readOnlyRootFilesystem: s.boolean(6, { optional: true }),
  allowPrivilegeEscalation: s.boolean(7, { optional: true }),
  procMount: s.oneOf(9, ["Default", "Unmasked"], { optional: true }),
  seccompProfile: s.object(11, SeccompProfile, { optional: true }),
  appArmorProfile: s.object(12, AppArmorProfile, { optional: true }),
});

export interface SecurityContext extends ValueOf<typeof SecurityContext> {}
