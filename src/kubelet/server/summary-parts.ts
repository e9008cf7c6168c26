/**
 * The parts that `/stats/summary` is made of. What is unknown is absent.
 * upstream: k8s.io/kubelet/pkg/apis/stats/v1alpha1/types.go
 */
import { formatTime } from "#base/clock.ts";
import type { DiskSpace } from "#base/disk.ts";
import type { GroupDetails, InterfaceTraffic, Pressure } from "../group-details.ts";
import type { Rates } from "./rates.ts";

export interface Moment {
  readonly rates: Rates;
  readonly atMs: number;
}

interface Whose {
  /** Tells it from all others: for rates. */
  readonly key: string;
  readonly sinceMs?: number | undefined;
}

/** CPU, memory and swap: what autoscalers want to know. */
export function usageParts(
  details: GroupDetails | undefined,
  { key, sinceMs }: Whose,
  { rates, atMs }: Moment,
): object {
  if (!details) return {};
  const { cpuNanoseconds: nanoseconds, memoryBytes, workingSetBytes, memory, bounds } = details;
  const time = formatTime(atMs);
  const limit = bounds?.memoryBytes;
  return {
    cpu: {
      time,
      usageNanoCores: rates.of(key, { nanoseconds, atMs, sinceMs }),
      usageCoreNanoSeconds: nanoseconds,
      psi: pressurePart(details.pressure?.cpu),
    },
    memory: {
      time,
      availableBytes: limit ? Math.max(limit - workingSetBytes, 0) : undefined,
      usageBytes: memoryBytes,
      workingSetBytes,
      rssBytes: memory?.anonymous,
      pageFaults: memory?.faults?.all,
      majorPageFaults: memory?.faults?.major,
      psi: pressurePart(details.pressure?.memory),
    },
    swap: swapPart(details, time),
  };
}

function swapPart({ memory, bounds }: GroupDetails, time: string): object | undefined {
  const used = memory?.swap;
  if (used === undefined) return undefined;
  const limit = bounds?.swapBytes;
  return {
    time,
    swapAvailableBytes: limit === undefined ? undefined : Math.max(limit - used, 0),
    swapUsageBytes: used,
  };
}

export const ioPart = (details: GroupDetails | undefined, atMs: number): object | undefined =>
  details?.pressure?.io && { time: formatTime(atMs), psi: pressurePart(details.pressure.io) };

const pressurePart = (pressure: Pressure | undefined): object | undefined =>
  pressure && { full: stallPart(pressure.full), some: stallPart(pressure.some) };

const stallPart = ({ totalMicroseconds, ...averages }: Pressure["some"]): object => ({
  total: totalMicroseconds,
  ...averages,
});

/** Where the way out of a pod begins. exact: kubelet */
const defaultInterface = "eth0";

export function networkPart(
  traffic: readonly InterfaceTraffic[] | undefined,
  atMs: number,
): object | undefined {
  if (!traffic) return undefined;
  const interfaces = traffic.map(({ name, received, sent }) => ({
    name,
    rxBytes: received.bytes,
    rxErrors: received.errors,
    txBytes: sent.bytes,
    txErrors: sent.errors,
  }));
  const main = interfaces.find(({ name }) => name === defaultInterface);
  return { time: formatTime(atMs), ...(main ?? { name: "" }), interfaces };
}

export interface Used {
  readonly bytes: number;
  readonly inodes?: number | undefined;
}

/** Of the whole file system unless `used` says what is meant of it. */
export function filesPart(space: DiskSpace, atMs: number, used?: Used): FilesPart {
  const { totalBytes, freeBytes, inodes } = space;
  const inodesUsed = inodes && inodes.total - inodes.free;
  return {
    time: formatTime(atMs),
    availableBytes: freeBytes,
    capacityBytes: totalBytes,
    usedBytes: used ? used.bytes : totalBytes - freeBytes,
    inodesFree: inodes?.free,
    inodes: inodes?.total,
    inodesUsed: used ? used.inodes : inodesUsed,
  };
}

interface FilesPart {
  readonly time: string;
  readonly availableBytes: number;
  readonly capacityBytes: number;
  readonly usedBytes: number;
  readonly inodesFree: number | undefined;
  readonly inodes: number | undefined;
  readonly inodesUsed: number | undefined;
}
