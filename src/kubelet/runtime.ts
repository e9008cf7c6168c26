/**
 * Containers, as a port, in the words of the container runtime interface (CRI v1): whoever
 * knows CRI knows this file. `runtimes/cri.ts` speaks it to containerd or CRI-O, the simulator
 * answers it from memory. Every call fails with a `RuntimeError`; stop and remove are idempotent.
 */
export interface ContainerRuntime {
  readonly version: () => Promise<RuntimeVersion>;
  readonly status: () => Promise<RuntimeStatus>;
  readonly updatePodCidr: (podCidr: string) => Promise<void>;

  /** Resolves with the sandbox's id once its network is up. */
  readonly runSandbox: (config: SandboxConfig, handler?: string) => Promise<string>;
  /** Kills what still runs in it and gives its addresses back. */
  readonly stopSandbox: (id: string) => Promise<void>;
  readonly removeSandbox: (id: string) => Promise<void>;
  readonly listSandboxes: (filter?: LabelFilter) => Promise<readonly Sandbox[]>;
  /** Undefined when there is no such sandbox. */
  readonly sandboxStatus: (id: string) => Promise<SandboxStatus | undefined>;

  readonly createContainer: (request: CreateContainer) => Promise<string>;
  readonly startContainer: (id: string) => Promise<void>;
  /** Sends the stop signal, waits, then kills. Resolves when the container is dead. */
  readonly stopContainer: (id: string, timeoutSeconds: number) => Promise<void>;
  readonly removeContainer: (id: string) => Promise<void>;
  /** Limits of a container that runs: what is zero or absent stays as it is. */
  readonly updateContainer: (id: string, resources: LinuxResources) => Promise<void>;
  readonly listContainers: (filter?: LabelFilter) => Promise<readonly ContainerSummary[]>;
  /** Undefined when there is no such container. */
  readonly containerStatus: (id: string) => Promise<ContainerStatus | undefined>;
  readonly reopenLog: (id: string) => Promise<void>;

  /** Runs a command to its end. Fails with DeadlineExceeded when it takes longer. */
  readonly execSync: (request: ExecSync) => Promise<ExecResult>;
  /** The URL of a streaming server that speaks SPDY/3.1 or WebSocket, for one use. */
  readonly exec: (request: ExecRequest) => Promise<string>;
  readonly attach: (request: AttachRequest) => Promise<string>;
  readonly portForward: (sandboxId: string, ports: readonly number[]) => Promise<string>;

  readonly listContainerStats: () => Promise<readonly ContainerStats[]>;

  readonly listImages: () => Promise<readonly Image[]>;
  /** Undefined when the image is not here. */
  readonly imageStatus: (image: string) => Promise<Image | undefined>;
  /** Resolves with the reference of what was pulled. */
  readonly pullImage: (request: PullImage) => Promise<string>;
  readonly removeImage: (image: string) => Promise<void>;
  readonly imageFileSystems: () => Promise<readonly FileSystemUsage[]>;

  /**
   * Folders with an image's files, the topmost layer first. They stay until `releaseLayers`, even if
   * the image goes. A key holds one image: another call answers with the same folders.
   */
  readonly holdLayers: (key: string, image: string) => Promise<readonly string[]>;
  /** Undefined when the key holds nothing. */
  readonly heldLayers: (key: string) => Promise<readonly string[] | undefined>;
  readonly releaseLayers: (key: string) => Promise<void>;

  /**
   * Containers and sandboxes that started, exited or went away, as it happens. Ends when `signal`
   * aborts, fails with Unimplemented where the runtime cannot tell.
   */
  readonly changes: (signal: AbortSignal) => AsyncIterable<RuntimeChange>;
}

/** Names of gRPC's status codes, as error messages print them. */
export type RuntimeErrorCode =
  | "Canceled"
  | "Unknown"
  | "InvalidArgument"
  | "DeadlineExceeded"
  | "NotFound"
  | "AlreadyExists"
  | "PermissionDenied"
  | "ResourceExhausted"
  | "FailedPrecondition"
  | "Aborted"
  | "OutOfRange"
  | "Unimplemented"
  | "Internal"
  | "Unavailable"
  | "DataLoss"
  | "Unauthenticated";

export class RuntimeError extends Error {
  override readonly name = "RuntimeError";
  readonly code: RuntimeErrorCode;
  /** What the runtime said, without the code in front. */
  readonly detail: string;

  constructor(code: RuntimeErrorCode, detail: string) {
    // exact: grpc-go, whose form of error ends up in events and container states
    super(`rpc error: code = ${code} desc = ${detail}`);
    this.code = code;
    this.detail = detail;
  }
}

