/**
 * Reads the head of a request that is nothing but plain: the form that clients send millions of times. Whatever could
 * be read in two ways, or is merely unusual, is not read here but left to Node's parser, which has the last word.
 */
import type { HttpHeaders } from "#base/http.ts";

export interface PlainHead {
  readonly method: string;
  readonly target: string;
  readonly headers: HttpHeaders;
  /** In bytes, with the empty line at its end. */
  readonly length: number;
  /** Of the body. */
  readonly bodyLength: number;
}

/** What follows the request line. Clients send the same lines with every request of a connection. */
interface Block {
  readonly bytes: Buffer;
  readonly headers: HttpHeaders;
  readonly bodyLength: number;
}

const lineFeed = 0x0a;
const blankLine = "\r\n\r\n";
const linesMax = 100;

const methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"] as const;
const version = " HTTP/1.1\r";
/** What stands between method and version. */
const plainTarget = /^\/[\w/.~!$&'()*+,;=:@%?-]*$/;
/** A control character, a byte above ASCII, or an end of line that is not CR LF. */
const unusual = /[^\t\x20-\x7e\r\n]|\r(?!\n)|(?<!\r)\n/;
const headerName = /^[a-z0-9-]+$/;
const bodyLengthText = /^(0|[1-9]\d{0,8})$/;

/** Anything about how the message is framed, or what follows it, is not plain. */
const notPlain = ["transfer-encoding", "upgrade", "expect", "te", "trailer", "keep-alive"] as const;

/** One per connection. */
export class PlainHeadReader {
  #last: Block | undefined;

  /** Undefined when the bytes do not start with a whole head, or with one that is not plain. */
  read(bytes: Buffer): PlainHead | undefined {
    const lineEnd = bytes.indexOf(lineFeed);
    const line = bytes.toString("latin1", 0, Math.max(0, lineEnd));
    // One of ours rather than a piece of the line: to look up a text that is new costs more than to compare a few.
    const method = methods.find((one) => line.startsWith(one));
    if (!method || line[method.length] !== " " || !line.endsWith(version)) return undefined;
    const target = line.slice(method.length + 1, -version.length);
    const block = plainTarget.test(target) ? this.#blockAt(bytes, lineEnd + 1) : undefined;
    if (!block) return undefined;
    const { headers, bodyLength } = block;
    if (bodyLength > 0 && (method === "GET" || method === "HEAD")) return undefined;
    return { method, target, headers, bodyLength, length: lineEnd + 1 + block.bytes.length };
  }

  #blockAt(bytes: Buffer, start: number): Block | undefined {
    const last = this.#last;
    const end = start + (last?.bytes.length ?? 0);
    // It ends with the first empty line there is, so what is equal cannot go on behind it.
    if (
      last &&
      end <= bytes.length &&
      bytes.compare(last.bytes, 0, last.bytes.length, start, end) === 0
    )
      return last;
    const blank = bytes.indexOf(blankLine, start, "latin1");
    if (blank < 0) return undefined;
    this.#last = blockOf(Buffer.from(bytes.subarray(start, blank + blankLine.length)));
    return this.#last;
  }
}

function blockOf(bytes: Buffer): Block | undefined {
  const text = bytes.toString("latin1", 0, bytes.length - blankLine.length);
  const lines = text.split("\r\n", linesMax + 1);
  if (lines.length > linesMax || unusual.test(text)) return undefined;
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(0, colon)).toLowerCase();
    // Which one of several counts is a question that Node answers.
    if (!headerName.test(name) || Object.hasOwn(headers, name)) return undefined;
    headers[name] = line.slice(colon + 1).trim();
  }
  const length = headers["content-length"] ?? "0";
  if (!isPlain(headers) || !bodyLengthText.test(length)) return undefined;
  return { bytes, headers: Object.freeze(headers), bodyLength: Number(length) };
}

const isPlain = (headers: HttpHeaders): boolean =>
  headers["host"] !== undefined &&
  (headers["connection"] ?? "keep-alive").toLowerCase() === "keep-alive" &&
  !notPlain.some((name) => headers[name] !== undefined);
