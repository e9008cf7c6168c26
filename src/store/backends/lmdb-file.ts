/**
 * A look at a database file before LMDB maps it: given a file that is none, or one that was cut short, the
 * library would not fail but take the process with it.
 */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";

const magic = 0xbeefc0de;
/** The first two pages each start with a header and a description of the database. */
const pageBytesMin = 4_096;
const at = { magic: 24, pageBytes: 48, lastPage: 144, transaction: 152 } as const;
const metaBytes = 160;

/** Throws when it is no whole LMDB database. An absent or empty file is fine: it will be one. */
export function checkDatabaseFile(path: string): void {
  const file = open(path);
  if (file === undefined) return;
  try {
    const { size } = fstatSync(file);
    if (size > 0)
      check(
        path,
        size,
        [0, pageBytesMin].map((offset) => readMeta(file, offset)),
      );
  } finally {
    closeSync(file);
  }
}

interface Meta {
  readonly isValid: boolean;
  readonly transaction: bigint;
  readonly bytesNeeded: bigint;
}

function readMeta(file: number, offset: number): Meta {
  const page = Buffer.alloc(metaBytes);
  readSync(file, page, 0, metaBytes, offset);
  return {
    isValid: page.readUInt32LE(at.magic) === magic,
    transaction: page.readBigUInt64LE(at.transaction),
    bytesNeeded: (page.readBigUInt64LE(at.lastPage) + 1n) * BigInt(page.readUInt32LE(at.pageBytes)),
  };
}

function check(path: string, size: number, metas: readonly Meta[]): void {
  const newest = metas
    .filter(({ isValid }) => isValid)
    .sort((a, b) => (a.transaction < b.transaction ? 1 : -1))[0];
  if (!newest) throw new Error(`${path} is not a database`);
  if (newest.bytesNeeded > BigInt(size))
    throw new Error(`${path} is damaged: ${size} bytes, ${newest.bytesNeeded} expected`);
}

function open(path: string): number | undefined {
  try {
    return openSync(path, "r");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw cause;
  }
}