export const isRuntimeError = (error: unknown, code: RuntimeErrorCode): error is RuntimeError =>
  error instanceof RuntimeError && error.code === code;

export type Labels = Readonly<Record<string, string>>;
export interface LabelFilter {
  readonly labels: Labels;
}

export interface RuntimeVersion {
  readonly runtimeName: string;
  readonly runtimeVersion: string;
}

export interface RuntimeStatus {
  /** RuntimeReady and NetworkReady among them. */
  readonly conditions: readonly RuntimeCondition[];
  readonly handlers: readonly RuntimeHandler[];
  readonly supplementalGroupsPolicy: boolean;
}

export interface RuntimeCondition {
  readonly type: string;
  readonly status: boolean;
  readonly reason: string;
  readonly message: string;
}

export interface RuntimeHandler {
  /** Empty for the default one. */
  readonly name: string;
  readonly recursiveReadOnlyMounts: boolean;
  readonly userNamespaces: boolean;
}

export interface SandboxMetadata {
  readonly name: string;
  readonly uid: string;
  readonly namespace: string;
  readonly attempt: number;
}

export interface SandboxConfig {
  readonly metadata: SandboxMetadata;
  readonly hostname: string;
  readonly logDirectory: string;
  readonly dnsConfig?: DnsConfig;
  readonly portMappings: readonly PortMapping[];
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly linux: LinuxSandboxConfig;
}

export interface DnsConfig {
  readonly servers: readonly string[];
  readonly searches: readonly string[];
  readonly options: readonly string[];
}

export interface PortMapping {
  readonly protocol: "TCP" | "UDP" | "SCTP";
  readonly containerPort: number;
  readonly hostPort: number;
  readonly hostIp: string;
}

export interface LinuxSandboxConfig {
  readonly cgroupParent: string;
  readonly securityContext: LinuxSandboxSecurityContext;
  readonly sysctls: Labels;
  readonly resources?: LinuxResources;
}

export interface LinuxSandboxSecurityContext {
  readonly namespaceOptions: NamespaceOptions;
  readonly runAsUser?: Int64Value;
  readonly runAsGroup?: Int64Value;
  readonly supplementalGroups: readonly number[];
  readonly privileged: boolean;
  readonly seccomp?: SecurityProfile;
  readonly apparmor?: SecurityProfile;
  readonly selinuxOptions?: SelinuxOptions;
}

export interface Int64Value {
  readonly value: number;
}

export type NamespaceMode = "POD" | "CONTAINER" | "NODE" | "TARGET";

export interface NamespaceOptions {
  readonly network: NamespaceMode;
  readonly pid: NamespaceMode;
  readonly ipc: NamespaceMode;
  readonly targetId?: string;
}

export interface SecurityProfile {
  readonly profileType: "RuntimeDefault" | "Unconfined" | "Localhost";
  readonly localhostRef?: string;
}

export interface SelinuxOptions {
  readonly user: string;
  readonly role: string;
  readonly type: string;
  readonly level: string;
}

export interface Sandbox {
  readonly id: string;
  readonly metadata: SandboxMetadata;
  readonly isReady: boolean;
  readonly createdAtMs: number;
  readonly labels: Labels;
  readonly annotations: Labels;
}

export interface SandboxStatus extends Sandbox {
  /** The primary address first; empty in the node's network. */
  readonly ips: readonly string[];
  readonly network: NamespaceMode;
}

export interface CreateContainer {
  readonly sandboxId: string;
  readonly config: ContainerConfig;
  /** The config that the sandbox was made with. */
  readonly sandbox: SandboxConfig;
}

export interface ContainerConfig {
  readonly metadata: { readonly name: string; readonly attempt: number };
  readonly image: { readonly image: string; readonly userSpecifiedImage?: string };
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly workingDir: string;
  readonly envs: readonly { readonly key: string; readonly value: string }[];
  readonly mounts: readonly Mount[];
  /** Device files of the node. */
  readonly devices?: readonly Device[];
  readonly labels: Labels;
  readonly annotations: Labels;
  /** Below the sandbox's logDirectory. */
  readonly logPath: string;
  readonly stdin: boolean;
  readonly stdinOnce: boolean;
  readonly tty: boolean;
  readonly linux: LinuxContainerConfig;
}

export interface Device {
  readonly containerPath: string;
  readonly hostPath: string;
  /** Of reading (r), writing (w) and making (m). */
  readonly permissions: string;
}

