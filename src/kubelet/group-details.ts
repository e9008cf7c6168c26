/**
 * Everything that the kernel counts of a control group, and of the network that its processes see.
 * What it does not tell is absent, never zero. Times are nanoseconds unless their name says otherwise.
 */
import type { GroupUsage } from "./ports.ts";

export interface GroupDetails extends GroupUsage {
  /** When the group was made, or something was last made in it. */
  readonly sinceMs?: number | undefined;
  readonly cpuTimes?: CpuTimes | undefined;
  /** Of what waits because the group's quota is spent. */
  readonly throttling?: Throttling | undefined;
  readonly memory?: MemoryDetails | undefined;
  readonly devices?: readonly DeviceTraffic[] | undefined;
  /** Of the group itself, without the groups below it. */
  readonly processes?: number | undefined;
  /** With the groups below it. */
  readonly threads?: number | undefined;
  /** 0 where there is no limit. */
  readonly threadsMax?: number | undefined;
  readonly outOfMemoryKills?: number | undefined;
  readonly pressure?: PressureDetails | undefined;
  readonly bounds?: GroupBounds | undefined;
}

export interface CpuTimes {
  readonly user: number;
  readonly system: number;
}

export interface Throttling {
  readonly periods: number;
  readonly throttledPeriods: number;
  readonly throttledNanoseconds: number;
  readonly burstPeriods?: number | undefined;
  readonly burstNanoseconds?: number | undefined;
}

/** In bytes, with the groups below. */
export interface MemoryDetails {
  readonly anonymous?: number | undefined;
  readonly cache?: number | undefined;
  readonly mappedFile?: number | undefined;
  readonly activeFile?: number | undefined;
  readonly inactiveFile?: number | undefined;
  readonly swap?: number | undefined;
  readonly kernel?: number | undefined;
  readonly highest?: number | undefined;
  /** How often the limit was hit. */
  readonly limitHits?: number | undefined;
  readonly faults?: PageFaults | undefined;
  /** Without the groups below, where the kernel tells the two apart. */
  readonly ownFaults?: PageFaults | undefined;
}

export interface PageFaults {
  readonly all: number;
  /** Those that had to wait for a disk. */
  readonly major: number;
}

export interface DeviceTraffic {
  /** As in /dev/vda; empty when it has no name any more. */
  readonly device: string;
  readonly major: number;
  readonly minor: number;
  readonly readBytes?: number | undefined;
  readonly writtenBytes?: number | undefined;
  readonly reads?: number | undefined;
  readonly writes?: number | undefined;
}

/** For which share of the time processes waited for something. */
export interface PressureDetails {
  readonly cpu?: Pressure | undefined;
  readonly memory?: Pressure | undefined;
  readonly io?: Pressure | undefined;
}

export interface Pressure {
  /** At least one of them waited. */
  readonly some: Stall;
  /** All of them waited. */
  readonly full: Stall;
}

export interface Stall {
  /** Percent of the last ten seconds, and so on. */
  readonly avg10: number;
  readonly avg60: number;
  readonly avg300: number;
  readonly totalMicroseconds: number;
}

/** What the group may use. Memory is 0 where it is not limited. */
export interface GroupBounds {
  readonly cpuShares?: number | undefined;
  readonly cpuPeriodMicroseconds?: number | undefined;
  /** Absent where it is not limited. */
  readonly cpuQuotaMicroseconds?: number | undefined;
  readonly memoryBytes?: number | undefined;
  /** Absent where it is not limited: 0 is none at all. */
  readonly swapBytes?: number | undefined;
  /** As version 1 counts, which knows no limit of swap alone. */
  readonly memoryAndSwapBytes?: number | undefined;
  readonly reservedBytes?: number | undefined;
}

/** Since the interface came up. */
export interface InterfaceTraffic {
  readonly name: string;
  readonly received: Traffic;
  readonly sent: Traffic;
}

export interface Traffic {
  readonly bytes: number;
  readonly packets: number;
  readonly errors: number;
  readonly dropped: number;
}
