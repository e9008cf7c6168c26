/**
 * Header blocks of SPDY/3.1: names and values, compressed by one zlib stream per direction that
 * starts with an agreed dictionary. https://www.chromium.org/spdy/spdy-protocol/spdy-protocol-draft3-1
 *
 * We compress with stored blocks only, which every inflater reads: our headers are a few dozen
 * bytes, and so no state has to be kept in step with the frames on the wire.
 */
import { constants, createInflate } from "node:zlib";

/** Names in lower case. */
export type SpdyHeaders = Readonly<Record<string, string>>;

/** More than any peer of ours sends. */
const inflatedBytesMax = 64 * 1024;

export function encodeHeaders(headers: SpdyHeaders): Buffer {
  const entries = Object.entries(headers);
  const parts = [uint32(entries.length)];
  for (const [name, value] of entries) parts.push(text(name.toLowerCase()), text(value));
  return Buffer.concat(parts);
}

/** Several values of one name come separated by NUL; the first one counts. */
export function decodeHeaders(block: Buffer): SpdyHeaders {
  const headers: Record<string, string> = {};
  let at = 4;
  const next = (): string => {
    const start = at + 4;
    const length = block.readUInt32BE(at);
    if (start + length > block.length) throw new Error("spdy: a header is cut off");
    at = start + length;
    return block.toString("utf8", start, at);
  };
  for (let left = block.readUInt32BE(0); left > 0; left--) {
    const name = next();
    headers[name] = next().split("\0", 1)[0] ?? "";
  }
  return headers;
}

const text = (value: string): Buffer => {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint32(bytes.length), bytes]);
};

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

const storedBytesMax = 0xffff;

/** Deflates the blocks of one direction, in order. */
export class HeaderDeflater {
  #isStarted = false;

  deflate(block: Buffer): Buffer {
    const parts: Buffer[] = this.#isStarted ? [] : [streamStart];
    this.#isStarted = true;
    for (let at = 0; at < block.length; at += storedBytesMax)
      parts.push(stored(block.subarray(at, at + storedBytesMax)));
    // An empty block is zlib's flush: the peer's inflater hands out what it has.
    parts.push(stored(Buffer.alloc(0)));
    return Buffer.concat(parts);
  }
}

function stored(bytes: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt16LE(bytes.length, 1);
  head.writeUInt16LE(bytes.length ^ 0xffff, 3);
  return Buffer.concat([head, bytes]);
}

/** Inflates the blocks of the other direction, in order. */
export class HeaderInflater {
  readonly #inflate = createInflate({ dictionary, flush: constants.Z_SYNC_FLUSH });
  #chunks: Buffer[] = [];
  #bytes = 0;

  constructor() {
    this.#inflate.on("data", (chunk: Buffer) => {
      this.#bytes += chunk.length;
      if (this.#bytes <= inflatedBytesMax) this.#chunks.push(chunk);
    });
    // `inflate` rejects with it; this keeps it from being thrown at the process as well.
    this.#inflate.on("error", () => this.#chunks.splice(0));
  }

  async inflate(block: Buffer): Promise<Buffer> {
    const done = Promise.withResolvers<void>();
    this.#inflate.write(block, (error) => (error ? done.reject(error) : done.resolve()));
    await done.promise;
    if (this.#bytes > inflatedBytesMax) throw new Error("spdy: huge headers");
    const whole = Buffer.concat(this.#chunks);
    this.#chunks = [];
    this.#bytes = 0;
    return whole;
  }

  close(): void {
    this.#inflate.destroy();
  }
}

const words =
  "options head post put delete trace accept accept-charset accept-encoding accept-language accept-ranges age allow authorization cache-control connection content-base content-encoding content-language content-length content-location content-md5 content-range content-type date etag expect expires from host if-match if-modified-since if-none-match if-range if-unmodified-since last-modified location max-forwards pragma proxy-authenticate proxy-authorization range referer retry-after server te trailer transfer-encoding upgrade user-agent vary via warning www-authenticate method get status 200_OK version HTTP/1.1 url public set-cookie keep-alive origin";

const tail = [
  "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505",
  "203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request",
  "401 Unauthorized403 Forbidden404 Not Found500 Internal Server Error501 Not Implemented",
  "503 Service UnavailableJan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 ",
  "Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMTchunked,text/html,image/png,image/jpg,image/gif,",
  "application/xml,application/xhtml+xml,text/plain,text/javascript,publicprivatemax-age=",
  "gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0.",
];

export const dictionary = Buffer.concat([
  ...words.split(" ").map((word) => text(word.replace("_", " "))),
  Buffer.from(tail.join("")),
]);

/** RFC 1950: how a zlib stream names its dictionary. */
function adler32(bytes: Buffer): number {
  let a = 1;
  let b = 0;
  for (const byte of bytes) {
    a = (a + byte) % 65_521;
    b = (b + a) % 65_521;
  }
  return b * 65_536 + a;
}

/** zlib's header: deflate, 32 KiB window, a dictionary, and a check that makes it divide by 31. */
const streamStart = Buffer.concat([Buffer.from([0x78, 0xbb]), uint32(adler32(dictionary))]);
