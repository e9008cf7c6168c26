/**
 * A container's log as `kubectl logs` wants it: from a time or a number of lines back, with or
 * without timestamps, up to a size, and on as the container writes.
 * upstream: staging/src/k8s.io/cri-client/pkg/logs/logs.go#ReadLogs
 */
import { type Clock, seconds, sleep } from "#base/clock.ts";
import type { ReadableDisk } from "./readable-disk.ts";
import { Bell } from "#base/signal.ts";
import { LineSplitter, type LogLine, parseLogLine } from "./cri-log.ts";
import { offsetOfLast } from "./tail.ts";

export interface LogOptions {
  readonly tailLines?: number;
  /** Milliseconds since the epoch. */
  readonly sinceMs?: number;
  readonly limitBytes?: number;
  readonly timestamps: boolean;
  /** Only what was written there. */
  readonly stream?: "stdout" | "stderr";
  readonly follow: boolean;
}

export interface LogSource {
  readonly disk: ReadableDisk;
  readonly clock: Clock;
  readonly path: string;
  /** Whether there may be more. */
  readonly isWritten: () => boolean;
  /** Resolves when it is worth asking that again, or when `signal` aborts. */
  readonly mayHaveEnded: (signal: AbortSignal) => Promise<void>;
  readonly signal: AbortSignal;
}

const blockBytes = 64 * 1_024;
const encoder = new TextEncoder();

export async function* readLog(source: LogSource, options: LogOptions): AsyncGenerator<Uint8Array> {
  let left = options.limitBytes ?? Infinity;
  const splitter = new LineSplitter();
  const shape = new LineShape(options);
  for await (const block of blocksOf(source, options)) {
    const parts = [...splitter.push(block)].flatMap((line) => shape.of(line));
    const bytes = Buffer.concat(parts).subarray(0, left);
    left -= bytes.length;
    if (bytes.length > 0) yield bytes;
    if (left <= 0) return;
  }
}

/** What the reader sees of a line. */
class LineShape {
  readonly #options: LogOptions;
  /** In the middle of a line there are no timestamps. */
  #isMiddle = false;

  constructor(options: LogOptions) {
    this.#options = options;
  }

  of(line: Uint8Array): readonly Uint8Array[] {
    const parsed = parseLogLine(line);
    if (!parsed || !this.#isWanted(parsed)) return [];
    const isMiddle = this.#isMiddle;
    this.#isMiddle = parsed.isPartial;
    const stamp = this.#options.timestamps && !isMiddle;
    return stamp ? [encoder.encode(`${parsed.time} `), parsed.content] : [parsed.content];
  }

  #isWanted({ time, stream }: LogLine): boolean {
    const { sinceMs, stream: wanted } = this.#options;
    if (wanted !== undefined && wanted !== stream) return false;
    return sinceMs === undefined || Date.parse(time) >= sinceMs;
  }
}

async function* blocksOf(source: LogSource, options: LogOptions): AsyncGenerator<Uint8Array> {
  const { disk, path, signal } = source;
  const file = await openAt(source, options);
  if (!options.follow) {
    if (file) yield* restOf(disk, path, file.offset);
    return;
  }
  using follower = new Follower(source, file);
  while (!signal.aborted) {
    const mayGrow = source.isWritten();
    yield* follower.news();
    if (!mayGrow) return;
    await follower.pause();
  }
}

/** Reads on where it was, also into the file that takes the place of one put aside. */
class Follower implements Disposable {
  readonly #source: LogSource;
  readonly #bell = new Bell();
  readonly #watch: Disposable;
  #file: OpenFile | undefined;
  #isDirty = false;

  constructor(source: LogSource, file: OpenFile | undefined) {
    this.#source = source;
    this.#file = file;
    this.#watch = source.disk.observe(source.path, () => {
      this.#isDirty = true;
      this.#bell.ring();
    });
  }

  async *news(): AsyncGenerator<Uint8Array> {
    this.#isDirty = false;
    const { disk, path } = this.#source;
    const now = await disk.facts(path);
    const before = this.#file;
    if (before && now && now.inode !== before.inode) {
      // First the end of the one put aside, then the new one from its beginning.
      const aside = await findAside(disk, path, before.inode);
      if (aside !== undefined) yield* restOf(disk, aside, before.offset);
      this.#file = undefined;
    }
    if (!now) return;
    let { offset } = this.#file ?? { offset: 0 };
    for await (const block of restOf(disk, path, offset)) {
      offset += block.length;
      yield block;
    }
    this.#file = { inode: now.inode, offset };
  }

  /** Until something is written, or nothing more will be; now and then in any case. */
  async pause(): Promise<void> {
    if (this.#isDirty) return;
    const { clock, signal, mayHaveEnded } = this.#source;
    const patience = new AbortController();
    const either = AbortSignal.any([signal, patience.signal]);
    const limit = sleep(clock, seconds(5), either);
    await Promise.race([this.#bell.heard(either), mayHaveEnded(either), limit]);
    patience.abort();
  }

  [Symbol.dispose](): void {
    this.#watch[Symbol.dispose]();
  }
}

interface OpenFile {
  readonly inode: number;
  readonly offset: number;
}

async function openAt(
  { disk, path }: LogSource,
  { tailLines }: LogOptions,
): Promise<OpenFile | undefined> {
  const facts = await disk.facts(path);
  if (!facts) return undefined;
  const offset = tailLines === undefined ? 0 : await offsetOfLast(disk, path, tailLines);
  return { inode: facts.inode, offset };
}

async function* restOf(disk: ReadableDisk, path: string, from: number): AsyncGenerator<Uint8Array> {
  for (let offset = from; ;) {
    const block = await disk.readAt(path, { offset, bytesMax: blockBytes });
    if (block.length === 0) return;
    offset += block.length;
    yield block;
  }
}

async function findAside(
  disk: ReadableDisk,
  path: string,
  inode: number,
): Promise<string | undefined> {
  const folder = path.slice(0, path.lastIndexOf("/"));
  for (const name of (await disk.list(folder)) ?? []) {
    const other = `${folder}/${name}`;
    if ((await disk.facts(other))?.inode === inode) return other;
  }
  return undefined;
}
