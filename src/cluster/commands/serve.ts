import { defineCommand } from "#cli/command.ts";
import { collectWhenIdle } from "#host/idle-memory.ts";
import { clusterIn, dataDir } from "../command-flags.ts";
import type { ProcessOptions } from "../control-plane.ts";
import { realWorld } from "../world.ts";

const processes: Readonly<Record<string, () => Promise<(o: ProcessOptions) => Promise<void>>>> = {
  "control-plane": async () => (await import("../control-plane.ts")).runControlPlane,
  node: async () => (await import("../node.ts")).runNode,
};

/** What the supervisors start. People use `k8ts up`. */
export const serve = defineCommand({
  name: "serve",
  usage: "control-plane|node",
  summary: "Run one of the cluster's processes in the foreground",
  group: "hidden",
  flags: { "data-dir": dataDir },

  async run(shell, { args: [name = ""], flags }) {
    const load = processes[name];
    if (!load) throw new Error(`unknown process ${JSON.stringify(name)}`);
    const machine = await clusterIn(flags["data-dir"], shell);
    const runProcess = await load();
    await Promise.all([runProcess({ ...machine, world: realWorld() }), collectWhenIdle(shell)]);
  },
});
