import { EnvFromSource, EnvVar } from "./environment.ts";
import { Lifecycle, Probe } from "./probe.ts";
import { SecurityContext } from "./security-context.ts";
import { s, type ValueOf } from "#schema/struct.ts";

export const ContainerPort = s.struct("core/v1.ContainerPort", {
  name: s.string(1),
  hostPort: s.int32(2),
  containerPort: s.int32(3, { required: true }),
  protocol: s.oneOf(4, ["SCTP", "TCP", "UDP"], { default: "TCP" }),
  hostIP: s.string(5),
});

export interface ContainerPort extends ValueOf<typeof ContainerPort> {}

export const ResourceClaim = s.struct("core/v1.ResourceClaim", {
  name: s.string(1, { required: true }),
  request: s.string(2),
});

export interface ResourceClaim extends ValueOf<typeof ResourceClaim> {}

export const ResourceRequirements = s.struct("core/v1.ResourceRequirements", {
  limits: s.map(1, "quantity"),
  requests: s.map(2, "quantity"),
  claims: s.list(3, ResourceClaim, {
    listType: "map",
    keys: ["name"],
    gate: "DynamicResourceAllocation",
  }),
});

export interface ResourceRequirements extends ValueOf<typeof ResourceRequirements> {}

export const VolumeMount = s.struct("core/v1.VolumeMount", {
  name: s.string(1, { required: true }),
  readOnly: s.boolean(2),
  recursiveReadOnly: s.string(7, { optional: true }),
  mountPath: s.string(3, { required: true }),
  subPath: s.string(4),
  mountPropagation: s.oneOf(5, ["Bidirectional", "HostToContainer", "None"], { optional: true }),
  subPathExpr: s.string(6),
});

export interface VolumeMount extends ValueOf<typeof VolumeMount> {}

export const VolumeDevice = s.struct("core/v1.VolumeDevice", {
  name: s.string(1, { required: true }),
  devicePath: s.string(2, { required: true }),
});

export interface VolumeDevice extends ValueOf<typeof VolumeDevice> {}

export const ContainerResizePolicy = s.struct("core/v1.ContainerResizePolicy", {
  resourceName: s.string(1, { required: true }),
  restartPolicy: s.string(2, { required: true }),
});

export interface ContainerResizePolicy extends ValueOf<typeof ContainerResizePolicy> {}

export const ContainerRestartRuleOnExitCodes = s.struct("core/v1.ContainerRestartRuleOnExitCodes", {
  operator: s.string(1, { required: true, omitEmpty: true }),
  values: s.list(2, "int32", { listType: "set" }),
});

export interface ContainerRestartRuleOnExitCodes extends ValueOf<
  typeof ContainerRestartRuleOnExitCodes
> {}

export const ContainerRestartRule = s.struct("core/v1.ContainerRestartRule", {
  action: s.string(1, { required: true, omitEmpty: true }),
  exitCodes: s.object(2, ContainerRestartRuleOnExitCodes, { optional: true, oneOfGroup: "when" }),
});

export interface ContainerRestartRule extends ValueOf<typeof ContainerRestartRule> {}

