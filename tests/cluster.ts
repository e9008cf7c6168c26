/**
 * A cluster as a user has it: `./k8ts up` on a machine of its own, with real containers, and a real
 * kubectl to use it with. Removed with everything in it when the test is over.
 */
import { ok } from "node:assert/strict";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { k8tsProgram, kubectlProgram } from "./kubectl-program.ts";
import { type Outcome, root, type RunOptions, type Started, testMachine } from "./machine.ts";
import type { TestMachine } from "./machine.ts";

export interface TestCluster extends AsyncDisposable {
  readonly machine: TestMachine;
  readonly address: string;
  /** The cluster's own folder. */
  readonly data: string;
  /** What `up` printed. */
  readonly greeting: string;
  /** What it prints; fails when the exit code is not 0. The command line is split at spaces. */
  readonly kubectl: (line: Line, options?: RunOptions) => Promise<string>;
  readonly k8ts: (line: Line, options?: RunOptions) => Promise<string>;
  /** With any exit code. */
  readonly tryKubectl: (line: Line, options?: RunOptions) => Promise<Outcome>;
  readonly tryK8ts: (line: Line, options?: RunOptions) => Promise<Outcome>;
  /** What it printed. */
  readonly up: (application?: string) => Promise<string>;
  readonly startKubectl: (line: Line) => Started;
  /** For a command line in a shell. */
  readonly kubectlWords: string;
  readonly get: (url: string, headers?: Readonly<Record<string, string>>) => Promise<string>;
}

/** `get pods -A`, or the words one by one where one has spaces in it. */
export type Line = string | readonly string[];

const wordsOf = (line: Line): readonly string[] =>
  typeof line === "string" ? line.split(" ").filter((word) => word !== "") : line;

export interface ClusterOptions {
  /** What `up -f` gets. */
  readonly application?: string;
}

export const microservices = "examples/microservices";
const upLimitMs = 300_000;

export async function startCluster({ application }: ClusterOptions = {}): Promise<TestCluster> {
  // The machine goes also when the cluster could not be removed, and every failure is told.
  await using made = new AsyncDisposableStack();
  const machine = made.use(await testMachine());
  const cluster = made.use(await clusterOn(machine));
  const greeting = await cluster.up(application);
  const owned = made.move();
  return { ...cluster, greeting, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** None yet: `up` starts it. */
export async function clusterOn(machine: TestMachine): Promise<TestCluster> {
  const data = join(machine.folder, "data");
  const [program, ...first] = await kubectlProgram(machine.run);
  const tryKubectl: TestCluster["tryKubectl"] = (line, options) =>
    machine.run(program, [...first, ...wordsOf(line)], options);
  const tryK8ts: TestCluster["tryK8ts"] = (line, options) => {
    const words = wordsOf(line);
    const place = clusterCommands.has(words[0] ?? "") ? ["--data-dir", data] : [];
    const config = words[0] === "up" ? ["--kubelet-config", kubeletConfig] : [];
    return machine.run(k8tsProgram, [...words, ...place, ...config], options);
  };
  const k8ts: TestCluster["k8ts"] = async (line, options) =>
    succeeded("k8ts", line, await tryK8ts(line, options));
  return {
    machine,
    data,
    address: machine.address,
    greeting: "",
    tryKubectl,
    tryK8ts,
    k8ts,
    up: (application) =>
      k8ts(["up", ...(application === undefined ? [] : ["-f", application])], {
        limitMs: upLimitMs,
      }),
    kubectl: async (line, options) => succeeded("kubectl", line, await tryKubectl(line, options)),
    kubectlWords: [program, ...first].join(" "),
    startKubectl: (line) => machine.start(program, [...first, ...wordsOf(line)]),
    get: async (url, headers = {}) => {
      const given = Object.entries(headers).map(([name, value]) => `${name}:${value}`);
      return succeeded("get", url, await machine.run(process.execPath, [getter, url, ...given]));
    },
    async [Symbol.asyncDispose]() {
      await k8ts("reset");
    },
  };
}

const kubeletConfig = join(root, "tests/without-evictions.yaml");
const getter = join(root, "tests/load/get.ts");
const clusterCommands = new Set(["up", "down", "reset", "status", "doctor", "image"]);

function succeeded(program: string, line: Line, { code, stdout, stderr }: Outcome): string {
  ok(code === 0, `${program} ${wordsOf(line).join(" ")}: exit code ${code}\n${stdout}${stderr}`);
  return stdout;
}

interface Patience {
  readonly limitMs?: number;
  readonly everyMs?: number;
}

/** Waits until `check` does not throw any more; fails with what it threw last. */
export async function eventually<T>(
  check: () => Promise<T>,
  { limitMs = 60_000, everyMs = 200 }: Patience = {},
): Promise<T> {
  const end = performance.now() + limitMs;
  for (;;) {
    try {
      return await check();
    } catch (cause) {
      if (performance.now() > end) throw cause;
      await delay(everyMs);
    }
  }
}
