/** What one pod takes of its node, by what it takes it for. What nobody asked for is 0. */
import type { Starved, Whose } from "./signals.ts";

export interface PodUsage {
  readonly memoryBytes: number;
  readonly processes: number;
  readonly containers: readonly ContainerUsage[];
  /** Folders of its own on the node's disk, by the volume's name. */
  readonly volumes: ReadonlyMap<string, FileUsage>;
}

export interface ContainerUsage {
  readonly name: string;
  readonly memoryBytes: number;
  /** What it wrote beside its volumes. */
  readonly root: FileUsage;
  readonly logs: FileUsage;
}

export interface FileUsage {
  readonly bytes: number;
  readonly inodes: number;
}

export const noFiles: FileUsage = { bytes: 0, inodes: 0 };

const sum = (parts: readonly FileUsage[]): FileUsage => ({
  bytes: parts.reduce((all, { bytes }) => all + bytes, 0),
  inodes: parts.reduce((all, { inodes }) => all + inodes, 0),
});

/** Everything that it wrote. */
export const filesOf = ({ containers, volumes }: PodUsage): FileUsage =>
  sum([...containers.flatMap(({ root, logs }) => [root, logs]), ...volumes.values()]);

/** Of the file system that is short of something, when images have one of their own. */
function filesOn({ containers, volumes }: PodUsage, fs: Whose): FileUsage {
  if (fs === "imageFs") return sum(containers.map(({ root }) => root));
  return sum([...containers.map(({ logs }) => logs), ...volumes.values()]);
}

export interface Scarcity {
  readonly starved: Starved;
  /** Where, when not everything lies on one disk. */
  readonly on?: Whose | undefined;
}

/** In bytes, or in pieces. */
export function usageOf(usage: PodUsage, { starved, on }: Scarcity): number {
  if (starved === "memory") return usage.memoryBytes;
  if (starved === "pids") return usage.processes;
  const files = on === undefined ? filesOf(usage) : filesOn(usage, on);
  return starved === "inodes" ? files.inodes : files.bytes;
}
