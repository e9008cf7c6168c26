import { ageColumn, nameColumn } from "#api/columns.ts";
import { addressText, kernelText, nodeStatusText, rolesText } from "./node-columns.ts";
import { validateNode, validateNodeUpdate } from "./node-validation.ts";
import { roundUpToMilli } from "./resource-amounts.ts";
import type { FieldError } from "#schema/field-error.ts";
import { defineKind, type ObjectOf } from "#api/kind.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const AttachedVolume = s.struct("core/v1.AttachedVolume", {
  name: s.string(1, { doc: "Name of the volume.", required: true }),
  devicePath: s.string(2, { doc: "Where the device is.", required: true }),
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
  names: s.list(1, "string", {
    doc: "Its names, with tags and digests.",
    always: true,
    listType: "atomic",
  }),
  sizeBytes: s.int64(2, { doc: "Its size." }),
});

export interface ContainerImage extends ValueOf<typeof ContainerImage> {}

export const DaemonEndpoint = s.struct("core/v1.DaemonEndpoint", {
  Port: s.int32(1, { required: true }),
});

export interface DaemonEndpoint extends ValueOf<typeof DaemonEndpoint> {}

export const NodeAddress = s.struct("core/v1.NodeAddress", {
  type: s.string(1, {
    doc: "Hostname, InternalIP, ExternalIP, InternalDNS or ExternalDNS.",
    required: true,
  }),
  address: s.string(2, { doc: "The address.", required: true }),
});

export interface NodeAddress extends ValueOf<typeof NodeAddress> {}

export const NodeCondition = s.struct("core/v1.NodeCondition", {
  type: s.string(1, { doc: "What it is about.", required: true }),
  status: s.string(2, { doc: "True, False or Unknown.", required: true }),
  lastHeartbeatTime: s.time(3, { doc: "When it was reported last." }),
  lastTransitionTime: s.time(4, { doc: "When the status changed last." }),
  reason: s.string(5, { doc: "Why, in one word for machines." }),
  message: s.string(6, { doc: "Why, for people." }),
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
  key: s.string(1, { doc: "Key of the taint.", required: true }),
  value: s.string(2, { doc: "Value of the taint." }),
  effect: s.oneOf(3, ["NoSchedule", "PreferNoSchedule", "NoExecute"], {
    doc: "NoSchedule keeps new pods away, PreferNoSchedule if possible; NoExecute removes running ones too.",
    required: true,
    checkedByOwner: true,
  }),
  timeAdded: s.time(4, { doc: "Since when; for NoExecute.", optional: true }),
});

export interface Taint extends ValueOf<typeof Taint> {}

export const NodeSpec = s.struct(
  "core/v1.NodeSpec",
  {
    podCIDR: s.string(1, { doc: "Network of the pods on it." }),
    podCIDRs: s.list(7, "string", {
      doc: "Networks of the pods on it, one of each family.",
      listType: "set",
      patch: "merge",
    }),
    providerID: s.string(3, { doc: "What its provider calls it." }),
    unschedulable: s.boolean(4, { doc: "It takes no new pods." }),
    taints: s.list(5, Taint, {
      doc: "Marks that keep pods away that do not tolerate them.",
      listType: "atomic",
    }),
    configSource: s.object(6, NodeConfigSource, { optional: true, deprecated: true }),
    externalID: s.string(2, { deprecated: true }),
  },
  {
    doc: "What is set of a node: its addresses for pods, and what keeps pods away.",
    defaults(draft): void {
      // Old clients know one network, new ones a list of them.
      const { podCIDR, podCIDRs = [] } = draft;
      if (podCIDR && podCIDRs[0] !== podCIDR) draft.podCIDRs = [podCIDR];
      else if (!podCIDR && podCIDRs[0]) draft.podCIDR = podCIDRs[0];
    },
  },
);

export interface NodeSpec extends ValueOf<typeof NodeSpec> {}

export const NodeSwapStatus = s.struct("core/v1.NodeSwapStatus", {
  capacity: s.int64(1, { optional: true }),
});

export interface NodeSwapStatus extends ValueOf<typeof NodeSwapStatus> {}

export const NodeSystemInfo = s.struct("core/v1.NodeSystemInfo", {
  machineID: s.string(1, { doc: "Identity of the machine.", required: true }),
  systemUUID: s.string(2, { doc: "Identity of the hardware.", required: true }),
  bootID: s.string(3, { doc: "Changes with every start.", required: true }),
  kernelVersion: s.string(4, { doc: "Version of the kernel.", required: true }),
  osImage: s.string(5, { doc: "Name of the operating system.", required: true }),
  containerRuntimeVersion: s.string(6, {
    doc: "What runs containers, and its version.",
    required: true,
  }),
  kubeletVersion: s.string(7, { doc: "Version of the kubelet.", required: true }),
  kubeProxyVersion: s.string(8, { doc: "Unused.", required: true, deprecated: true }),
  operatingSystem: s.string(9, { doc: "As in `linux`.", required: true }),
  architecture: s.string(10, { doc: "As in `amd64`.", required: true }),
  swap: s.object(11, NodeSwapStatus, { doc: "Swap space.", optional: true }),
});

