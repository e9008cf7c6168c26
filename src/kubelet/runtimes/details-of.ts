/** What both versions of control groups have in common when they are read in all detail. */
import type { GroupBounds, GroupDetails } from "../group-details.ts";
import type { GroupUsage } from "../ports.ts";
import type { DeviceNames } from "./block-devices.ts";
import { machineMemory, numberIn, pressureIn, textIn } from "./cgroup-files.ts";

/** What there is beyond the usage; the machine's path is empty. */
export type DetailsOf = (path: string) => Promise<Omit<GroupDetails, keyof GroupUsage>>;

export interface DetailsPlace {
  /** Where the trees are mounted. */
  readonly root: string;
  readonly proc: string;
  readonly deviceName: DeviceNames;
}

type TaskDetails = Pick<GroupDetails, "threads" | "threadsMax" | "pressure">;

/** From the folder that counts processes, and the one that knows of pressure. */
export async function tasksOfGroup(pids: string, pressures: string): Promise<TaskDetails> {
  const [threads, limit, pressure] = await Promise.all([
    numberIn(`${pids}/pids.current`),
    numberIn(`${pids}/pids.max`),
    pressureIn(pressures),
  ]);
  return { threads, threadsMax: threads === undefined ? undefined : (limit ?? 0), pressure };
}

/** The root group's files say nothing of these. */
export async function tasksOfMachine(proc: string): Promise<TaskDetails> {
  const [load, pressure] = await Promise.all([
    textIn(`${proc}/loadavg`),
    pressureIn(`${proc}/pressure`, ""),
  ]);
  const threads = /\d+\/(\d+)/.exec(load ?? "")?.[1];
  return { threads: threads === undefined ? undefined : Number(threads), pressure };
}

/** The machine may use what it has. */
export async function boundsOfMachine(proc: string): Promise<GroupBounds> {
  const machine = await machineMemory(proc);
  return { memoryBytes: machine.get("MemTotal"), swapBytes: machine.get("SwapTotal") };
}
