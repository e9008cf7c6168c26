/** What the commands about a cluster have in common: their flags, and how they find it. */
import type { Shell } from "#cli/command.ts";
import { flag } from "#cli/flags.ts";
import type { Machine } from "./launch.ts";
import { defaultDataFolder, placesOf } from "./places.ts";
import { readSettings } from "./settings.ts";
import { realWorld } from "./world.ts";

export const dataDir = flag.text("the cluster's folder", {
  value: "FOLDER",
  fallback: defaultDataFolder,
});

export const textOrJson = flag.oneOf(["text", "json"], "how to print it", {
  short: "o",
  fallback: "text",
});

/** A place for a cluster, whether there is one or not. */
export type Site = Omit<Machine, "settings">;

export const siteIn = (folder: string, shell: Shell): Site => ({
  places: placesOf(folder),
  world: { ...realWorld(), ...shell },
  signal: shell.signal,
});

/** Undefined where there is no cluster yet. */
export async function findCluster(site: Site): Promise<Machine | undefined> {
  const settings = await readSettings(site.world.disk, site.places.settings);
  return settings && { ...site, settings };
}

export async function clusterIn(folder: string, shell: Shell): Promise<Machine> {
  const site = siteIn(folder, shell);
  const machine = await findCluster(site);
  if (machine) return machine;
  throw new Error(`there is no cluster in ${site.places.data}: start one with k8ts up`);
}
