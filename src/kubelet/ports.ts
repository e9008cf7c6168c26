/** What the kubelet needs from outside. Whoever composes the cluster, or imagines one, hands it in. */
import type { Clock } from "#base/clock.ts";
import type { Disk } from "#base/disk.ts";
import type { HttpClient } from "#base/http.ts";
import type { Log } from "#base/log.ts";
import type { Random } from "#base/random.ts";
import type { Connect } from "#base/tcp.ts";
import type { Client } from "#client/client.ts";
import type { FindDriver } from "./devices/device-driver.ts";
import type { GroupLimits } from "./container/resources.ts";
import type { GroupDetails, InterfaceTraffic } from "./group-details.ts";
import type { ContainerRuntime } from "./runtime.ts";
import type { GrpcChannel } from "./runtimes/grpc-channel.ts";
import type { Mounts } from "./volumes/volume.ts";

export interface KubeletPorts {
  readonly client: Client;
  readonly runtime: ContainerRuntime;
  readonly disk: Disk;
  readonly mounts: Mounts;
  readonly cgroups: Cgroups;
  /** For probes, hooks, and to reach the runtime's streaming server. */
  readonly http: HttpClient;
  readonly connect: Connect;
  readonly grpcHealth: GrpcHealth;
  readonly openChannel: OpenChannel;
  /** Of devices; those that register as plugins unless said. */
  readonly findDriver?: FindDriver;
  readonly machine: () => Promise<MachineFacts>;
  /** The disk, as in /dev/vda, that holds a file; empty where none does. */
  readonly deviceOf?: (path: string) => Promise<string>;
  /** Of the whole machine; absent where nobody counts them. */
  readonly processIds?: () => Promise<ProcessIds>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** Control groups: the kernel's way to account for, and to limit, a set of processes. */
export interface Cgroups {
  readonly version: 1 | 2;
  /** Makes the group with its parents, and sets its limits. */
  readonly ensure: (path: string, limits: GroupLimits) => Promise<void>;
  /** What it is set to; undefined when there is no such group. */
  readonly limits: (path: string) => Promise<GroupLimits | undefined>;
  /** With the groups below it; kills what still runs there. */
  readonly remove: (path: string) => Promise<void>;
  /** Names of the groups right below. */
  readonly list: (path: string) => Promise<readonly string[]>;
  /** Undefined when there is no such group; "/" is the whole machine. */
  readonly usage: (path: string) => Promise<GroupUsage | undefined>;
  /** The same with all that the kernel counts beside it. */
  readonly details: (path: string) => Promise<GroupDetails | undefined>;
  /** Of the network that the group's processes see; "/": that this process sees. */
  readonly traffic: (path: string) => Promise<readonly InterfaceTraffic[] | undefined>;
}

export interface GroupUsage {
  readonly cpuNanoseconds: number;
  readonly memoryBytes: number;
  /** Without file pages that could be dropped at once. */
  readonly workingSetBytes: number;
}

export interface ProcessIds {
  /** So many processes and threads there are. */
  readonly used: number;
  /** So many there can be. */
  readonly max: number;
}

export interface HealthCheck {
  readonly host: string;
  readonly port: number;
  readonly service: string;
  readonly timeoutMs: number;
}

/** Asks a gRPC server for its health: SERVING, NOT_SERVING, … Throws when it cannot be asked. */
export type GrpcHealth = (check: HealthCheck) => Promise<string>;

/** To the gRPC server behind a unix socket, with messages described in protobuf's language. */
export type OpenChannel = (to: { readonly socket: string; readonly proto: string }) => GrpcChannel;

export interface MachineFacts {
  readonly hostname: string;
  /** Addresses that others reach the node at, the primary one first. */
  readonly addresses: readonly string[];
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly swapBytes?: number;
  /** Absent where it is not known which processors share one. */
  readonly physicalCores?: number;
  readonly sockets?: number;
  readonly machineId: string;
  readonly systemUuid: string;
  readonly bootId: string;
  readonly kernelVersion: string;
  /** As in PRETTY_NAME of os-release. */
  readonly osImage: string;
  /** As Go names it: amd64, arm64. */
  readonly architecture: string;
}