export interface NodeSystemInfo extends ValueOf<typeof NodeSystemInfo> {}

export const NodeStatus = s.struct(
  "core/v1.NodeStatus",
  {
    capacity: s.map(1, "quantity", { doc: "All of its resources." }),
    allocatable: s.map(2, "quantity", { doc: "What of them is there for pods." }),
    phase: s.oneOf(3, ["Pending", "Running", "Terminated"], {
      doc: "Unused.",
      checkedByOwner: true,
    }),
    conditions: s.list(4, NodeCondition, {
      doc: "What holds of it, and since when.",
      listType: "map",
      keys: ["type"],
      patch: "merge",
      patchKey: "type",
    }),
    addresses: s.list(5, NodeAddress, {
      doc: "Names and addresses.",
      listType: "map",
      keys: ["type"],
      patch: "merge",
      patchKey: "type",
    }),
    daemonEndpoints: s.object(6, NodeDaemonEndpoints, { doc: "Where its kubelet listens." }),
    nodeInfo: s.object(7, NodeSystemInfo, { doc: "Its system and versions." }),
    images: s.list(8, ContainerImage, { doc: "Images that it has.", listType: "atomic" }),
    volumesInUse: s.list(9, "string", { doc: "Volumes that it uses.", listType: "atomic" }),
    volumesAttached: s.list(10, AttachedVolume, {
      doc: "Volumes that are attached to it.",
      listType: "atomic",
    }),
    config: s.object(11, NodeConfigStatus, { optional: true }),
    runtimeHandlers: s.list(12, NodeRuntimeHandler, {
      doc: "What the runtime can do.",
      listType: "atomic",
    }),
    features: s.object(13, NodeFeatures, {
      doc: "What the node can do.",
      optional: true,
      gate: "SupplementalGroupsPolicy",
    }),
    declaredFeatures: s.list(14, "string", {
      doc: "Features that pods may depend on.",
      listType: "atomic",
      gate: "NodeDeclaredFeatures",
    }),
  },
  {
    doc: "What its kubelet reports of a node.",
    defaults(draft): void {
      if (draft.capacity) draft.allocatable ??= { ...draft.capacity };
      roundUpToMilli(draft.capacity);
      roundUpToMilli(draft.allocatable);
    },
  },
);

export interface NodeStatus extends ValueOf<typeof NodeStatus> {}

export const Node = defineKind({
  group: "",
  version: "v1",
  kind: "Node",
  doc: "A machine, real or virtual, that runs pods.",
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
  columns: [
    nameColumn,
    {
      name: "Status",
      type: "string",
      doc: "Whether it is ready, and takes new pods.",
      cell: (node) => nodeStatusText(node),
    },
    { name: "Roles", type: "string", doc: "What it is for.", cell: (node) => rolesText(node) },
    ageColumn,
    {
      name: "Version",
      type: "string",
      doc: "Version of its kubelet.",
      cell: ({ status }) => status.nodeInfo.kubeletVersion,
    },
    {
      name: "Internal-IP",
      type: "string",
      wide: true,
      doc: "Its address inside the cluster.",
      cell: ({ status }) => addressText(status, "InternalIP"),
    },
    {
      name: "External-IP",
      type: "string",
      wide: true,
      doc: "Its address outside.",
      cell: ({ status }) => addressText(status, "ExternalIP"),
    },
    {
      name: "OS-Image",
      type: "string",
      wide: true,
      doc: "Its operating system.",
      cell: ({ status }) => status.nodeInfo.osImage || "<unknown>",
    },
    {
      name: "Kernel-Version",
      type: "string",
      wide: true,
      doc: "Its kernel and architecture.",
      cell: ({ status }) => kernelText(status),
    },
    {
      name: "Container-Runtime",
      type: "string",
      wide: true,
      doc: "What runs its containers.",
      cell: ({ status }) => status.nodeInfo.containerRuntimeVersion || "<unknown>",
    },
  ],
  selectableFields: { "spec.unschedulable": ({ spec }) => String(spec.unschedulable ?? false) },
  prepareForCreate(draft): void {
    delete draft.spec.configSource;
    delete draft.status.config;
  },
  prepareForUpdate(draft, old): void {
    if (!old.spec.configSource) delete draft.spec.configSource;
  },
  validate: (node): Iterable<FieldError> => validateNode(node),
  validateUpdate: (node, old): Iterable<FieldError> => validateNodeUpdate(node, old),
  *warnings({ spec }): Iterable<string> {
    // exact: apiserver
    if (spec.configSource) yield "spec.configSource: the feature is no longer supported";
    if (spec.externalID) {
      yield "spec.externalID: this field is deprecated, and is unused by Kubernetes";
    }
  },
  status: {
    isKeptOnCreate: true,
    validate: (node, old): Iterable<FieldError> => validateNodeUpdate(node, old),
  },
});

export interface Node extends ObjectOf<typeof Node> {}
