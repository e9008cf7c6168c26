import { roundUpToMilli } from "./resource-amounts.ts";
import { ResourceRequirements } from "./container.ts";
import { s, type ValueOf } from "#schema/struct.ts";
import { stopSignals } from "./stop-signals.ts";

export const ContainerExtendedResourceRequest = s.struct(
  "core/v1.ContainerExtendedResourceRequest",
  {
    containerName: s.string(1, { required: true }),
    resourceName: s.string(2, { required: true }),
    requestName: s.string(3, { required: true }),
  },
);

export interface ContainerExtendedResourceRequest extends ValueOf<
  typeof ContainerExtendedResourceRequest
> {}

export const ContainerStateWaiting = s.struct("core/v1.ContainerStateWaiting", {
  reason: s.string(1, { doc: "Why, in one word for machines." }),
  message: s.string(2, { doc: "Why, for people." }),
});

export interface ContainerStateWaiting extends ValueOf<typeof ContainerStateWaiting> {}

export const ContainerStateRunning = s.struct("core/v1.ContainerStateRunning", {
  startedAt: s.time(1, { doc: "Since when." }),
});

export interface ContainerStateRunning extends ValueOf<typeof ContainerStateRunning> {}

export const ContainerStateTerminated = s.struct("core/v1.ContainerStateTerminated", {
  exitCode: s.int32(1, { doc: "How it ended.", required: true }),
  signal: s.int32(2, { doc: "What it was ended by." }),
  reason: s.string(3, { doc: "Why, in one word for machines." }),
  message: s.string(4, { doc: "Why, for people." }),
  startedAt: s.time(5, { doc: "When it started." }),
  finishedAt: s.time(6, { doc: "When it ended." }),
  containerID: s.string(7, { doc: "Its identity, as the runtime has it." }),
});

export interface ContainerStateTerminated extends ValueOf<typeof ContainerStateTerminated> {}

export const ContainerState = s.struct("core/v1.ContainerState", {
  waiting: s.object(1, ContainerStateWaiting, { doc: "It is not running yet.", optional: true }),
  running: s.object(2, ContainerStateRunning, { doc: "It is running.", optional: true }),
  terminated: s.object(3, ContainerStateTerminated, { doc: "It ended.", optional: true }),
});

export interface ContainerState extends ValueOf<typeof ContainerState> {}

export const ImageVolumeStatus = s.struct("core/v1.ImageVolumeStatus", {
  imageRef: s.string(1, { required: true, omitEmpty: true }),
});

export interface ImageVolumeStatus extends ValueOf<typeof ImageVolumeStatus> {}

export const VolumeStatus = s.struct("core/v1.VolumeStatus", {
  image: s.object(1, ImageVolumeStatus, { optional: true, gate: "ImageVolumeWithDigest" }),
});

export interface VolumeStatus extends ValueOf<typeof VolumeStatus> {}

export const VolumeMountStatus = s.struct("core/v1.VolumeMountStatus", {
  name: s.string(1, { doc: "Name of the volume.", required: true }),
  mountPath: s.string(2, { doc: "Where it is mounted.", required: true }),
  readOnly: s.boolean(3, { doc: "Whether it is read-only." }),
  recursiveReadOnly: s.string(4, {
    doc: "Whether mounts inside of it are read-only too.",
    optional: true,
  }),
  volumeStatus: s.object(5, VolumeStatus, { optional: true }),
});

export interface VolumeMountStatus extends ValueOf<typeof VolumeMountStatus> {}

export const LinuxContainerUser = s.struct("core/v1.LinuxContainerUser", {
  uid: s.int64(1, { doc: "Number of the user.", required: true }),
  gid: s.int64(2, { doc: "Number of the group.", required: true }),
  supplementalGroups: s.list(3, "int64", { doc: "Numbers of further groups.", listType: "atomic" }),
});

export interface LinuxContainerUser extends ValueOf<typeof LinuxContainerUser> {}

export const ContainerUser = s.struct("core/v1.ContainerUser", {
  linux: s.object(1, LinuxContainerUser, { doc: "On Linux.", optional: true }),
});

export interface ContainerUser extends ValueOf<typeof ContainerUser> {}

