import { ResourceRequirements } from "./container.ts";
import { s, type ValueOf } from "#schema/struct.ts";

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
  reason: s.string(1),
  message: s.string(2),
});

export interface ContainerStateWaiting extends ValueOf<typeof ContainerStateWaiting> {}

export const ContainerStateRunning = s.struct("core/v1.ContainerStateRunning", {
  startedAt: s.time(1),
});

export interface ContainerStateRunning extends ValueOf<typeof ContainerStateRunning> {}

export const ContainerStateTerminated = s.struct("core/v1.ContainerStateTerminated", {
  exitCode: s.int32(1, { required: true }),
  signal: s.int32(2),
  reason: s.string(3),
  message: s.string(4),
  startedAt: s.time(5),
  finishedAt: s.time(6),
  containerID: s.string(7),
});

export interface ContainerStateTerminated extends ValueOf<typeof ContainerStateTerminated> {}

export const ContainerState = s.struct("core/v1.ContainerState", {
  waiting: s.object(1, ContainerStateWaiting, { optional: true }),
  running: s.object(2, ContainerStateRunning, { optional: true }),
  terminated: s.object(3, ContainerStateTerminated, { optional: true }),
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
  name: s.string(1, { required: true }),
  mountPath: s.string(2, { required: true }),
  readOnly: s.boolean(3),
  recursiveReadOnly: s.string(4, { optional: true }),
  volumeStatus: s.object(5, VolumeStatus, { optional: true }),
});

export interface VolumeMountStatus extends ValueOf<typeof VolumeMountStatus> {}

export const LinuxContainerUser = s.struct("core/v1.LinuxContainerUser", {
  uid: s.int64(1, { required: true }),
  gid: s.int64(2, { required: true }),
  supplementalGroups: s.list(3, "int64", { listType: "atomic" }),
});

export interface LinuxContainerUser extends ValueOf<typeof LinuxContainerUser> {}

export const ContainerUser = s.struct("core/v1.ContainerUser", {
  linux: s.object(1, LinuxContainerUser, { optional: true }),
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

export const ContainerStatus = s.struct("core/v1.ContainerStatus", {
  name: s.string(1, { required: true }),
  state: s.object(2, ContainerState),
  lastState: s.object(3, ContainerState),
  ready: s.boolean(4, { required: true }),
  restartCount: s.int32(5, { required: true }),
  image: s.string(6, { required: true }),
  imageID: s.string(7, { required: true }),
  containerID: s.string(8),
  started: s.boolean(9, { optional: true }),
  allocatedResources: s.map(10, "quantity"),
  resources: s.object(11, ResourceRequirements, {
    optional: true,
    gate: "InPlacePodVerticalScaling",
  }),
  volumeMounts: s.list(12, VolumeMountStatus, {
    listType: "map",
    keys: ["mountPath"],
    patch: "merge",
    patchKey: "mountPath",
  }),
  user: s.object(13, ContainerUser, { optional: true, gate: "SupplementalGroupsPolicy" }),
  allocatedResourcesStatus: s.list(14, ResourceStatus, {
    listType: "map",
    keys: ["name"],
    patch: "merge",
    patchKey: "name",
    gate: "ResourceHealthStatus",
  }),
  stopSignal: s.oneOf(
    15,
    [
      "SIGABRT",
      "SIGALRM",
      "SIGBUS",
      "SIGCHLD",
      "SIGCLD",
      "SIGCONT",
      "SIGFPE",
      "SIGHUP",
      "SIGILL",
      "SIGINT",
      "SIGIO",
      "SIGIOT",
      "SIGKILL",
      "SIGPIPE",
      "SIGPOLL",
      "SIGPROF",
      "SIGPWR",
      "SIGQUIT",
      "SIGRTMAX",
      "SIGRTMAX-1",
      "SIGRTMAX-10",
      "SIGRTMAX-11",
      "SIGRTMAX-12",
      "SIGRTMAX-13",
      "SIGRTMAX-14",
      "SIGRTMAX-2",
      "SIGRTMAX-3",
      "SIGRTMAX-4",
      "SIGRTMAX-5",
      "SIGRTMAX-6",
      "SIGRTMAX-7",
      "SIGRTMAX-8",
      "SIGRTMAX-9",
      "SIGRTMIN",
      "SIGRTMIN+1",
      "SIGRTMIN+10",
      "SIGRTMIN+11",
      "SIGRTMIN+12",
      "SIGRTMIN+13",
      "SIGRTMIN+14",
      "SIGRTMIN+15",
      "SIGRTMIN+2",
      "SIGRTMIN+3",
      "SIGRTMIN+4",
      "SIGRTMIN+5",
      "SIGRTMIN+6",
      "SIGRTMIN+7",
      "SIGRTMIN+8",
      "SIGRTMIN+9",
      "SIGSEGV",
      "SIGSTKFLT",
      "SIGSTOP",
      "SIGSYS",
      "SIGTERM",
      "SIGTRAP",
      "SIGTSTP",
      "SIGTTIN",
      "SIGTTOU",
      "SIGURG",
      "SIGUSR1",
      "SIGUSR2",
      "SIGVTALRM",
      "SIGWINCH",
      "SIGXCPU",
      "SIGXFSZ",
    ],
    { optional: true, gate: "ContainerStopSignals" },
  ),
});

export interface ContainerStatus extends ValueOf<typeof ContainerStatus> {}

export const HostIP = s.struct("core/v1.HostIP", {
  ip: s.string(1, { required: true }),
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
  type: s.string(1, { required: true }),
  observedGeneration: s.int64(7),
  status: s.string(2, { required: true }),
  lastProbeTime: s.time(3),
  lastTransitionTime: s.time(4),
  reason: s.string(5),
  message: s.string(6),
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
  ip: s.string(1, { required: true }),
});

export interface PodIP extends ValueOf<typeof PodIP> {}

export const PodResourceClaimStatus = s.struct("core/v1.PodResourceClaimStatus", {
  name: s.string(1, { required: true }),
  resourceClaimName: s.string(2, { optional: true }),
});

export interface PodResourceClaimStatus extends ValueOf<typeof PodResourceClaimStatus> {}

export const PodStatus = s.struct("core/v1.PodStatus", {
  observedGeneration: s.int64(17),
  phase: s.oneOf(1, ["Failed", "Pending", "Running", "Succeeded", "Unknown"]),
  conditions: s.list(2, PodCondition, {
    listType: "map",
    keys: ["type"],
    patch: "merge",
    patchKey: "type",
  }),
  message: s.string(3),
  reason: s.string(4),
  nominatedNodeName: s.string(11),
  hostIP: s.string(5),
  hostIPs: s.list(16, HostIP, { listType: "atomic", patch: "merge", patchKey: "ip" }),
  podIP: s.string(6),
  podIPs: s.list(12, PodIP, { listType: "map", keys: ["ip"], patch: "merge", patchKey: "ip" }),
  startTime: s.time(7, { optional: true }),
  initContainerStatuses: s.list(10, ContainerStatus, { listType: "atomic" }),
  containerStatuses: s.list(8, ContainerStatus, { listType: "atomic" }),
  qosClass: s.oneOf(9, ["BestEffort", "Burstable", "Guaranteed"]),
  ephemeralContainerStatuses: s.list(13, ContainerStatus, { listType: "atomic" }),
  resize: s.string(14, { gate: "InPlacePodVerticalScaling", deprecated: true }),
  resourceClaimStatuses: s.list(15, PodResourceClaimStatus, {
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
});

export interface PodStatus extends ValueOf<typeof PodStatus> {}
