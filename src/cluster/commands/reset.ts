import { homedir } from "node:os";
import { defineCommand } from "#cli/command.ts";
import { progressOn } from "#cli/progress.ts";
import { editKubeconfig, withoutAccess } from "#client/kubeconfig.ts";
import { dataDir, siteIn } from "../command-flags.ts";
import { resetCluster } from "../stop.ts";

export const reset = defineCommand({
  name: "reset",
  usage: "",
  summary: "Stop the cluster and remove all that it made: data, mounts, interfaces, rules, files",
  group: "cluster",
  flags: {
    "data-dir": dataDir,
  },

  async run(shell, { flags }) {
    const site = siteIn(flags["data-dir"], shell);
    const { world, places } = site;
    await resetCluster(site, progressOn(shell.errors, shell.clock));
    const path = shell.env["KUBECONFIG"]?.split(":")[0] || `${homedir()}/.kube/config`;
    if (await world.disk.facts(path))
      await editKubeconfig(world.disk, path, (config) => withoutAccess(config, places.instance));
  },
});
