/** The forms that files of control groups have. Whatever may be absent is undefined then. */
import { readFile, stat } from "node:fs/promises";
import type { Pressure, PressureDetails, Stall } from "../group-details.ts";

export const isAbsent = (error: unknown): boolean =>
  ["ENOENT", "ENODEV", "EOPNOTSUPP", "ENOTDIR"].includes(
    (error as NodeJS.ErrnoException).code ?? "",
  );

export async function orUndefined<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

export const textIn = (path: string): Promise<string | undefined> =>
  orUndefined(readFile(path, "utf8"));

/** Fails when there is no such file. */
export const readNumber = async (path: string): Promise<number> =>
  Number(await readFile(path, "utf8"));

/** Undefined for `max` too. */
export async function numberIn(path: string): Promise<number | undefined> {
  const text = (await textIn(path))?.trim();
  return text === undefined || text === "" || text === "max" ? undefined : Number(text);
}

/** Lines of a name and a number; none when there is no such file. */
export const namedNumbersIn = async (path: string): Promise<ReadonlyMap<string, number>> =>
  namedNumbers((await textIn(path)) ?? "");

export const namedNumbers = (text: string): ReadonlyMap<string, number> =>
  new Map(
    text.split("\n").flatMap((line) => {
      const [name = "", value] = line.split(/\s+/);
      return value === undefined ? [] : [[name, Number(value)] as const];
    }),
  );

export async function linesIn(path: string): Promise<readonly string[]> {
  return ((await textIn(path)) ?? "").split("\n").filter((line) => line !== "");
}

/** Of /proc/meminfo, by name, in bytes. */
export async function machineMemory(proc: string): Promise<ReadonlyMap<string, number>> {
  const lines = await linesIn(`${proc}/meminfo`);
  return new Map(
    lines.map((line) => {
      const [name = "", kibibytes] = line.split(/:\s+/);
      return [name, Number.parseInt(kibibytes ?? "0", 10) * 1_024] as const;
    }),
  );
}

export const changedAtMs = async (path: string): Promise<number | undefined> =>
  (await orUndefined(stat(path)))?.mtimeMs;

/** From `folder/cpu.pressure`, or `folder/cpu` where `suffix` is empty. */
export async function pressureIn(
  folder: string,
  suffix = ".pressure",
): Promise<PressureDetails | undefined> {
  const [cpu, memory, io] = await Promise.all(
    ["cpu", "memory", "io"].map((what) => textIn(`${folder}/${what}${suffix}`)),
  );
  const found = { cpu: parsePressure(cpu), memory: parsePressure(memory), io: parsePressure(io) };
  return found.cpu || found.memory || found.io ? found : undefined;
}

/** upstream: Documentation/accounting/psi.rst of the kernel */
function parsePressure(text: string | undefined): Pressure | undefined {
  const stalls = new Map(
    (text ?? "").split("\n").flatMap((line) => {
      const [name = "", ...parts] = line.split(" ");
      return parts.length === 0 ? [] : [[name, stallOf(parts)] as const];
    }),
  );
  const some = stalls.get("some");
  return some && { some, full: stalls.get("full") ?? noStall };
}

/** Before Linux 5.13 there is no line for all processes of a group waiting for a processor. */
const noStall: Stall = { avg10: 0, avg60: 0, avg300: 0, totalMicroseconds: 0 };

function stallOf(parts: readonly string[]): Stall {
  const numbers = new Map(
    parts.map((part) => {
      const [name = "", value] = part.split("=");
      return [name, Number(value)] as const;
    }),
  );
  const of = (name: string): number => numbers.get(name) ?? 0;
  return {
    avg10: of("avg10"),
    avg60: of("avg60"),
    avg300: of("avg300"),
    totalMicroseconds: of("total"),
  };
}
