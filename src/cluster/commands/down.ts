import { defineCommand } from "#cli/command.ts";
import { progressOn } from "#cli/progress.ts";
import { clusterIn, dataDir } from "../command-flags.ts";
import { stopCluster } from "../stop.ts";

export const down = defineCommand({
  name: "down",
  usage: "",
  summary: "Stop the cluster and leave its data, so that k8ts up goes on with every object",
  group: "cluster",
  flags: {
    "data-dir": dataDir,
  },

  async run(shell, { flags }) {
    const machine = await clusterIn(flags["data-dir"], shell);
    await stopCluster(machine, progressOn(shell.errors, shell.clock));
  },
});
