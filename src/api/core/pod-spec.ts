import { Affinity, Toleration, TopologySpreadConstraint } from "./affinity.ts";
import { Container, EphemeralContainer, ResourceRequirements } from "./container.ts";
import { LocalObjectReference } from "./references.ts";
import { PodSecurityContext } from "./security-context.ts";
import { Volume } from "./volume-sources.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, type ValueOf } from "#schema/struct.ts";

export const HostAlias = s.struct("core/v1.HostAlias", {
  ip: s.string(1, { required: true }),
  hostnames: s.list(2, "string", { listType: "atomic" }),
});

export interface HostAlias extends ValueOf<typeof HostAlias> {}

export const PodDNSConfigOption = s.struct("core/v1.PodDNSConfigOption", {
  name: s.string(1),
  value: s.string(2, { optional: true }),
});

export interface PodDNSConfigOption extends ValueOf<typeof PodDNSConfigOption> {}

export const PodDNSConfig = s.struct("core/v1.PodDNSConfig", {
  nameservers: s.list(1, "string", { listType: "atomic" }),
  searches: s.list(2, "string", { listType: "atomic" }),
  options: s.list(3, PodDNSConfigOption, { listType: "atomic" }),
});

export interface PodDNSConfig extends ValueOf<typeof PodDNSConfig> {}

export const PodOS = s.struct("core/v1.PodOS", {
  name: s.string(1, { required: true }),
});

export interface PodOS extends ValueOf<typeof PodOS> {}

export const PodReadinessGate = s.struct("core/v1.PodReadinessGate", {
  conditionType: s.string(1, { required: true }),
});

export interface PodReadinessGate extends ValueOf<typeof PodReadinessGate> {}

export const PodResourceClaim = s.struct("core/v1.PodResourceClaim", {
  name: s.string(1, { required: true }),
  resourceClaimName: s.string(3, { optional: true }),
  resourceClaimTemplateName: s.string(4, { optional: true }),
});

export interface PodResourceClaim extends ValueOf<typeof PodResourceClaim> {}

export const PodSchedulingGate = s.struct("core/v1.PodSchedulingGate", {
  name: s.string(1, { required: true }),
});

export interface PodSchedulingGate extends ValueOf<typeof PodSchedulingGate> {}

export const PodSchedulingGroup = s.struct(
  "core/v1.PodSchedulingGroup",
  {
    podGroupName: s.string(1, { optional: true, oneOfGroup: "GroupSelection" }),
  },
  { unions: [{ "fields-to-discriminateBy": { podGroupName: "PodGroupName" } }] },
);

export interface PodSchedulingGroup extends ValueOf<typeof PodSchedulingGroup> {}

export const PodSpec = s.struct("core/v1.PodSpec", {
  volumes: s.list(1, Volume, {
    listType: "map",
    keys: ["name"],
    patch: "merge,retainKeys",
    patchKey: "name",
  }),
  initContainers: s.list(20, Container, {
    listType: "map",
    keys: ["name"],
    patch: "merge",
    patchKey: "name",
  }),
  containers: s.list(2, Container, {
    required: true,
    listType: "map",
    keys: ["name"],
    patch: "merge",
    patchKey: "name",
  }),
  ephemeralContainers: s.list(34, EphemeralContainer, {
    listType: "map",
    keys: ["name"],
    patch: "merge",
    patchKey: "name",
  }),
  restartPolicy: s.oneOf(3, ["Always", "Never", "OnFailure"]),
  terminationGracePeriodSeconds: s.int64(4, { optional: true }),
  activeDeadlineSeconds: s.int64(5, { optional: true }),
  dnsPolicy: s.oneOf(6, ["ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"]),
  nodeSelector: s.map(7, "string", { mapType: "atomic" }),
  serviceAccountName: s.string(8),
  serviceAccount: s.string(9, { deprecated: true }),
  automountServiceAccountToken: s.boolean(21, { optional: true }),
  nodeName: s.string(10),
  hostNetwork: s.boolean(11),
  hostPID: s.boolean(12),
  hostIPC: s.boolean(13),
  shareProcessNamespace: s.boolean(27, { optional: true }),
  securityContext: s.object(14, PodSecurityContext, { optional: true }),
  imagePullSecrets: s.list(15, LocalObjectReference, {
    listType: "map",
    keys: ["name"],
    patch: "merge",
    patchKey: "name",
  }),
  hostname: s.string(16),
  subdomain: s.string(17),
  affinity: s.object(18, Affinity, { optional: true }),
  schedulerName: s.string(19),
  tolerations: s.list(22, Toleration, { listType: "atomic" }),
  hostAliases: s.list(23, HostAlias, {
    listType: "map",
    keys: ["ip"],
    patch: "merge",
    patchKey: "ip",
  }),
  priorityClassName: s.string(24),
  priority: s.int32(25, { optional: true }),
  dnsConfig: s.object(26, PodDNSConfig, { optional: true }),
  readinessGates: s.list(28, PodReadinessGate, { listType: "atomic" }),
  runtimeClassName: s.string(29, { optional: true }),
  enableServiceLinks: s.boolean(30, { optional: true }),
  preemptionPolicy: s.oneOf(31, ["Never", "PreemptLowerPriority"], { optional: true }),
  overhead: s.map(32, "quantity"),
  topologySpreadConstraints: s.list(33, TopologySpreadConstraint, {
    listType: "map",
    keys: ["topologyKey", "whenUnsatisfiable"],
    patch: "merge",
    patchKey: "topologyKey",
  }),
  setHostnameAsFQDN: s.boolean(35, { optional: true }),
  os: s.object(36, PodOS, { optional: true }),
  hostUsers: s.boolean(37, { optional: true }),
  schedulingGates: s.list(38, PodSchedulingGate, {
    listType: "map",
    keys: ["name"],
    patch: "merge",
    patchKey: "name",
  }),
  resourceClaims: s.list(39, PodResourceClaim, {
    listType: "map",
    keys: ["name"],
    patch: "merge,retainKeys",
    patchKey: "name",
    gate: "DynamicResourceAllocation",
  }),
  resources: s.object(40, ResourceRequirements, { optional: true, gate: "PodLevelResources" }),
  hostnameOverride: s.string(41, { optional: true, gate: "HostnameOverride" }),
  schedulingGroup: s.object(43, PodSchedulingGroup, { optional: true, gate: "GenericWorkload" }),
});

export interface PodSpec extends ValueOf<typeof PodSpec> {}

export const PodTemplateSpec = s.struct("core/v1.PodTemplateSpec", {
  metadata: s.object(1, ObjectMeta),
  spec: s.object(2, PodSpec),
});

export interface PodTemplateSpec extends ValueOf<typeof PodTemplateSpec> {}