export const ResourceHealth = s.struct("core/v1.ResourceHealth", {
  resourceID: s.string(1, { required: true }),
  health: s.string(2),
  message: s.string(6, { optional: true, gate: "ResourceHealthStatusMessage" }),
});

export interface ResourceHealth extends ValueOf<typeof ResourceHealth> {}

export const ResourceStatus = s.struct("core/v1.ResourceStatus", {
  name: s.string(1, { required: true }),
  resources: s.list(2, ResourceHealth, { listType: "map", keys: ["resourceID"] }),
});

export interface ResourceStatus extends ValueOf<typeof ResourceStatus> {}

export const ContainerStatus = s.struct(
  "core/v1.ContainerStatus",
  {
    name: s.string(1, { doc: "Name of the container.", required: true }),
    state: s.object(2, ContainerState, { doc: "What it does now." }),
    lastState: s.object(3, ContainerState, { doc: "How it ended the last time." }),
    ready: s.boolean(4, { doc: "It passes its readiness check.", required: true }),
    restartCount: s.int32(5, { doc: "How often it was started again.", required: true }),
    image: s.string(6, { doc: "The image it runs.", required: true }),
    imageID: s.string(7, { doc: "The exact image it runs.", required: true }),
    containerID: s.string(8, { doc: "Its id in the runtime." }),
    started: s.boolean(9, { doc: "It passed its startup check.", optional: true }),
    allocatedResources: s.map(10, "quantity", { doc: "What the node set aside for it." }),
    resources: s.object(11, ResourceRequirements, {
      doc: "What it runs with.",
      optional: true,
      gate: "InPlacePodVerticalScaling",
    }),
    volumeMounts: s.list(12, VolumeMountStatus, {
      doc: "How its volumes are mounted.",
      listType: "map",
      keys: ["mountPath"],
      patch: "merge",
      patchKey: "mountPath",
    }),
    user: s.object(13, ContainerUser, {
      doc: "Who it runs as.",
      optional: true,
      gate: "SupplementalGroupsPolicy",
    }),
    allocatedResourcesStatus: s.list(14, ResourceStatus, {
      doc: "How its devices are.",
      listType: "map",
      keys: ["name"],
      patch: "merge",
      patchKey: "name",
      gate: "ResourceHealthStatus",
    }),
    stopSignal: s.oneOf(15, stopSignals, {
      doc: "The signal that stops it.",
      checkedByOwner: true,
      optional: true,
      gate: "ContainerStopSignals",
    }),
  },
  {
    doc: "What is known of a container.",
    defaults(draft): void {
      roundUpToMilli(draft.allocatedResources);
    },
  },
);

export interface ContainerStatus extends ValueOf<typeof ContainerStatus> {}

export const HostIP = s.struct("core/v1.HostIP", {
  ip: s.string(1, { doc: "The address.", required: true }),
});

export interface HostIP extends ValueOf<typeof HostIP> {}

export const NodeAllocatableResourceClaimStatus = s.struct(
  "core/v1.NodeAllocatableResourceClaimStatus",
  {
    resourceClaimName: s.string(1, { required: true }),
    containers: s.list(2, "string", { listType: "set" }),
    resources: s.map(3, "quantity", { required: true }),
  },
);

export interface NodeAllocatableResourceClaimStatus extends ValueOf<
  typeof NodeAllocatableResourceClaimStatus
> {}

export const PodCondition = s.struct("core/v1.PodCondition", {
  type: s.string(1, { doc: "What it is about.", required: true }),
  observedGeneration: s.int64(7, { doc: "The generation it was found for." }),
  status: s.string(2, { doc: "True, False or Unknown.", required: true }),
  lastProbeTime: s.time(3, { doc: "When it was looked at last." }),
  lastTransitionTime: s.time(4, { doc: "When the status changed last." }),
  reason: s.string(5, { doc: "Why, in one word for machines." }),
  message: s.string(6, { doc: "Why, for people." }),
});

export interface PodCondition extends ValueOf<typeof PodCondition> {}

export const PodExtendedResourceClaimStatus = s.struct("core/v1.PodExtendedResourceClaimStatus", {
  requestMappings: s.list(1, ContainerExtendedResourceRequest, {
    required: true,
    listType: "atomic",
  }),
  resourceClaimName: s.string(2, { required: true }),
});

