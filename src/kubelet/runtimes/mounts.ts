/** File systems of our own making, through the system's own mount and umount. */
import type { Disk } from "#base/disk.ts";
import { type Command, type Processes, runOrThrow } from "#base/processes.ts";
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
    layers: async (path, folders) => {
      if ((await mountPoints()).includes(path)) return;
      await runOrThrow(processes, overlayCommand(path, folders));
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

/**
 * The kernel takes no more than a page of options, which the full paths of fifty layers exceed: what
 * they have in common is where we stand. The mount point itself is the lowest layer, as there have
 * to be two; without an upper one nothing can ever be written.
 */
export function overlayCommand(path: string, folders: readonly string[]): Command {
  const [first = "", ...others] = folders;
  const parts = first.split("/").slice(0, -1);
  while (!others.every((other) => other.startsWith(`${parts.join("/")}/`))) parts.pop();
  const folder = `${parts.join("/")}/`;
  const lower = [...folders.map((one) => one.slice(folder.length)), path].join(":");
  const options = `ro,nosuid,nodev,noexec,lowerdir=${lower}`;
  return { program: "mount", args: ["-t", "overlay", "-o", options, "overlay", path], folder };
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
