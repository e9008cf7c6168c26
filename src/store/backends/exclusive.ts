/**
 * A lock file that names its owner, so that two processes never share a database: the second one is
 * told who has it. A lock whose process is gone is taken over.
 */
import {
  closeSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";

export class StoreInUse extends Error {
  override readonly name = "StoreInUse";
}

interface Owner {
  readonly pid: number;
  /** Tells a process from a later one with the same number. */
  readonly startedAt: string;
}

/** Locks of this very process: opening a database twice is as wrong as from two processes. */
const mine = new Set<string>();

/** Disposing gives it up. Throws `StoreInUse`. */
export function lockFile(path: string): Disposable {
  const self = ownerOf(process.pid);
  for (let attempt = 0; !create(path, self); attempt++) {
    const owner = read(path);
    const isAlive = owner?.pid === process.pid ? mine.has(path) : owner && isRunning(owner);
    if (owner && (isAlive || attempt > 10))
      throw new StoreInUse(`${path}: in use by process ${owner.pid}`);
    takeAway(path, owner);
  }
  mine.add(path);
  return {
    [Symbol.dispose]() {
      mine.delete(path);
      rmSync(path, { force: true });
    },
  };
}

/** False when there is one already. Complete from the start: written aside, then linked. */
function create(path: string, owner: Owner): boolean {
  const aside = `${path}.${owner.pid}`;
  const file = openSync(aside, "w", 0o600);
  try {
    writeSync(file, JSON.stringify(owner));
    linkSync(aside, path);
    return true;
  } catch (cause) {
    if (hasCode(cause, "EEXIST")) return false;
    throw cause;
  } finally {
    closeSync(file);
    rmSync(aside, { force: true });
  }
}

function read(path: string): Owner | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Owner;
  } catch (cause) {
    if (hasCode(cause, "ENOENT")) return undefined;
    if (cause instanceof SyntaxError) return { pid: 0, startedAt: "" };
    throw cause;
  }
}

/** Removes a stale lock, unless somebody else was faster and the lock is now theirs. */
function takeAway(path: string, stale: Owner | undefined): void {
  const aside = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, aside);
    const taken = read(aside);
    if (taken && (taken.pid !== stale?.pid || taken.startedAt !== stale.startedAt))
      linkSync(aside, path);
  } catch (cause) {
    if (!hasCode(cause, "ENOENT") && !hasCode(cause, "EEXIST")) throw cause;
  }
  rmSync(aside, { force: true });
}

const ownerOf = (pid: number): Owner => ({ pid, startedAt: startOf(pid) ?? "" });

function isRunning({ pid, startedAt }: Owner): boolean {
  if (pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (cause) {
    if (hasCode(cause, "ESRCH")) return false;
  }
  const start = startOf(pid);
  return start === undefined || startedAt === "" || start === startedAt;
}

/** Boot and clock tick at which a process started; undefined where there is no /proc. */
function startOf(pid: number): string | undefined {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The program's name, in parentheses, may hold anything; field 22 counts from the start.
    return `${boot}/${stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]}`;
  } catch {
    return undefined; // Then the process number has to do.
  }
}

const hasCode = (cause: unknown, code: string): boolean =>
  cause instanceof Error && (cause as NodeJS.ErrnoException).code === code;
