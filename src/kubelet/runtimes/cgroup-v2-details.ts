/**
 * What control groups of version 2 count.
 * upstream: Documentation/admin-guide/cgroup-v2.rst of the kernel
 */
import type { DeviceTraffic, GroupBounds, GroupDetails, MemoryDetails } from "../group-details.ts";
import { deviceLine, type DeviceNames, majorMinor } from "./block-devices.ts";
import {
  changedAtMs,
  linesIn,
  machineMemory,
  namedNumbersIn,
  numberIn,
  textIn,
} from "./cgroup-files.ts";
import {
  boundsOfMachine,
  type DetailsOf,
  type DetailsPlace,
  tasksOfGroup,
  tasksOfMachine,
} from "./details-of.ts";
import { sharesOfWeight } from "./cpu-weight.ts";

export const detailsV2 =
  ({ root, proc, deviceName }: DetailsPlace): DetailsOf =>
  async (path) => {
    const folder = `${root}${path}`;
    const isMachine = path === "";
    const [cpu, processes, events, memory, devices, bounds, sinceMs, beside] = await Promise.all([
      namedNumbersIn(`${folder}/cpu.stat`),
      linesIn(`${folder}/cgroup.procs`),
      namedNumbersIn(`${folder}/memory.events`),
      memoryOf(folder),
      devicesOf(folder, deviceName),
      isMachine ? boundsOfMachine(proc) : boundsOf(folder),
      changedAtMs(folder),
      isMachine ? tasksOfMachine(proc) : tasksOfGroup(folder, folder),
    ]);
    return {
      sinceMs,
      cpuTimes: cpuTimesOf(cpu),
      throttling: throttlingOf(cpu),
      memory: {
        ...memory,
        limitHits: events.get("max"),
        ...(isMachine ? { swap: await swapOfMachine(proc) } : {}),
      },
      devices,
      processes: processes.length,
      outOfMemoryKills: events.get("oom_kill"),
      bounds,
      ...beside,
    };
  };

type Numbers = ReadonlyMap<string, number>;

const nanoseconds = (microseconds: number): number => microseconds * 1_000;

function cpuTimesOf(stat: Numbers): GroupDetails["cpuTimes"] {
  const [user, system] = [stat.get("user_usec"), stat.get("system_usec")];
  if (user === undefined || system === undefined) return undefined;
  return { user: nanoseconds(user), system: nanoseconds(system) };
}

function throttlingOf(stat: Numbers): GroupDetails["throttling"] {
  const periods = stat.get("nr_periods");
  if (periods === undefined) return undefined;
  const burst = stat.get("burst_usec");
  return {
    periods,
    throttledPeriods: stat.get("nr_throttled") ?? 0,
    throttledNanoseconds: nanoseconds(stat.get("throttled_usec") ?? 0),
    burstPeriods: stat.get("nr_bursts"),
    burstNanoseconds: burst === undefined ? undefined : nanoseconds(burst),
  };
}

async function memoryOf(folder: string): Promise<MemoryDetails> {
  const [stat, swap, highest] = await Promise.all([
    namedNumbersIn(`${folder}/memory.stat`),
    numberIn(`${folder}/memory.swap.current`),
    numberIn(`${folder}/memory.peak`),
  ]);
  const [all, major] = [stat.get("pgfault"), stat.get("pgmajfault")];
  const faults = all === undefined || major === undefined ? undefined : { all, major };
  return {
    anonymous: stat.get("anon"),
    cache: stat.get("file"),
    mappedFile: stat.get("file_mapped"),
    activeFile: stat.get("active_file"),
    inactiveFile: stat.get("inactive_file"),
    swap,
    kernel: stat.get("kernel"),
    highest,
    faults,
    // It counts for a group and those below together.
    ownFaults: faults,
  };
}

async function swapOfMachine(proc: string): Promise<number | undefined> {
  const machine = await machineMemory(proc);
  const [total, free] = [machine.get("SwapTotal"), machine.get("SwapFree")];
  return total === undefined || free === undefined ? undefined : total - free;
}

async function devicesOf(
  folder: string,
  deviceName: DeviceNames,
): Promise<readonly DeviceTraffic[] | undefined> {
  const lines = await linesIn(`${folder}/io.stat`);
  if (lines.length === 0) return undefined;
  return Promise.all(
    lines.map(async (line) => {
      const { numbers, rest } = deviceLine(line);
      const amounts = new Map(rest.map((part) => part.split("=") as [string, string]));
      const of = (name: string): number | undefined => {
        const amount = amounts.get(name);
        return amount === undefined ? undefined : Number(amount);
      };
      return {
        device: await deviceName(numbers),
        ...majorMinor(numbers),
        readBytes: of("rbytes"),
        writtenBytes: of("wbytes"),
        reads: of("rios"),
        writes: of("wios"),
      };
    }),
  );
}

async function boundsOf(folder: string): Promise<GroupBounds> {
  const [weight, cpuMax, memory, swap, reserved] = await Promise.all([
    numberIn(`${folder}/cpu.weight`),
    textIn(`${folder}/cpu.max`),
    bytesIn(`${folder}/memory.max`),
    numberIn(`${folder}/memory.swap.max`),
    bytesIn(`${folder}/memory.min`),
  ]);
  const [quota, period] = cpuMax?.trim().split(" ") ?? [];
  return {
    cpuShares: weight === undefined ? undefined : sharesOfWeight(weight),
    cpuPeriodMicroseconds: period === undefined ? undefined : Number(period),
    cpuQuotaMicroseconds: quota === undefined || quota === "max" ? undefined : Number(quota),
    memoryBytes: memory,
    swapBytes: swap,
    reservedBytes: reserved,
  };
}

/** 0 where there is no limit; undefined where there is no such file. */
async function bytesIn(path: string): Promise<number | undefined> {
  const text = await textIn(path);
  if (text === undefined) return undefined;
  return text.trim() === "max" ? 0 : Number(text);
}
