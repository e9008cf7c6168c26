/**
 * Finds what a mount's subPath means, without letting a link lead out of the volume.
 * upstream: pkg/volume/util/subpath/subpath_linux.go
 * differs: the path is resolved here and bound by the runtime, not held open in between.
 */
import type { Disk } from "#base/disk.ts";
import { VolumeError } from "./volume.ts";

const linksMax = 40;

interface Volume {
  readonly path: string;
  /** Nothing can be made in it. */
  readonly isSealed?: boolean;
}

/** The path on the node; undefined when it leads out of the volume. Missing folders are made. */
export async function resolveSubPath(
  disk: Disk,
  { path: volume, isSealed = false }: Volume,
  subPath: string,
): Promise<string | undefined> {
  const root = (await realPath(disk, volume)) ?? volume;
  const left = partsOf(subPath);
  let walk: Walk = { done: [], links: 0 };
  for (let part = left.shift(); part !== undefined; part = left.shift()) {
    const path = [root, ...walk.done, part].join("/");
    const target = part === ".." ? undefined : await findTarget(disk, path);
    const next = target === undefined ? follow(walk, part) : followLink(walk, root, target);
    if (!next) return undefined;
    if (target !== undefined) left.unshift(...partsOf(below(root, target)));
    else if (part !== ".." && !(await disk.facts(path))) {
      if (isSealed) throw new VolumeError(`subPath ${JSON.stringify(subPath)} is not in the image`);
      await disk.makeFolder(path, 0o755);
    }
    walk = next;
  }
  return [root, ...walk.done].join("/");
}

/** How far we have come below the root. */
interface Walk {
  readonly done: readonly string[];
  readonly links: number;
}

function follow({ done, links }: Walk, part: string): Walk | undefined {
  if (part !== "..") return { done: [...done, part], links };
  return done.length === 0 ? undefined : { done: done.slice(0, -1), links };
}

function followLink({ done, links }: Walk, root: string, target: string): Walk | undefined {
  const isAbsolute = target.startsWith("/");
  if (links >= linksMax || (isAbsolute && !isBelow(target, root))) return undefined;
  return { done: isAbsolute ? [] : done, links: links + 1 };
}

const partsOf = (path: string): string[] =>
  path.split("/").filter((part) => part !== "" && part !== ".");

const below = (root: string, target: string): string =>
  target.startsWith("/") ? target.slice(root.length) : target;

/** Where a link leads; undefined for what is no link. */
const findTarget = async (disk: Disk, path: string): Promise<string | undefined> =>
  (await disk.facts(path))?.is === "link" ? disk.readLink(path) : undefined;

const isBelow = (path: string, root: string): boolean =>
  path === root || path.startsWith(`${root}/`);

/** The volume itself may be a link (a hostPath): where it leads is its root. */
async function realPath(disk: Disk, path: string): Promise<string | undefined> {
  let current = path;
  for (let links = 0; links < linksMax; links++) {
    const target = await findTarget(disk, current);
    if (target === undefined) return current;
    const parent = current.slice(0, current.lastIndexOf("/"));
    current = target.startsWith("/") ? target : `${parent}/${target}`;
  }
  return undefined;
}
