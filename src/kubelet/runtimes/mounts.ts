/** File systems in memory, through the system's own mount and umount. */
import type { Disk } from "#base/disk.ts";
import { type Processes, runOrThrow } from "#base/processes.ts";
import type { Mounts } from "../volumes/volume.ts";

interface MountOptions {
  readonly disk: Disk;
  readonly processes: Processes;
}

export function systemMounts({ disk, processes }: MountOptions): Mounts {
  const mountPoints = async (): Promise<readonly string[]> => {
    const bytes = await disk.read("/proc/self/mountinfo");
    return parseMountPoints(new TextDecoder().decode(bytes));
  };
  return {
    tmpfs: async (path, { sizeBytes } = {}) => {
      if ((await mountPoints()).includes(path)) return;
      const size = sizeBytes === undefined ? [] : ["-o", `size=${sizeBytes}`];
      const args = ["-t", "tmpfs", ...size, "tmpfs", path];
      await runOrThrow(processes, { program: "mount", args });
    },
    isMounted: async (path) => (await mountPoints()).includes(path),
    unmountBelow: async (path) => {
      const points = await mountPoints();
      const below = points.filter((point) => point === path || point.startsWith(`${path}/`));
      // What was mounted last lies on top.
      for (const point of below.toReversed())
        await runOrThrow(processes, { program: "umount", args: ["-l", point] });
    },
  };
}

/** The fifth field of mountinfo, in which blanks and backslashes are octal. */
export const parseMountPoints = (text: string): readonly string[] =>
  text
    .split("\n")
    .map((line) => line.split(" ")[4])
    .filter((point) => point !== undefined)
    .map((point) =>
      point.replace(/\\([0-7]{3})/g, (_, octal: string) =>
        String.fromCharCode(Number.parseInt(octal, 8)),
      ),
    );
