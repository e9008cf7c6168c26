/** Load from wrk, and what came of it. */
import { spawn } from "node:child_process";
import { once } from "node:events";

export interface Load {
  readonly script: "create" | "create-pods" | "get";
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
  /** For the script. */
  readonly env: Readonly<Record<string, string>>;
}

export interface LoadResult {
  readonly requests: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Answers other than 2xx and 3xx, and connections that failed. */
  readonly failed: number;
}

const threadsMax = 2;

export async function wrk({ script, url, connections, seconds, env }: Load): Promise<LoadResult> {
  const threads = Math.min(threadsMax, connections);
  const file = `${import.meta.dirname}/${script}.lua`;
  const args = [`-t${threads}`, `-c${connections}`, `-d${seconds}s`, "-s", file, url];
  const child = spawn("wrk", args, {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (text += chunk.toString()));
  try {
    await once(child, "close");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause;
    throw new Error("wrk makes the load and is missing: apt-get install wrk", { cause });
  }
  return resultIn(text);
}

/** As the scripts print it: requests, microseconds, latencies in microseconds, failures. */
function resultIn(text: string): LoadResult {
  const found = /RESULT (\d+) (\d+) (\d+) (\d+) (\d+)/.exec(text);
  if (!found) throw new Error(`wrk said: ${text}`);
  const [requests = 0, micros = 1, p50 = 0, p99 = 0, failed = 0] = found.slice(1).map(Number);
  const perSecond = (requests * 1e6) / micros;
  return { requests, perSecond, p50Ms: p50 / 1_000, p99Ms: p99 / 1_000, failed };
}