export interface Mount {
  readonly containerPath: string;
  readonly hostPath: string;
  readonly readonly: boolean;
  readonly propagation:
    | "PROPAGATION_PRIVATE"
    | "PROPAGATION_HOST_TO_CONTAINER"
    | "PROPAGATION_BIDIRECTIONAL";
  readonly recursiveReadOnly?: boolean;
  readonly selinuxRelabel?: boolean;
}

export interface LinuxContainerConfig {
  readonly resources: LinuxResources;
  readonly securityContext: LinuxContainerSecurityContext;
}

/** Zero and absent mean: not limited, left to the runtime. */
export interface LinuxResources {
  readonly cpuPeriod?: number;
  readonly cpuQuota?: number;
  readonly cpuShares?: number;
  readonly memoryLimitInBytes?: number;
  readonly oomScoreAdj?: number;
  readonly hugepageLimits?: readonly { readonly pageSize: string; readonly limit: number }[];
  /** cgroup v2 files and their content. */
  readonly unified?: Labels;
}

export interface LinuxContainerSecurityContext {
  readonly capabilities?: {
    readonly addCapabilities: readonly string[];
    readonly dropCapabilities: readonly string[];
  };
  readonly privileged: boolean;
  readonly namespaceOptions: NamespaceOptions;
  readonly selinuxOptions?: SelinuxOptions;
  readonly runAsUser?: Int64Value;
  readonly runAsGroup?: Int64Value;
  readonly runAsUsername?: string;
  readonly readonlyRootfs: boolean;
  readonly supplementalGroups: readonly number[];
  readonly supplementalGroupsPolicy?: "Merge" | "Strict";
  readonly noNewPrivs: boolean;
  readonly maskedPaths: readonly string[];
  readonly readonlyPaths: readonly string[];
  readonly seccomp?: SecurityProfile;
  readonly apparmor?: SecurityProfile;
}

export type ContainerRunState = "created" | "running" | "exited" | "unknown";

export interface ContainerSummary {
  readonly id: string;
  readonly sandboxId: string;
  readonly name: string;
  readonly attempt: number;
  readonly state: ContainerRunState;
  readonly createdAtMs: number;
  readonly image: string;
  readonly labels: Labels;
  readonly annotations: Labels;
}

export interface ContainerStatus {
  readonly id: string;
  readonly name: string;
  readonly attempt: number;
  readonly state: ContainerRunState;
  readonly createdAtMs: number;
  /** 0 when it never ran. */
  readonly startedAtMs: number;
  readonly finishedAtMs: number;
  readonly exitCode: number;
  readonly reason: string;
  readonly message: string;
  /** The image as named by its first tag. */
  readonly image: string;
  /** Its digested reference. */
  readonly imageRef: string;
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly mounts: readonly Mount[];
  readonly logPath: string;
  readonly user?: ContainerIdentity;
}

export interface ContainerIdentity {
  readonly uid: number;
  readonly gid: number;
  readonly supplementalGroups: readonly number[];
}

export interface ExecSync {
  readonly id: string;
  readonly command: readonly string[];
  /** 0: as long as it takes. */
  readonly timeoutSeconds: number;
}

export interface ExecResult {
  readonly output: Uint8Array;
  readonly errors: Uint8Array;
  readonly exitCode: number;
}

interface Streams {
  readonly id: string;
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}
export interface ExecRequest extends Streams {
  readonly command: readonly string[];
}
export interface AttachRequest extends Streams {}

export interface ContainerStats {
  readonly id: string;
  readonly labels: Labels;
  readonly atMs: number;
  readonly cpuNanoseconds: number;
  readonly memoryWorkingSetBytes: number;
  readonly memoryUsageBytes: number;
  readonly writableLayerBytes: number;
  readonly writableLayerInodes: number;
}

export interface Image {
  readonly id: string;
  readonly repoTags: readonly string[];
  readonly repoDigests: readonly string[];
  readonly sizeBytes: number;
  /** The user that the image wants to run as: a number, or a name. */
  readonly uid?: number;
  readonly username: string;
  /** Not to be collected. */
  readonly isPinned: boolean;
}

export interface PullImage {
  readonly image: string;
  readonly auth?: ImageAuth;
  readonly sandbox?: SandboxConfig;
  readonly signal?: AbortSignal;
}

export interface ImageAuth {
  readonly username: string;
  readonly password: string;
  readonly auth?: string;
  readonly serverAddress?: string;
  readonly identityToken?: string;
  readonly registryToken?: string;
}

export interface FileSystemUsage {
  readonly mountpoint: string;
  readonly usedBytes: number;
  readonly inodesUsed: number;
}

export interface RuntimeChange {
  /** Of a container or of a sandbox. */
  readonly id: string;
  readonly what: "started" | "exited" | "removed";
}