export const Container = s.struct("core/v1.Container", {
  name: s.string(1, { required: true }),
  image: s.string(2),
  command: s.list(3, "string", { listType: "atomic" }),
  args: s.list(4, "string", { listType: "atomic" }),
  workingDir: s.string(5),
  ports: s.list(6, ContainerPort, {
    listType: "map",
    keys: ["containerPort", "protocol"],
    patch: "merge",
    patchKey: "containerPort",
  }),
  envFrom: s.list(19, EnvFromSource, { listType: "atomic" }),
  env: s.list(7, EnvVar, { listType: "map", keys: ["name"], patch: "merge", patchKey: "name" }),
  resources: s.object(8, ResourceRequirements),
  resizePolicy: s.list(23, ContainerResizePolicy, {
    listType: "atomic",
    gate: "InPlacePodVerticalScaling",
  }),
  restartPolicy: s.string(24, { optional: true }),
  restartPolicyRules: s.list(25, ContainerRestartRule, {
    listType: "atomic",
    gate: "ContainerRestartRules",
  }),
  volumeMounts: s.list(9, VolumeMount, {
    listType: "map",
    keys: ["mountPath"],
    patch: "merge",
    patchKey: "mountPath",
  }),
  volumeDevices: s.list(21, VolumeDevice, {
    listType: "map",
    keys: ["devicePath"],
    patch: "merge",
    patchKey: "devicePath",
  }),
  livenessProbe: s.object(10, Probe, { optional: true }),
  readinessProbe: s.object(11, Probe, { optional: true }),
  startupProbe: s.object(22, Probe, { optional: true }),
  lifecycle: s.object(12, Lifecycle, { optional: true }),
  terminationMessagePath: s.string(13),
  terminationMessagePolicy: s.oneOf(20, ["FallbackToLogsOnError", "File"]),
  imagePullPolicy: s.oneOf(14, ["Always", "IfNotPresent", "Never"]),
  securityContext: s.object(15, SecurityContext, { optional: true }),
  stdin: s.boolean(16),
  stdinOnce: s.boolean(17),
  tty: s.boolean(18),
});

export interface Container extends ValueOf<typeof Container> {}

export const EphemeralContainerCommon = s.struct("core/v1.EphemeralContainerCommon", {
  name: s.string(1, { required: true }),
  image: s.string(2),
  command: s.list(3, "string", { listType: "atomic" }),
  args: s.list(4, "string", { listType: "atomic" }),
  workingDir: s.string(5),
  ports: s.list(6, ContainerPort, {
    listType: "map",
    keys: ["containerPort", "protocol"],
    patch: "merge",
    patchKey: "containerPort",
  }),
  envFrom: s.list(19, EnvFromSource, { listType: "atomic" }),
  env: s.list(7, EnvVar, { listType: "map", keys: ["name"], patch: "merge", patchKey: "name" }),
  resources: s.object(8, ResourceRequirements),
  resizePolicy: s.list(23, ContainerResizePolicy, {
    listType: "atomic",
    gate: "InPlacePodVerticalScaling",
  }),
  restartPolicy: s.string(24, { optional: true }),
  restartPolicyRules: s.list(25, ContainerRestartRule, {
    listType: "atomic",
    gate: "ContainerRestartRules",
  }),
  volumeMounts: s.list(9, VolumeMount, {
    listType: "map",
    keys: ["mountPath"],
    patch: "merge",
    patchKey: "mountPath",
  }),
  volumeDevices: s.list(21, VolumeDevice, {
    listType: "map",
    keys: ["devicePath"],
    patch: "merge",
    patchKey: "devicePath",
  }),
  livenessProbe: s.object(10, Probe, { optional: true }),
  readinessProbe: s.object(11, Probe, { optional: true }),
  startupProbe: s.object(22, Probe, { optional: true }),
  lifecycle: s.object(12, Lifecycle, { optional: true }),
  terminationMessagePath: s.string(13),
  terminationMessagePolicy: s.oneOf(20, ["FallbackToLogsOnError", "File"]),
  imagePullPolicy: s.oneOf(14, ["Always", "IfNotPresent", "Never"]),
  securityContext: s.object(15, SecurityContext, { optional: true }),
  stdin: s.boolean(16),
  stdinOnce: s.boolean(17),
  tty: s.boolean(18),
});

export interface EphemeralContainerCommon extends ValueOf<typeof EphemeralContainerCommon> {}

export const EphemeralContainer = s.struct("core/v1.EphemeralContainer", {
  ephemeralContainerCommon: s.inline(1, EphemeralContainerCommon, {
    protoName: "ephemeralContainerCommon",
  }),
  targetContainerName: s.string(2),
});

export interface EphemeralContainer extends ValueOf<typeof EphemeralContainer> {}
