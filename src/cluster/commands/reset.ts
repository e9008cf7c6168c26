import { homedir } from "node:os";
import { defineCommand } from "#cli/command.ts";
import { flag } from "#cli/flags.ts";
import { progressOn } from "#cli/progress.ts";
import { editKubeconfig, withoutAccess } from "#client/kubeconfig.ts";
import { defaultDataFolder, placesOf } from "../places.ts";
import { resetCluster } from "../stop.ts";
import { realWorld } from "../world.ts";

export const reset = defineCommand({
  name: "reset",
  usage: "",
  summary: "Stop the cluster and remove all that it made: data, mounts, interfaces, rules, files",
  group: "cluster",
  flags: {
    "data-dir": flag.text("the cluster's folder", { value: "FOLDER", fallback: defaultDataFolder }),
  },

  async run(shell, { flags }) {
    const places = placesOf(flags["data-dir"]);
    const world = { ...realWorld(), ...shell };
    const progress = progressOn(shell.errors, shell.clock);
    await resetCluster({ places, world, signal: shell.signal }, progress);
    const path = shell.env["KUBECONFIG"]?.split(":")[0] || `${homedir()}/.kube/config`;
    if (await world.disk.facts(path))
      await editKubeconfig(world.disk, path, (config) => withoutAccess(config, places.instance));
  },
});
