/** Programs of this machine. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import type { Readable } from "node:stream";
import type { Command, Outcome, Processes } from "#base/processes.ts";

/** More output than this is cut off: nobody reads it, and it must not fill the memory. */
const outputBytesMax = 64 * 2 ** 20;

export const systemProcesses: Processes = { run, start, isAlive, signal: send };

async function run(command: Command): Promise<Outcome> {
  const { program, args, input, signal } = command;
  const child = spawn(program, args, {
    ...settings(command),
    stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    killSignal: "SIGKILL",
    ...(signal && { signal }),
  });
  const output = collect(child.stdout);
  const errors = collect(child.stderr);
  // A program that ends without reading its input is judged by its exit code.
  child.stdin?.on("error", () => {});
  child.stdin?.end(input);
  try {
    const [code, killedBy] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
    return { code: codeOf(code, killedBy), output: output(), errors: errors() };
  } catch (cause) {
    return failure(program, cause);
  }
}

function failure(program: string, cause: unknown): Outcome {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === "ENOENT") return { code: 127, output: "", errors: `${program}: not found` };
  if (code === "EACCES") return { code: 126, output: "", errors: `${program}: ${message}` };
  throw cause;
}

/** As a shell says it. */
const codeOf = (code: number | null, killedBy: NodeJS.Signals | null): number =>
  code ?? 128 + (killedBy ? constants.signals[killedBy] : 0);

function collect(stream: Readable | null): () => string {
  const chunks: Buffer[] = [];
  let bytes = 0;
  stream?.on("data", (chunk: Buffer) => {
    if (bytes >= outputBytesMax) return;
    bytes += chunk.length;
    chunks.push(chunk);
  });
  return () => Buffer.concat(chunks).toString();
}

async function start(command: Command & { readonly logFile?: string }): Promise<number> {
  const log = command.logFile === undefined ? undefined : openSync(command.logFile, "a", 0o640);
  try {
    const child = spawn(command.program, command.args, {
      ...settings(command),
      detached: true,
      stdio: ["ignore", log ?? "ignore", log ?? "ignore"],
    });
    return await pidOf(child);
  } finally {
    if (log !== undefined) closeSync(log);
  }
}

async function pidOf(child: ChildProcess): Promise<number> {
  await once(child, "spawn");
  // It may fail later, and it must not keep this process alive.
  child.on("error", () => {});
  child.unref();
  if (child.pid === undefined) throw new Error(`${child.spawnfile} has no process number`);
  return child.pid;
}

const settings = ({ env, folder }: Command): { env: NodeJS.ProcessEnv; cwd?: string } => ({
  env: { ...process.env, ...env },
  ...(folder !== undefined && { cwd: folder }),
});

/** A process that has ended and only waits for its parent is not alive. */
function isAlive(pid: number): boolean {
  return send(pid, 0) && !isZombie(pid);
}

function isZombie(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return /^[ZX]/.test(stat.slice(stat.lastIndexOf(")") + 2));
  } catch {
    return false; // It is gone by now, or there is no /proc: the signal's answer stands.
  }
}

function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ESRCH") return false;
    // Somebody else's: it exists, and that is all a probe asks.
    if (code === "EPERM" && signal === 0) return true;
    throw cause;
  }
}
