/** What disks are called. */
import { stat } from "node:fs/promises";
import { orUndefined, textIn } from "./cgroup-files.ts";

/** The file of a device, from its numbers as in `254:0`; empty when there is none. */
export type DeviceNames = (numbers: string) => Promise<string>;

/** Names are looked up once: a device keeps its name while it is there. */
export function deviceNames(sys: string): DeviceNames {
  const known = new Map<string, string>();
  return async (numbers) => {
    const before = known.get(numbers);
    if (before !== undefined) return before;
    const text = (await textIn(`${sys}/dev/block/${numbers}/uevent`)) ?? "";
    const name = /^DEVNAME=(.+)$/m.exec(text)?.[1];
    if (name !== undefined) known.set(numbers, `/dev/${name}`);
    return name === undefined ? "" : `/dev/${name}`;
  };
}

/** A line's numbers of a device, and the rest of the line. */
export const deviceLine = (line: string): { readonly numbers: string; readonly rest: string[] } => {
  const [numbers = "", ...rest] = line.split(" ");
  return { numbers, rest };
};

export const majorMinor = (numbers: string): { readonly major: number; readonly minor: number } => {
  const [major, minor] = numbers.split(":").map(Number);
  return { major: major ?? 0, minor: minor ?? 0 };
};

/** The disk that a file lies on; empty when it lies on none, as in memory. */
export function deviceOfFile(sys = "/sys"): (path: string) => Promise<string> {
  const nameOf = deviceNames(sys);
  return async (path) => {
    const facts = await orUndefined(stat(path));
    return facts ? nameOf(numbersOf(facts.dev)) : "";
  };
}

/** As the kernel packs them for programs: bits 8 to 19 are the major one. */
const numbersOf = (device: number): string =>
  `${(device >> 8) & 0xfff}:${(device & 0xff) | ((device >> 12) & 0xfff00)}`;
