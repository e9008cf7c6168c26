/** CRI's answers as protobuf decodes them, and our reading of them. */
import type {
  ContainerRunState,
  ContainerStats,
  ContainerStatus,
  ContainerSummary,
  FileSystemUsage,
  Image,
  Labels,
  Mount,
  NamespaceMode,
  RuntimeStatus,
  Sandbox,
  SandboxMetadata,
  SandboxStatus,
} from "../runtime.ts";

interface Wrapped {
  readonly value: number;
}

export interface RawStatus {
  readonly status: {
    readonly conditions: {
      readonly type: string;
      readonly status: boolean;
      readonly reason: string;
      readonly message: string;
    }[];
  } | null;
  readonly runtimeHandlers: {
    readonly name: string;
    readonly features: { recursiveReadOnlyMounts: boolean; userNamespaces: boolean } | null;
  }[];
  readonly features: { readonly supplementalGroupsPolicy: boolean } | null;
}

export interface RawSandbox {
  readonly id: string;
  readonly metadata: SandboxMetadata | null;
  readonly state: "SANDBOX_READY" | "SANDBOX_NOTREADY";
  readonly createdAt: number;
  readonly labels: Labels;
  readonly annotations: Labels;
}

export interface RawSandboxStatus extends RawSandbox {
  readonly network: { readonly ip: string; readonly additionalIps: { ip: string }[] } | null;
  readonly linux: {
    readonly namespaces: { readonly options: { readonly network: NamespaceMode } | null } | null;
  } | null;
}

type RawState =
  | "CONTAINER_CREATED"
  | "CONTAINER_RUNNING"
  | "CONTAINER_EXITED"
  | "CONTAINER_UNKNOWN";

export interface RawContainer {
  readonly id: string;
  readonly podSandboxId: string;
  readonly metadata: { readonly name: string; readonly attempt: number } | null;
  readonly image: { readonly image: string } | null;
  readonly state: RawState;
  readonly createdAt: number;
  readonly labels: Labels;
  readonly annotations: Labels;
}

export interface RawContainerStatus {
  readonly id: string;
  readonly metadata: { readonly name: string; readonly attempt: number } | null;
  readonly state: RawState;
  readonly createdAt: number;
  readonly startedAt: number;
  readonly finishedAt: number;
  readonly exitCode: number;
  readonly image: { readonly image: string } | null;
  readonly imageRef: string;
  readonly reason: string;
  readonly message: string;
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly mounts: Mount[];
  readonly logPath: string;
  readonly user: {
    readonly linux: { uid: number; gid: number; supplementalGroups: number[] } | null;
  } | null;
}

export interface RawImage {
  readonly id: string;
  readonly repoTags: string[];
  readonly repoDigests: string[];
  readonly size: number;
  readonly uid: Wrapped | null;
  readonly username: string;
  readonly pinned: boolean;
}

export interface RawFileSystem {
  readonly fsId: { readonly mountpoint: string } | null;
  readonly usedBytes: Wrapped | null;
  readonly inodesUsed: Wrapped | null;
}

export interface RawContainerStats {
  readonly attributes: { readonly id: string; readonly labels: Labels } | null;
  readonly cpu: {
    readonly timestamp: number;
    readonly usageCoreNanoSeconds: Wrapped | null;
  } | null;
  readonly memory: {
    readonly workingSetBytes: Wrapped | null;
    readonly usageBytes: Wrapped | null;
  } | null;
  readonly writableLayer: RawFileSystem | null;
}

const valueOf = (wrapped: Wrapped | null | undefined): number => wrapped?.value ?? 0;
const msOf = (nanoseconds: number): number => Math.floor(nanoseconds / 1e6);

export const statusOf = (raw: RawStatus): RuntimeStatus => ({
  conditions: raw.status?.conditions ?? [],
  handlers: raw.runtimeHandlers.map(({ name, features }) => ({
    name,
    recursiveReadOnlyMounts: features?.recursiveReadOnlyMounts ?? false,
    userNamespaces: features?.userNamespaces ?? false,
  })),
  supplementalGroupsPolicy: raw.features?.supplementalGroupsPolicy ?? false,
});

export const sandboxOf = (raw: RawSandbox): Sandbox => ({
  id: raw.id,
  metadata: raw.metadata ?? { name: "", uid: "", namespace: "", attempt: 0 },
  isReady: raw.state === "SANDBOX_READY",
  createdAtMs: msOf(raw.createdAt),
  labels: raw.labels,
  annotations: raw.annotations,
});

export const sandboxStatusOf = (raw: RawSandboxStatus): SandboxStatus => ({
  ...sandboxOf(raw),
  ips: [raw.network?.ip ?? "", ...(raw.network?.additionalIps ?? []).map(({ ip }) => ip)].filter(
    (ip) => ip !== "",
  ),
  network: raw.linux?.namespaces?.options?.network ?? "POD",
});

const runStates: Readonly<Record<RawState, ContainerRunState>> = {
  CONTAINER_CREATED: "created",
  CONTAINER_RUNNING: "running",
  CONTAINER_EXITED: "exited",
  CONTAINER_UNKNOWN: "unknown",
};

export const containerOf = (raw: RawContainer): ContainerSummary => ({
  id: raw.id,
  sandboxId: raw.podSandboxId,
  name: raw.metadata?.name ?? "",
  attempt: raw.metadata?.attempt ?? 0,
  state: runStates[raw.state],
  createdAtMs: msOf(raw.createdAt),
  image: raw.image?.image ?? "",
  labels: raw.labels,
  annotations: raw.annotations,
});

export const containerStatusOf = (raw: RawContainerStatus): ContainerStatus => ({
  id: raw.id,
  name: raw.metadata?.name ?? "",
  attempt: raw.metadata?.attempt ?? 0,
  state: runStates[raw.state],
  createdAtMs: msOf(raw.createdAt),
  startedAtMs: msOf(raw.startedAt),
  finishedAtMs: msOf(raw.finishedAt),
  exitCode: raw.exitCode,
  reason: raw.reason,
  message: raw.message,
  image: raw.image?.image ?? "",
  imageRef: raw.imageRef,
  labels: raw.labels,
  annotations: raw.annotations,
  mounts: raw.mounts,
  logPath: raw.logPath,
  ...(raw.user?.linux ? { user: raw.user.linux } : {}),
});

export const imageOf = (raw: RawImage): Image => ({
  id: raw.id,
  repoTags: raw.repoTags,
  repoDigests: raw.repoDigests,
  sizeBytes: raw.size,
  ...(raw.uid ? { uid: raw.uid.value } : {}),
  username: raw.username,
  isPinned: raw.pinned,
});

export const fileSystemOf = (raw: RawFileSystem): FileSystemUsage => ({
  mountpoint: raw.fsId?.mountpoint ?? "",
  usedBytes: valueOf(raw.usedBytes),
  inodesUsed: valueOf(raw.inodesUsed),
});

export const containerStatsOf = (raw: RawContainerStats): ContainerStats => ({
  id: raw.attributes?.id ?? "",
  labels: raw.attributes?.labels ?? {},
  atMs: msOf(raw.cpu?.timestamp ?? 0),
  cpuNanoseconds: valueOf(raw.cpu?.usageCoreNanoSeconds),
  memoryWorkingSetBytes: valueOf(raw.memory?.workingSetBytes),
  memoryUsageBytes: valueOf(raw.memory?.usageBytes),
  writableLayerBytes: valueOf(raw.writableLayer?.usedBytes),
  writableLayerInodes: valueOf(raw.writableLayer?.inodesUsed),
});
