/** What `sysctl` sets, written where it writes. */
import { readFile, writeFile } from "node:fs/promises";
import type { Processes } from "#base/processes.ts";
import type { KernelSettings } from "../backend.ts";

export interface KernelSettingsOptions {
  /** Loads the kernel's module for bridges, without which some settings do not exist. */
  readonly processes: Processes;
  readonly root?: string;
}

export function kernelSettings(options: KernelSettingsOptions): KernelSettings {
  const { processes, root = "/proc/sys" } = options;
  return {
    async set(name, value) {
      const path = `${root}/${name.replaceAll(".", "/")}`;
      if (name.startsWith("net.bridge.") && (await readSetting(path)) === undefined) {
        await processes.run({ program: "modprobe", args: ["br_netfilter"] });
      }
      const now = await readSetting(path);
      if (now === undefined) return false;
      // Writing asks for rights that one may not have, and need not have.
      if (now !== value) await writeFile(path, value);
      return true;
    },
  };
}

async function readSetting(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, "utf8")).trim();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw cause;
  }
}
