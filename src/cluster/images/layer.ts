/** One layer of an image: a tar of files, made the same way every time, so that its digest stays. */
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { lstat, readdir, readlink, rename, rm, stat } from "node:fs/promises";
import { join, posix } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { pack, type Pack } from "tar-stream";

/** What goes into a layer. Paths are absolute, as the container sees them. */
export type LayerEntry =
  | { readonly path: string; readonly folder: true; readonly mode?: number }
  | { readonly path: string; readonly content: string | Uint8Array; readonly mode?: number }
  /** A file of this machine; links are followed. */
  | { readonly path: string; readonly from: string; readonly mode?: number }
  | { readonly path: string; readonly target: string };

export interface Layer {
  /** `sha256:…` of the uncompressed tar, which is also what is stored. */
  readonly digest: string;
  readonly bytes: number;
  /** Where the tar lies. */
  readonly file: string;
}

/** Writes the layer into `folder`, named by its digest. */
export async function writeLayer(folder: string, entries: readonly LayerEntry[]): Promise<Layer> {
  const tar = pack();
  const hash = createHash("sha256");
  let bytes = 0;
  const measure = new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      hash.update(chunk);
      bytes += chunk.length;
      done(null, chunk);
    },
  });
  const draft = join(folder, `.layer-${process.pid}`);
  const written = pipeline(tar, measure, createWriteStream(draft));
  try {
    for (const entry of withParents(entries)) await add(tar, entry);
    tar.finalize();
    await written;
  } catch (cause) {
    tar.destroy();
    await Promise.allSettled([written, rm(draft, { force: true })]);
    throw cause;
  }
  const hex = hash.digest("hex");
  const file = join(folder, hex);
  await rename(draft, file);
  return { digest: `sha256:${hex}`, bytes, file };
}

/** Every folder above an entry, once, before what is in it. */
function* withParents(entries: readonly LayerEntry[]): Iterable<LayerEntry> {
  const seen = new Set(["/"]);
  for (const entry of entries) {
    for (const parent of parentsOf(entry.path)) {
      if (!seen.has(parent)) yield { path: parent, folder: true };
      seen.add(parent);
    }
    if (!seen.has(entry.path) || !("folder" in entry)) yield entry;
    seen.add(entry.path);
  }
}

function parentsOf(path: string): string[] {
  const parents: string[] = [];
  for (let at = posix.dirname(path); at !== "/" && at !== "."; at = posix.dirname(at))
    parents.unshift(at);
  return parents;
}

/** The same time in every layer: a digest must not depend on when it was made. */
const mtime = new Date(0);

async function add(tar: Pack, entry: LayerEntry): Promise<void> {
  const name = entry.path.slice(1);
  const finished = Promise.withResolvers<void>();
  const done = (error?: Error | null): void =>
    error ? finished.reject(error) : finished.resolve();
  if ("folder" in entry) {
    tar.entry({ name: `${name}/`, type: "directory", mode: entry.mode ?? 0o755, mtime }, done);
  } else if ("target" in entry) {
    tar.entry({ name, type: "symlink", linkname: entry.target, mode: 0o777, mtime }, done);
  } else if ("content" in entry) {
    const content = Buffer.from(entry.content as string);
    tar.entry({ name, mode: entry.mode ?? 0o644, mtime }, content, done);
  } else {
    const { size, mode } = await stat(entry.from);
    const target = tar.entry({ name, size, mode: entry.mode ?? mode & 0o7777, mtime }, done);
    await pipeline(createReadStream(entry.from), target);
  }
  await finished.promise;
}

/** All that is in a folder of this machine, to stand at `at` in the image. Sorted. */
export async function entriesOfFolder(from: string, at: string): Promise<LayerEntry[]> {
  const entries: LayerEntry[] = [{ path: at, folder: true }];
  const names = (await readdir(from)).toSorted();
  for (const name of names) {
    const [source, path] = [join(from, name), posix.join(at, name)];
    const facts = await lstat(source);
    if (facts.isDirectory()) entries.push(...(await entriesOfFolder(source, path)));
    else if (facts.isSymbolicLink()) entries.push({ path, target: await readlink(source) });
    else if (facts.isFile()) entries.push({ path, from: source });
  }
  return entries;
}
