/** The processes of a cluster, as the supervisor runs them, and how to tell that they are up. */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { type Clock, minutes, seconds, sleep } from "#base/clock.ts";
import type { HttpCallTls, HttpClient } from "#base/http.ts";
import type { Places } from "./places.ts";
import type { Settings } from "./settings.ts";
import type { Service } from "./supervisor.ts";

type ServiceName = "node" | "control-plane" | "containerd";

/** Stopped in this order. Containers outlive the node's process, and containerd too. */
export function serviceNames({ nodes, runtimeEndpoint }: Settings): readonly ServiceName[] {
  if (nodes === "simulated") return ["control-plane"];
  const own = ["node", "control-plane"] as const;
  return runtimeEndpoint === undefined ? [...own, "containerd"] : own;
}

export const containerdService = (places: Places): Service => ({
  name: "containerd",
  command: ["containerd", "--config", places.containerd.config, "--log-level", "warn"],
});

/**
 * Node's own settings. Small young generations keep the memory down, which costs less speed than it
 * saves; a node has so little to compute that it can do with the smallest (docs/bench.md).
 */
const nodeFlags = {
  "control-plane": ["--max-semi-space-size=16"],
  node: ["--max-semi-space-size=1", "--optimize-for-size"],
} as const;

/**
 * Garbage is collected at rest by `host/idle-memory.ts`, once. V8's own way, up to three full
 * collections one after the other in a process that has come to rest, costs several times that.
 */
const commonFlags = ["--expose-gc", "--no-memory-reducer", "--disable-warning=ExperimentalWarning"];

/**
 * Of the C library: one heap for two threads, not eight for each core. Large pieces of long lists are mapped each on its
 * own: from the heap, where small things come to lie between them, they would not go back.
 */
export const allocatorEnv = {
  MALLOC_ARENA_MAX: "2",
  MALLOC_MMAP_THRESHOLD_: String(128 * 1024),
  MALLOC_TRIM_THRESHOLD_: String(4 * 2 ** 20),
} as const;

/** `digest` stands for the settings: when they change, the process starts anew. */
export const ownService = (
  name: "control-plane" | "node",
  places: Places,
  digest: string,
): Service => ({
  name,
  command: [
    process.execPath,
    ...nodeFlags[name],
    ...commonFlags,
    programPath(),
    "serve",
    name,
    "--data-dir",
    places.data,
  ],
  env: {
    K8TS_SETTINGS: digest,
    // Compiled code is kept on disk for the next start.
    NODE_COMPILE_CACHE: `${places.data}/code-cache`,
    ...allocatorEnv,
  },
});

/** This very program: the bundle, or main.ts when run from the sources. */
const programPath = (): string => process.argv[1] ?? fileURLToPath(import.meta.url);

export interface Waiting {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Says why, when the time is up. */
  readonly what: string;
  readonly timeoutMs?: number;
  readonly pollMs?: number;
}

/** Asks until `test` has an answer; the last failure explains why there was none. */
export async function until<T>(
  { clock, signal, what, timeoutMs = minutes(1), pollMs = 20 }: Waiting,
  test: () => Promise<T | undefined>,
): Promise<T> {
  const end = clock.monotonic() + timeoutMs;
  let failure: unknown;
  for (;;) {
    try {
      const found = await test();
      if (found !== undefined) return found;
    } catch (cause) {
      failure = cause;
    }
    signal.throwIfAborted();
    if (clock.monotonic() > end) {
      const why = failure instanceof Error ? `: ${failure.message}` : "";
      throw new Error(`${what} within ${timeoutMs / seconds(1)} s${why}`, { cause: failure });
    }
    await sleep(clock, pollMs, signal);
  }
}

/** The API server answers, and everything in it is ready. */
export async function apiIsReady(
  http: HttpClient,
  { apiPort }: Settings,
  tls: HttpCallTls,
): Promise<true | undefined> {
  const url = `https://127.0.0.1:${apiPort}/readyz`;
  const answer = await http.call({ method: "GET", url, tls });
  for await (const _ of answer.body);
  return answer.status === 200 ? true : undefined;
}

/** Resident memory of a process in bytes; undefined when it is gone. */
export async function memoryOf(pid: number): Promise<number | undefined> {
  try {
    const [, pages = "0"] = (await readFile(`/proc/${pid}/statm`, "utf8")).split(" ");
    return Number(pages) * 4096;
  } catch (cause) {
    if (["ENOENT", "ESRCH"].includes((cause as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw cause;
  }
}
