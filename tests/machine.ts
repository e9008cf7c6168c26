/**
 * A machine for a test: a network namespace and a home folder of its own on this one. A cluster in
 * it has all ports, interfaces and nft tables to itself, and no other cluster here notices.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly input?: string;
  /** Whatever still runs then is killed; two minutes when absent. */
  readonly limitMs?: number;
  readonly folder?: string;
}

/** A program that goes on while the test does something else. */
export interface Started extends AsyncDisposable {
  /** What it wrote so far, errors among it. */
  readonly output: () => string;
  /** Resolves with what it wrote when that has this in it; fails when it ends without. */
  readonly says: (what: RegExp) => Promise<string>;
  readonly ended: Promise<number>;
  readonly write: (text: string) => void;
  readonly end: () => void;
}

export interface TestMachine extends AsyncDisposable {
  readonly address: string;
  readonly home: string;
  readonly folder: string;
  /** Whatever its exit code. */
  readonly run: (
    program: string,
    args: readonly string[],
    options?: RunOptions,
  ) => Promise<Outcome>;
  readonly start: (program: string, args: readonly string[]) => Started;
}

export const root = join(import.meta.dirname, "..");
const address = "192.0.2.10";
const defaultLimitMs = 120_000;

export async function testMachine(): Promise<TestMachine> {
  const name = `k8ts-test-${process.pid}`;
  const folder = await mkdtemp(join(tmpdir(), "k8ts-e2e-"));
  const home = join(folder, "home");
  const inside = (program: string, args: readonly string[]): [string, string[]] => [
    "nsenter",
    [`--net=/run/netns/${name}`, "--", program, ...args],
  ];
  const { KUBECONFIG: _, ...inherited } = process.env;
  const env = { ...inherited, HOME: home, NO_COLOR: "1" };
  const run: TestMachine["run"] = (program, args, options = {}) =>
    execute(inside(program, args), { ...options, env });
  const must = async (program: string, args: string): Promise<void> => {
    const { code, stderr } = await run(program, args.split(" "));
    if (code !== 0) throw new Error(`${program} ${args}: ${stderr}`);
  };
  await execute(["mkdir", ["-p", home]], {});
  const added = await execute(["ip", ["netns", "add", name]], {});
  if (added.code !== 0) throw new Error(`the tests need root: ${added.stderr}`);
  await must("ip", "link set lo up");
  await must("ip", "link add uplink type veth peer name outside");
  await must("ip", `addr add ${address}/24 dev uplink`);
  await must("ip", "link set outside up");
  await must("ip", "link set uplink up");
  await must("ip", "route add default dev uplink");
  return {
    address,
    home,
    folder,
    run,
    start: (program, args) => start(inside(program, args), env),
    async [Symbol.asyncDispose]() {
      await execute(["ip", ["netns", "delete", name]], {});
      await rm(folder, { recursive: true, force: true });
    },
  };
}

type Call = readonly [program: string, args: readonly string[]];
type Env = NodeJS.ProcessEnv;

function execute(
  [program, args]: Call,
  { input, limitMs = defaultLimitMs, folder = root, env }: RunOptions & { readonly env?: Env },
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const options = { cwd: folder, maxBuffer: 1 << 28, timeout: limitMs, killSignal: "SIGKILL" };
    const child = execFile(
      program,
      args,
      { ...options, killSignal: "SIGKILL", ...(env ? { env } : {}) },
      (error, stdout, stderr) => {
        if (!error) return resolve({ code: 0, stdout, stderr });
        if (typeof error.code === "number") return resolve({ code: error.code, stdout, stderr });
        reject(
          new Error(`${program} ${args.join(" ")}: ${error.message}\n${stdout}${stderr}`, {
            cause: error,
          }),
        );
      },
    );
    // A program may end without having read what it was given.
    child.stdin?.on("error", () => {}).end(input ?? "");
  });
}

function start([program, args]: Call, env: Env): Started {
  const child = spawn(program, args, { cwd: root, env, stdio: "pipe" });
  let text = "";
  const listeners = new Set<() => void>();
  const ended = new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      resolve(code ?? 1);
      for (const listener of listeners) listener();
    });
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
      for (const listener of listeners) listener();
    });
  }
  return {
    output: () => text,
    ended,
    write: (input) => void child.stdin.write(input),
    end: () => child.stdin.end(),
    says: (what) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const isEnded = child.exitCode !== null || child.signalCode !== null;
          if (!what.test(text) && !isEnded) return;
          listeners.delete(look);
          if (what.test(text)) resolve(text);
          else
            reject(new Error(`${program} ${args.join(" ")} never said ${String(what)}:\n${text}`));
        };
        listeners.add(look);
        look();
      }),
    async [Symbol.asyncDispose]() {
      stop(child);
      await ended;
    },
  };
}

function stop(child: ChildProcess): void {
  if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
}
