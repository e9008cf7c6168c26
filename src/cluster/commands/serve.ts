import { defineCommand } from "#cli/command.ts";
import { flag } from "#cli/flags.ts";
import { collectWhenIdle } from "#host/idle-memory.ts";
import type { ProcessOptions } from "../control-plane.ts";
import { defaultDataFolder, placesOf } from "../places.ts";
import { readSettings } from "../settings.ts";
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
  flags: { "data-dir": flag.text("the cluster's folder", { fallback: defaultDataFolder }) },

  async run({ signal }, { args: [name = ""], flags }) {
    const load = processes[name];
    if (!load) throw new Error(`unknown process ${JSON.stringify(name)}`);
    const places = placesOf(flags["data-dir"]);
    const world = realWorld();
    const settings = await readSettings(world.disk, places.settings);
    if (!settings) throw new Error(`${places.settings} is missing: run k8ts up`);
    const runProcess = await load();
    await Promise.all([
      runProcess({ settings, places, world, signal }),
      collectWhenIdle({ clock: world.clock, signal }),
    ]);
  },
});
