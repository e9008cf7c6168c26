/** The end of a log, without reading the whole of it. */
import type { ReadableDisk } from "./readable-disk.ts";
import { LineSplitter, parseLogLine } from "./cri-log.ts";

const blockBytes = 64 * 1_024;

/** Where the last `count` lines begin. */
export async function offsetOfLast(
  disk: ReadableDisk,
  path: string,
  count: number,
): Promise<number> {
  const bytes = (await disk.facts(path))?.bytes ?? 0;
  if (count <= 0) return bytes;
  let breaks = 0;
  for (let end = bytes; end > 0; end -= blockBytes) {
    const offset = Math.max(end - blockBytes, 0);
    const block = await disk.readAt(path, { offset, bytesMax: end - offset });
    for (let i = block.length - 1; i >= 0; i--) {
      const isLastByte = offset + i === bytes - 1;
      if (block[i] !== 0x0a || isLastByte) continue;
      if (++breaks === count) return offset + i + 1;
    }
  }
  return 0;
}

interface LastWords {
  readonly lines: number;
  readonly bytes: number;
}

/** What a container said last, as text. */
export async function lastWords(disk: ReadableDisk, path: string, max: LastWords): Promise<string> {
  const offset = await offsetOfLast(disk, path, max.lines);
  const bytesMax = ((await disk.facts(path))?.bytes ?? 0) - offset;
  const splitter = new LineSplitter();
  const parts: Uint8Array[] = [];
  for (const line of splitter.push(await disk.readAt(path, { offset, bytesMax }))) {
    const parsed = parseLogLine(line);
    if (parsed) parts.push(parsed.content);
  }
  return new TextDecoder().decode(Buffer.concat(parts).subarray(-max.bytes));
}
