import { resolve } from "node:path";
import type { FeatureGates } from "#api/feature-gates.ts";
import { seconds } from "#base/clock.ts";
import { silent } from "#base/log.ts";
import { defineCommand, type Shell } from "#cli/command.ts";
import { flag, UsageError } from "#cli/flags.ts";
import { progressOn } from "#cli/progress.ts";
import { besideMax } from "#sim/nodes/beside-real.ts";
import type { Behaviour } from "#sim/nodes/behaviour.ts";
import { featureGatesFlag, gatesOf } from "../server-flags.ts";
import { realWorld } from "../world.ts";

/** Thousands of nodes and their pods, to see what a control plane bears. */
export const simulate = defineCommand({
  name: "simulate",
  usage: "[--nodes=N --pods=N | --virtual SCENARIO]",
  summary: "Run thousands of simulated nodes, or days of a cluster's life in seconds",
  details: `Without --virtual: starts a control plane of its own (its store on disk, in a folder that is removed
afterwards), lets that many nodes join, creates that many pods in Deployments, and measures until all of
them run. With --virtual: lets a cluster live as a scenario says, on a clock that runs as fast as it can,
and writes a report.`,
  examples: [
    "k8ts simulate --nodes 5000 --pods 150000",
    "k8ts simulate --nodes 100 --pods 3000 --churn 1m    # and replace pods for a minute",
    "k8ts simulate --virtual scenario.yaml --report report.html",
  ],
  group: "cluster",
  flags: {
    nodes: flag.int("how many nodes", { value: "N", fallback: 100 }),
    pods: flag.int("how many pods", { value: "N", fallback: 3_000 }),
    churn: flag.duration("go on so long deleting pods and starting others", { fallback: 0 }),
    behaviours: flag.text("a file with rules for what containers do", { value: "FILE" }),
    virtual: flag.text("a scenario to live through in virtual time", { value: "FILE" }),
    report: flag.text("where to write the scenario's report as HTML", { value: "FILE" }),
    "feature-gates": featureGatesFlag,
    folder: flag.text("where the store lies; made, and removed afterwards", { value: "FOLDER" }),
    output: flag.oneOf(["text", "json"], "how to say what was found", {
      short: "o",
      fallback: "text",
    }),
  },

  async run(shell, { args, flags }) {
    if (args.length > 0) throw new UsageError(`unexpected ${JSON.stringify(args[0])}`);
    const gates = gatesOf(flags["feature-gates"]);
    if (flags.virtual !== undefined)
      return liveThrough(shell, { ...flags, gates, file: flags.virtual });
    if (flags.report !== undefined) throw new UsageError("--report needs --virtual");
    if (flags.nodes < 1 || flags.nodes > besideMax)
      throw new UsageError(`--nodes is a number from 1 to ${besideMax}`);
    if (flags.pods < 1) throw new UsageError("--pods needs at least one");
    return load(shell, { ...flags, gates });
  },
});

interface LoadFlags {
  readonly nodes: number;
  readonly pods: number;
  readonly churn: number;
  readonly behaviours: string | undefined;
  readonly gates: FeatureGates;
  readonly folder: string | undefined;
  readonly output: "text" | "json";
}

/** As on a node of upstream: 110 pods, unless that is not enough room. */
const podsPerNodeMin = 110;

async function load(shell: Shell, flags: LoadFlags): Promise<number> {
  const behaviours = await behavioursIn(shell, flags.behaviours);
  const [{ simulated }, { runLoad }, { apiLatencies }, report] = await Promise.all([
    import("../simulation.ts"),
    import("#sim/load/load-run.ts"),
    import("#sim/load/api-latency.ts"),
    import("#sim/load/load-report.ts"),
  ]);
  const world = { ...realWorld(), log: silent };
  const folder = resolve(shell.folder, flags.folder ?? `/tmp/k8ts-simulate-${process.pid}`);
  if (await world.disk.facts(folder)) throw new UsageError(`${folder} exists already`);
  await world.disk.makeFolder(folder, 0o700);
  const progress = progressOn(shell.errors, shell.clock);
  const title = `${flags.nodes.toLocaleString("en-US")} nodes, ${flags.pods.toLocaleString("en-US")} pods`;
  try {
    const { nodes, pods, churn: churnMs, gates } = flags;
    // Some room is left, as in any cluster.
    const podsPerNode = Math.max(podsPerNodeMin, Math.ceil((pods / nodes) * 1.2));
    const { signal } = shell;
    const options = { world, folder, nodes, podsPerNode, behaviours, gates, signal };
    const startedMs = shell.clock.monotonic();
    const found = await simulated(options, ({ client, metrics }) =>
      progress.step(title, async (say) => {
        const tell = report.teller(flags, say);
        const result = await runLoad({
          ...world,
          client,
          nodes,
          pods,
          churnMs,
          tell,
          signal,
        });
        return { ...result, api: apiLatencies(await metrics.text()) };
      }),
    );
    const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
    const usage = { cpuMs: (userCPUTime + systemCPUTime) / 1_000, peakBytes: maxRSS * 1_024 };
    const all = { nodes, pods, totalMs: shell.clock.monotonic() - startedMs, ...found, usage };
    const text = flags.output === "json" ? JSON.stringify(all, undefined, 2) : report.summary(all);
    shell.output.write(`${text}\n`);
    return 0;
  } finally {
    await world.disk.remove(folder);
  }
}

async function textOf(shell: Shell, path: string): Promise<string> {
  const bytes = await shell.disk.read(resolve(shell.folder, path));
  if (!bytes) throw new UsageError(`${path}: no such file`);
  return new TextDecoder().decode(bytes);
}

async function behavioursIn(shell: Shell, path?: string): Promise<readonly Behaviour[]> {
  if (path === undefined) return [];
  const { readBehaviours } = await import("#sim/behaviours/rules.ts");
  return readBehaviours(path, await textOf(shell, path));
}

interface VirtualFlags {
  readonly file: string;
  readonly gates: FeatureGates;
  readonly report: string | undefined;
  readonly output: "text" | "json";
}

async function liveThrough(shell: Shell, flags: VirtualFlags): Promise<number> {
  const { file, report, output, gates } = flags;
  const { readScenario } = await import("#sim/scenario/scenario.ts");
  const scenario = readScenario(file, await textOf(shell, file));
  const [{ runScenario }, { htmlReport }, { summary }] = await Promise.all([
    import("#sim/scenario/run.ts"),
    import("#sim/scenario/html-report.ts"),
    import("#sim/scenario/summary.ts"),
  ]);
  const folder = resolve(shell.folder, file, "..");
  const manifest = (path: string): Promise<string> => textOf(shell, resolve(folder, path));
  const progress = progressOn(shell.errors, shell.clock);
  const startedMs = shell.clock.monotonic();
  const life = await progress.step(`Living through ${file}`, (say) =>
    runScenario(scenario, {
      manifest,
      featureGates: gates.settings,
      signal: shell.signal,
      tell: say,
    }),
  );
  const tookSeconds = (shell.clock.monotonic() - startedMs) / seconds(1);
  if (report !== undefined)
    await shell.disk.write(resolve(shell.folder, report), htmlReport(file, life));
  shell.output.write(output === "json" ? `${JSON.stringify(life)}\n` : summary(life, tookSeconds));
  return 0;
}
