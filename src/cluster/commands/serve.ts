import { resolve } from "node:path";
import { defineCommand, type Shell } from "#cli/command.ts";
import { flag } from "#cli/flags.ts";
import { collectWhenIdle } from "#host/idle-memory.ts";
import { clusterIn, dataDir } from "../command-flags.ts";
import type { ProcessOptions } from "../control-plane.ts";
import type { Pace } from "../ephemeral.ts";
import { featureGatesFlag, gatesOf } from "../server-flags.ts";
import { realWorld } from "../world.ts";

const processes: Readonly<Record<string, () => Promise<(o: ProcessOptions) => Promise<void>>>> = {
  "control-plane": async () => (await import("../control-plane.ts")).runControlPlane,
  node: async () => (await import("../node.ts")).runNode,
};

/** Supervisors start it with a process's name; people with --ephemeral. */
export const serve = defineCommand({
  name: "serve",
  usage: "control-plane|node | --ephemeral",
  summary: "Run one of the cluster's processes, or a simulated cluster that is gone afterwards",
  group: "hidden",
  flags: {
    "data-dir": dataDir,
    ephemeral: flag.switch("a simulated cluster for tests, in memory, until Ctrl-C"),
    nodes: flag.int("with --ephemeral: how many simulated nodes", { fallback: 3 }),
    seed: flag.int("with --ephemeral: what chance comes from", { fallback: 1 }),
    port: flag.int("with --ephemeral: where to listen; 0: a free port", { fallback: 0 }),
    time: flag.oneOf(
      ["real", "fast"],
      "with --ephemeral: as it is, or what takes time takes none",
      {
        fallback: "real",
      },
    ),
    "feature-gates": featureGatesFlag,
    "write-kubeconfig": flag.text("with --ephemeral: the file to write", {
      value: "FILE",
      fallback: "k8ts-ephemeral.yaml",
    }),
  },

  async run(shell, { args: [name = ""], flags }) {
    if (flags.ephemeral) return ephemeral(shell, flags);
    const load = processes[name];
    if (!load) throw new Error(`unknown process ${JSON.stringify(name)}`);
    const machine = await clusterIn(flags["data-dir"], shell);
    const runProcess = await load();
    await Promise.all([runProcess({ ...machine, world: realWorld() }), collectWhenIdle(shell)]);
    return undefined;
  },
});

interface Ephemeral {
  readonly nodes: number;
  readonly seed: number;
  readonly port: number;
  readonly time: Pace;
  readonly "feature-gates": string | undefined;
  readonly "write-kubeconfig": string;
}

async function ephemeral(
  shell: Shell,
  { "write-kubeconfig": file, "feature-gates": gates, ...options }: Ephemeral,
): Promise<void> {
  const { serveEphemeral } = await import("../ephemeral.ts");
  const { clock, signal, disk, output, folder } = shell;
  const featureGates = gatesOf(gates).settings;
  const path = resolve(folder, file);
  const ready = async (text: string): Promise<void> => {
    await disk.write(path, text, 0o600);
    output.write(`export KUBECONFIG=${path}\n`);
  };
  try {
    await serveEphemeral({ ...options, featureGates, clock, signal, ready });
  } finally {
    await disk.remove(path);
  }
}
