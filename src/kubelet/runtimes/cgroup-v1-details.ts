/**
 * What control groups of version 1 count: a tree per controller, and beside them, on machines in
 * between, the one of version 2, which has no controllers but knows of pressure.
 * upstream: Documentation/admin-guide/cgroup-v1 of the kernel
 */
import type { DeviceTraffic, GroupBounds, GroupDetails, MemoryDetails } from "../group-details.ts";
import { deviceLine, type DeviceNames, majorMinor } from "./block-devices.ts";
import { changedAtMs, linesIn, namedNumbersIn, numberIn } from "./cgroup-files.ts";
import {
  boundsOfMachine,
  type DetailsOf,
  type DetailsPlace,
  tasksOfGroup,
  tasksOfMachine,
} from "./details-of.ts";

/** Version 1 knows no word for it: it is the largest number of whole pages. */
export const unlimitedBytes = 2 ** 62;

export const detailsV1 =
  (place: DetailsPlace): DetailsOf =>
  async (path) => {
    const { root, proc } = place;
    const of = (controller: string): string => `${root}/${controller}${path}`;
    const isMachine = path === "";
    const [user, system, cpuStat, processes, oom, ...rest] = await Promise.all([
      numberIn(`${of("cpuacct")}/cpuacct.usage_user`),
      numberIn(`${of("cpuacct")}/cpuacct.usage_sys`),
      namedNumbersIn(`${of("cpu")}/cpu.stat`),
      linesIn(`${of("memory")}/cgroup.procs`),
      namedNumbersIn(`${of("memory")}/memory.oom_control`),
      memoryOf(of("memory")),
      devicesOf(of("blkio"), place.deviceName),
      boundsOf(of("cpu"), of("memory")),
      changedAtMs(of("memory")),
      isMachine ? tasksOfMachine(proc) : tasksOfGroup(of("pids"), of("unified")),
    ]);
    const [memory, devices, bounds, sinceMs, beside] = rest;
    return {
      sinceMs,
      cpuTimes: user === undefined || system === undefined ? undefined : { user, system },
      throttling: throttlingOf(cpuStat),
      memory,
      devices,
      processes: processes.length,
      outOfMemoryKills: oom.get("oom_kill"),
      bounds: isMachine
        ? { ...bounds, memoryAndSwapBytes: undefined, ...(await boundsOfMachine(proc)) }
        : bounds,
      ...beside,
    };
  };

const throttlingOf = (stat: ReadonlyMap<string, number>): GroupDetails["throttling"] => {
  const periods = stat.get("nr_periods");
  if (periods === undefined) return undefined;
  return {
    periods,
    throttledPeriods: stat.get("nr_throttled") ?? 0,
    throttledNanoseconds: stat.get("throttled_time") ?? 0,
    burstPeriods: stat.get("nr_bursts"),
    burstNanoseconds: stat.get("burst_time"),
  };
};

async function memoryOf(folder: string): Promise<MemoryDetails> {
  const [stat, kernel, highest, limitHits] = await Promise.all([
    namedNumbersIn(`${folder}/memory.stat`),
    numberIn(`${folder}/memory.kmem.usage_in_bytes`),
    numberIn(`${folder}/memory.max_usage_in_bytes`),
    numberIn(`${folder}/memory.failcnt`),
  ]);
  const faults = (prefix: string): MemoryDetails["faults"] => {
    const [all, major] = [stat.get(`${prefix}pgfault`), stat.get(`${prefix}pgmajfault`)];
    return all === undefined || major === undefined ? undefined : { all, major };
  };
  return {
    anonymous: stat.get("total_rss"),
    cache: stat.get("total_cache"),
    mappedFile: stat.get("total_mapped_file"),
    activeFile: stat.get("total_active_file"),
    inactiveFile: stat.get("total_inactive_file"),
    swap: stat.get("total_swap"),
    kernel,
    highest,
    limitHits,
    faults: faults("total_"),
    ownFaults: faults(""),
  };
}

/** Whichever of the two counts: BFQ has its own, all other schedulers have none. */
const trafficFiles = ["blkio.bfq", "blkio.throttle"] as const;

async function devicesOf(
  folder: string,
  deviceName: DeviceNames,
): Promise<readonly DeviceTraffic[] | undefined> {
  for (const file of trafficFiles) {
    const bytes = await operationsIn(`${folder}/${file}.io_service_bytes_recursive`);
    const pieces = await operationsIn(`${folder}/${file}.io_serviced_recursive`);
    if (bytes.size === 0) continue;
    return Promise.all(
      Array.from(bytes, async ([numbers, moved]) => ({
        device: await deviceName(numbers),
        ...majorMinor(numbers),
        readBytes: moved.get("Read"),
        writtenBytes: moved.get("Write"),
        reads: pieces.get(numbers)?.get("Read"),
        writes: pieces.get(numbers)?.get("Write"),
      })),
    );
  }
  return undefined;
}

/** By device, by operation: lines as in `254:0 Read 4096`. */
async function operationsIn(path: string): Promise<Map<string, Map<string, number>>> {
  const found = new Map<string, Map<string, number>>();
  for (const line of await linesIn(path)) {
    const { numbers, rest } = deviceLine(line);
    const [operation, amount] = rest;
    // The last line is a sum over all devices.
    if (operation === undefined || amount === undefined) continue;
    const of = found.get(numbers) ?? new Map<string, number>();
    found.set(numbers, of.set(operation, Number(amount)));
  }
  return found;
}

const bytesOf = (limit: number | undefined): number | undefined =>
  limit !== undefined && limit > unlimitedBytes ? 0 : limit;

async function boundsOf(cpu: string, memory: string): Promise<GroupBounds> {
  const [shares, period, quota, limit, both, reserved] = await Promise.all([
    numberIn(`${cpu}/cpu.shares`),
    numberIn(`${cpu}/cpu.cfs_period_us`),
    numberIn(`${cpu}/cpu.cfs_quota_us`),
    numberIn(`${memory}/memory.limit_in_bytes`),
    numberIn(`${memory}/memory.memsw.limit_in_bytes`),
    numberIn(`${memory}/memory.soft_limit_in_bytes`),
  ]);
  return {
    cpuShares: shares,
    cpuPeriodMicroseconds: period,
    cpuQuotaMicroseconds: quota !== undefined && quota > 0 ? quota : undefined,
    memoryBytes: bytesOf(limit),
    // Two limits that are both there differ by the swap.
    swapBytes:
      bytesOf(both) && bytesOf(limit) ? Math.max((both ?? 0) - (limit ?? 0), 0) : undefined,
    memoryAndSwapBytes: bytesOf(both),
    reservedBytes: bytesOf(reserved),
  };
}
