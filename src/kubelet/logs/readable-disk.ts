/** What reading logs needs of a disk. */
import type { Disk } from "#base/disk.ts";

export type ReadableDisk = Pick<Disk, "facts" | "list" | "readAt" | "observe">;
