/**
 * Lines of a container's log as the runtime writes them:
 * `2030-01-01T00:00:00.000000000Z stdout F the text`, F for a full line, P for a part of one.
 * upstream: staging/src/k8s.io/cri-client/pkg/logs/logs.go
 */
export interface LogLine {
  /** RFC 3339 with nanoseconds. */
  readonly time: string;
  readonly stream: "stdout" | "stderr";
  /** The next line goes on with it. */
  readonly isPartial: boolean;
  /** With its line break, unless partial. */
  readonly content: Uint8Array;
}

const space = 0x20;
const lineBreak = Uint8Array.of(0x0a);
const decoder = new TextDecoder();

/** Undefined for what no runtime wrote: the rest of a line that was cut. `line` has no break. */
export function parseLogLine(line: Uint8Array): LogLine | undefined {
  const first = line.indexOf(space);
  const second = line.indexOf(space, first + 1);
  const third = line.indexOf(space, second + 1);
  if (first < 0 || second < 0 || third < 0) return undefined;
  const stream = decoder.decode(line.subarray(first + 1, second));
  if (stream !== "stdout" && stream !== "stderr") return undefined;
  const isPartial = decoder.decode(line.subarray(second + 1, third)).split(":")[0] === "P";
  const text = line.subarray(third + 1);
  return {
    time: decoder.decode(line.subarray(0, first)),
    stream,
    isPartial,
    content: isPartial ? text : Buffer.concat([text, lineBreak]),
  };
}

/** Cuts a stream of chunks into lines without their breaks; keeps the unfinished rest. */
export class LineSplitter {
  #rest: Uint8Array = new Uint8Array();

  *push(chunk: Uint8Array): Iterable<Uint8Array> {
    let bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a)) {
      yield bytes.subarray(0, at);
      bytes = bytes.subarray(at + 1);
    }
    this.#rest = bytes;
  }

  /** What came after the last break. */
  get rest(): Uint8Array {
    return this.#rest;
  }
}
