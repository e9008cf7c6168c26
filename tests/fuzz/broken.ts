/** What breaks a request that was one. */
import { below, pick, type SeededRandom } from "../../src/base/random.ts";
import type { Sent } from "./wire.ts";

type Breakage = (text: string, random: SeededRandom) => string;

const header =
  (line: string): Breakage =>
  (text) =>
    text.replace("\r\n", `\r\n${line}\r\n`);

const breakages: readonly [Breakage, ...Breakage[]] = [
  (text, random) => text.slice(0, below(random, text.length)),
  (text, random) => text.slice(0, text.indexOf("\r\n\r\n") + below(random, 40)),
  noisy,
  noisy,
  header("content-length: 5"),
  header("content-length: -1"),
  header("content-length: 99999999999999999999"),
  header("transfer-encoding: chunked"),
  header("transfer-encoding: gzip, chunked"),
  header("expect: 100-continue"),
  header("expect: x"),
  header(" folded"),
  header(": x"),
  header("x".repeat(70_000)),
  header(`x: ${"y".repeat(70_000)}`),
  header(Array.from({ length: 3_000 }, (_, i) => `x${i}: y`).join("\r\n")),
  (text) => text.replace("HTTP/1.1", "HTTP/1.0"),
  (text) => text.replace("HTTP/1.1", "HTTP/2.0"),
  (text) => text.replace(/^\w+/, "FROB"),
  (text) => text.replace(/^\w+ /, "CONNECT k8ts:443 "),
  (text) => text.replace(/^(\w+) \//, "$1 http://k8ts/"),
  (text) => text.replace(/^(\w+) \S+/, "$1 *"),
  (text) => text.replace(/^(\w+) \S+/, `$1 /${"x".repeat(20_000)}`),
  (text) => text.replace(/host: .*\r\n/, ""),
  (text) => text.replaceAll("\r\n", "\n"),
  (text) => text + text,
  () => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  () => "\u0016\u0003\u0001\u0002\0\u0001\0\u0001\u00fc\u0003\u0003",
  () => "",
];

function noisy(text: string, random: SeededRandom): string {
  const at = below(random, text.length);
  const noise = Buffer.from(random.bytes(1 + below(random, 3))).toString("latin1");
  return text.slice(0, at) + noise + text.slice(at + below(random, 3));
}

/** It ends the connection with it: nobody knows where the next request would begin. */
export function broken(sent: Sent, random: SeededRandom): Sent {
  const text = pick(random, breakages)(Buffer.from(sent.bytes).toString("latin1"), random);
  return { ...sent, bytes: Buffer.from(text, "latin1"), streams: true, isLast: true };
}