export interface PodExtendedResourceClaimStatus extends ValueOf<
  typeof PodExtendedResourceClaimStatus
> {}

export const PodIP = s.struct("core/v1.PodIP", {
  ip: s.string(1, { doc: "The address.", required: true }),
});

export interface PodIP extends ValueOf<typeof PodIP> {}

export const PodResourceClaimStatus = s.struct("core/v1.PodResourceClaimStatus", {
  name: s.string(1, { required: true }),
  resourceClaimName: s.string(2, { optional: true }),
});

export interface PodResourceClaimStatus extends ValueOf<typeof PodResourceClaimStatus> {}

export const PodStatus = s.struct(
  "core/v1.PodStatus",
  {
    observedGeneration: s.int64(17, { doc: "The generation that the kubelet acted on." }),
    phase: s.oneOf(1, ["Failed", "Pending", "Running", "Succeeded", "Unknown"], {
      doc: "Pending, Running, Succeeded, Failed or Unknown.",
      checkedByOwner: true,
    }),
    conditions: s.list(2, PodCondition, {
      doc: "What holds of the pod, and since when.",
      listType: "map",
      keys: ["type"],
      patch: "merge",
      patchKey: "type",
    }),
    message: s.string(3, { doc: "Why it is in this state, for people." }),
    reason: s.string(4, { doc: "Why it is in this state, in a word." }),
    nominatedNodeName: s.string(11, { doc: "Node where others are made to give way to it." }),
    hostIP: s.string(5, { doc: "Address of its node." }),
    hostIPs: s.list(16, HostIP, {
      doc: "Addresses of its node.",
      listType: "atomic",
      patch: "merge",
      patchKey: "ip",
    }),
    podIP: s.string(6, { doc: "Its first address." }),
    podIPs: s.list(12, PodIP, {
      doc: "Its addresses, one of each family.",
      listType: "map",
      keys: ["ip"],
      patch: "merge",
      patchKey: "ip",
    }),
    startTime: s.time(7, { doc: "When the kubelet took it on.", optional: true }),
    initContainerStatuses: s.list(10, ContainerStatus, {
      doc: "How its init containers do.",
      listType: "atomic",
    }),
    containerStatuses: s.list(8, ContainerStatus, {
      doc: "How its containers do.",
      listType: "atomic",
    }),
    qosClass: s.oneOf(9, ["BestEffort", "Burstable", "Guaranteed"], {
      doc: "Guaranteed, Burstable or BestEffort, by its requests and limits.",
      checkedByOwner: true,
    }),
    ephemeralContainerStatuses: s.list(13, ContainerStatus, {
      doc: "How its ephemeral containers do.",
      listType: "atomic",
    }),
    resize: s.string(14, { doc: "Unused.", gate: "InPlacePodVerticalScaling", deprecated: true }),
    resourceClaimStatuses: s.list(15, PodResourceClaimStatus, {
      doc: "The claims made for it.",
      listType: "map",
      keys: ["name"],
      patch: "merge,retainKeys",
      patchKey: "name",
      gate: "DynamicResourceAllocation",
    }),
    extendedResourceClaimStatus: s.object(18, PodExtendedResourceClaimStatus, {
      optional: true,
      gate: "DRAExtendedResource",
    }),
    allocatedResources: s.map(19, "quantity", { gate: "InPlacePodLevelResourcesVerticalScaling" }),
    resources: s.object(20, ResourceRequirements, {
      optional: true,
      gate: "InPlacePodLevelResourcesVerticalScaling",
    }),
    nodeAllocatableResourceClaimStatuses: s.list(21, NodeAllocatableResourceClaimStatus, {
      listType: "atomic",
      gate: "DRANodeAllocatableResources",
    }),
  },
  {
    doc: "What is known of a pod: how far it is, its addresses, how its containers do.",
    defaults(draft): void {
      // Old clients know one address, new ones a list of them.
      const { podIP, podIPs = [] } = draft;
      if (podIP && podIPs[0]?.ip !== podIP) draft.podIPs = [{ ip: podIP }];
      else if (!podIP && podIPs[0]) draft.podIP = podIPs[0].ip;
      roundUpToMilli(draft.allocatedResources);
    },
  },
);

export interface PodStatus extends ValueOf<typeof PodStatus> {}
