import { defineCommand } from "#cli/command.ts";
import { flag } from "#cli/flags.ts";
import { progressOn } from "#cli/progress.ts";
import { defaultDataFolder, placesOf } from "../places.ts";
import { readSettings } from "../settings.ts";
import { stopCluster } from "../stop.ts";
import { realWorld } from "../world.ts";

export const down = defineCommand({
  name: "down",
  usage: "",
  summary: "Stop the cluster and leave its data, so that k8ts up goes on with every object",
  group: "cluster",
  flags: {
    "data-dir": flag.text("the cluster's folder", { value: "FOLDER", fallback: defaultDataFolder }),
  },

  async run(shell, { flags }) {
    const places = placesOf(flags["data-dir"]);
    const world = { ...realWorld(), ...shell };
    if (!(await readSettings(world.disk, places.settings)))
      throw new Error(`there is no cluster in ${places.data}`);
    await stopCluster(
      { places, world, signal: shell.signal },
      progressOn(shell.errors, shell.clock),
    );
  },
});
