import { defineKind, type ObjectOf } from "#api/kind.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const AttachedVolume = s.struct("core/v1.AttachedVolume", {
  name: s.string(1, { required: true }),
  devicePath: s.string(2, { required: true }),
});

export interface AttachedVolume extends ValueOf<typeof AttachedVolume> {}

export const ConfigMapNodeConfigSource = s.struct("core/v1.ConfigMapNodeConfigSource", {
  namespace: s.string(1, { required: true }),
  name: s.string(2, { required: true }),
  uid: s.string(3),
  resourceVersion: s.string(4),
  kubeletConfigKey: s.string(5, { required: true }),
});

export interface ConfigMapNodeConfigSource extends ValueOf<typeof ConfigMapNodeConfigSource> {}

export const ContainerImage = s.struct("core/v1.ContainerImage", {
  names: s.list(1, "string", { always: true, listType: "atomic" }),
  sizeBytes: s.int64(2),
});

export interface ContainerImage extends ValueOf<typeof ContainerImage> {}

export const DaemonEndpoint = s.struct("core/v1.DaemonEndpoint", {
  Port: s.int32(1, { required: true }),
});

export interface DaemonEndpoint extends ValueOf<typeof DaemonEndpoint> {}

export const NodeAddress = s.struct("core/v1.NodeAddress", {
  type: s.string(1, { required: true }),
  address: s.string(2, { required: true }),
});

export interface NodeAddress extends ValueOf<typeof NodeAddress> {}

export const NodeCondition = s.struct("core/v1.NodeCondition", {
  type: s.string(1, { required: true }),
  status: s.string(2, { required: true }),
  lastHeartbeatTime: s.time(3),
  lastTransitionTime: s.time(4),
  reason: s.string(5),
  message: s.string(6),
});

export interface NodeCondition extends ValueOf<typeof NodeCondition> {}

export const NodeConfigSource = s.struct("core/v1.NodeConfigSource", {
  configMap: s.object(2, ConfigMapNodeConfigSource, { optional: true }),
});

export interface NodeConfigSource extends ValueOf<typeof NodeConfigSource> {}

export const NodeConfigStatus = s.struct("core/v1.NodeConfigStatus", {
  assigned: s.object(1, NodeConfigSource, { optional: true }),
  active: s.object(2, NodeConfigSource, { optional: true }),
  lastKnownGood: s.object(3, NodeConfigSource, { optional: true }),
  error: s.string(4),
});

export interface NodeConfigStatus extends ValueOf<typeof NodeConfigStatus> {}

export const NodeDaemonEndpoints = s.struct("core/v1.NodeDaemonEndpoints", {
  kubeletEndpoint: s.object(1, DaemonEndpoint),
});

export interface NodeDaemonEndpoints extends ValueOf<typeof NodeDaemonEndpoints> {}

export const NodeFeatures = s.struct("core/v1.NodeFeatures", {
  supplementalGroupsPolicy: s.boolean(1, { optional: true }),
});

export interface NodeFeatures extends ValueOf<typeof NodeFeatures> {}

export const NodeRuntimeHandlerFeatures = s.struct("core/v1.NodeRuntimeHandlerFeatures", {
  recursiveReadOnlyMounts: s.boolean(1, { optional: true }),
  userNamespaces: s.boolean(2, { optional: true }),
});

export interface NodeRuntimeHandlerFeatures extends ValueOf<typeof NodeRuntimeHandlerFeatures> {}

export const NodeRuntimeHandler = s.struct("core/v1.NodeRuntimeHandler", {
  name: s.string(1, { always: true }),
  features: s.object(2, NodeRuntimeHandlerFeatures, { optional: true }),
});

export interface NodeRuntimeHandler extends ValueOf<typeof NodeRuntimeHandler> {}

export const Taint = s.struct("core/v1.Taint", {
  key: s.string(1, { required: true }),
  value: s.string(2),
  effect: s.oneOf(3, ["NoExecute", "NoSchedule", "PreferNoSchedule"], { required: true }),
  timeAdded: s.time(4, { optional: true }),
});

export interface Taint extends ValueOf<typeof Taint> {}

export const NodeSpec = s.struct("core/v1.NodeSpec", {
  podCIDR: s.string(1),
  podCIDRs: s.list(7, "string", { listType: "set", patch: "merge" }),
  providerID: s.string(3),
  unschedulable: s.boolean(4),
  taints: s.list(5, Taint, { listType: "atomic" }),
  configSource: s.object(6, NodeConfigSource, { optional: true, deprecated: true }),
  externalID: s.string(2, { deprecated: true }),
});

export interface NodeSpec extends ValueOf<typeof NodeSpec> {}

export const NodeSwapStatus = s.struct("core/v1.NodeSwapStatus", {
  capacity: s.int64(1, { optional: true }),
});

export interface NodeSwapStatus extends ValueOf<typeof NodeSwapStatus> {}

export const NodeSystemInfo = s.struct("core/v1.NodeSystemInfo", {
  machineID: s.string(1, { required: true }),
  systemUUID: s.string(2, { required: true }),
  bootID: s.string(3, { required: true }),
  kernelVersion: s.string(4, { required: true }),
  osImage: s.string(5, { required: true }),
  containerRuntimeVersion: s.string(6, { required: true }),
  kubeletVersion: s.string(7, { required: true }),
  kubeProxyVersion: s.string(8, { required: true, deprecated: true }),
  operatingSystem: s.string(9, { required: true }),
  architecture: s.string(10, { required: true }),
  swap: s.object(11, NodeSwapStatus, { optional: true }),
});

export interface NodeSystemInfo extends ValueOf<typeof NodeSystemInfo> {}

export const NodeStatus = s.struct("core/v1.NodeStatus", {
  capacity: s.map(1, "quantity"),
  allocatable: s.map(2, "quantity"),
  phase: s.oneOf(3, ["Pending", "Running", "Terminated"]),
  conditions: s.list(4, NodeCondition, {
    listType: "map",
    keys: ["type"],
    patch: "merge",
    patchKey: "type",
  }),
  addresses: s.list(5, NodeAddress, {
    listType: "map",
    keys: ["type"],
    patch: "merge",
    patchKey: "type",
  }),
  daemonEndpoints: s.object(6, NodeDaemonEndpoints),
  nodeInfo: s.object(7, NodeSystemInfo),
  images: s.list(8, ContainerImage, { listType: "atomic" }),
  volumesInUse: s.list(9, "string", { listType: "atomic" }),
  volumesAttached: s.list(10, AttachedVolume, { listType: "atomic" }),
  config: s.object(11, NodeConfigStatus, { optional: true }),
  runtimeHandlers: s.list(12, NodeRuntimeHandler, { listType: "atomic" }),
  features: s.object(13, NodeFeatures, { optional: true, gate: "SupplementalGroupsPolicy" }),
  declaredFeatures: s.list(14, "string", { listType: "atomic", gate: "NodeDeclaredFeatures" }),
});

export interface NodeStatus extends ValueOf<typeof NodeStatus> {}

export const Node = defineKind({
  group: "",
  version: "v1",
  kind: "Node",
  plural: "nodes",
  shortNames: ["no"],
  scope: "Cluster",
  storage: { prefix: "/registry/minions", hash: "XwShjMxG9Fs=" },
  schema: s.struct("core/v1.Node", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, NodeSpec),
    status: s.object(3, NodeStatus),
  }),
  status: {},
});

export interface Node extends ObjectOf<typeof Node> {}
