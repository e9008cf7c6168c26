/** Everything that must be there before the first process starts. Doing it twice changes nothing. */
import { createHash } from "node:crypto";
import { access, readFile } from "node:fs/promises";
import { hostname } from "node:os";
import type { Progress } from "#cli/progress.ts";
import type { Disk } from "#base/disk.ts";
import { containerdConfig, mayLowerOomScore } from "./containerd.ts";
import { hostAddress } from "./host-address.ts";
import { files } from "./identities.ts";
import type { Machine } from "./launch.ts";
import { pauseReference } from "./images/standard.ts";
import type { Places } from "./places.ts";
import {
  cniFolders,
  install,
  installCommand,
  missingParts,
  networkParts,
  type Part,
  runtimeParts,
} from "./preflight.ts";
import { serverFilesOf } from "./server-flags.ts";
import { defaults, type Settings, writeSettings } from "./settings.ts";
import type { World } from "./world.ts";

/** What the user asked for; the rest comes from the last time, or from the machine. */
export type Wishes = {
  readonly [K in Exclude<keyof Settings, "format">]?: Settings[K] | undefined;
};

export async function settle(
  { places, world }: Pick<Machine, "places" | "world">,
  wishes: Wishes,
  before: Settings | undefined,
): Promise<Settings> {
  const given = Object.fromEntries(
    Object.entries(wishes).filter(([, value]) => value !== undefined),
  );
  const nodeAddress = wishes.nodeAddress ?? (await hostAddress()) ?? before?.nodeAddress;
  if (nodeAddress === undefined)
    throw new Error("this machine has no network address: name one with --node-address");
  const settings: Settings = {
    format: 1,
    nodeName: hostname().toLowerCase(),
    nodes: "real",
    ...defaults,
    ...before,
    ...given,
    nodeAddress,
  };
  if (JSON.stringify(settings) !== JSON.stringify(before)) {
    await world.disk.makeFolder(places.data, 0o711);
    await writeSettings(world.disk, places.settings, settings);
  }
  return settings;
}

/** Names what is missing and installs it, or says how, when it may not or cannot. */
export async function ensureParts(
  { settings, world }: { settings?: Settings; world: World },
  progress: Progress,
  mayInstall: boolean,
): Promise<void> {
  const wanted = settings?.runtimeEndpoint ? networkParts : [...runtimeParts, ...networkParts];
  const missing = await missingParts(wanted);
  if (missing.length === 0) return;
  const names = missing.map(({ name }) => name).join(", ");
  const command = await installCommand(missing);
  if (!command) throw new Error(`missing: ${names}; install ${packagesOf(missing)} first`);
  const line = command.join(" ");
  if (!mayInstall) throw new Error(`missing: ${names}; install with: ${line}`);
  progress.note(`Missing: ${names}. Running: ${line}`);
  await progress.step("Installing what is missing", () => install(command, world.processes));
  const still = await missingParts(wanted);
  if (still.length > 0)
    throw new Error(`still missing after the installation: ${still.map((p) => p.name).join(", ")}`);
}

const packagesOf = (parts: readonly Part[]): string =>
  [...new Set(parts.map((part) => part.package))].join(", ");

/**
 * Certificates for every component. Making them takes a library that takes its time to load, so a
 * stamp says for which settings, and until when, those on disk are good.
 */
export async function ensureIdentities(
  places: Places,
  settings: Settings,
  world: World,
): Promise<void> {
  const { nodeName, nodeAddress, clusterDomain } = settings;
  const stamp = `${places.pki}/made-for`;
  const wanted = digestOf([nodeName, nodeAddress, clusterDomain, Object.values(files)]);
  const text = new TextDecoder().decode(await world.disk.read(stamp));
  const [madeFor, untilMs = "0"] = text.split(" ");
  if (madeFor === wanted && Number(untilMs) > world.clock.now()) return;
  const [{ pki }, { makeIdentities }] = await Promise.all([
    import("./pki.ts"),
    import("./identities.ts"),
  ]);
  await makeIdentities(pki(places.pki, world), settings);
  await world.disk.write(stamp, `${wanted} ${world.clock.now() + looksAgainAfterMs}`);
}

/** Certificates last a year and are renewed when 90 days are left. */
const looksAgainAfterMs = 30 * 86_400_000;

/** Changes when the settings, files of the user's or the authority do: processes must then start anew. */
export async function digestOfState(places: Places, settings: Settings): Promise<string> {
  const stamp = await readFile(`${places.pki}/${files.ca}.crt`, "utf8");
  const given = await Promise.all(
    [places.encryption, ...serverFilesOf(settings.apiServer)].map((path) => readFile(path)),
  );
  return digestOf([settings, stamp, given.map((bytes) => bytes.toString("base64"))]);
}

const digestOf = (value: unknown): string =>
  createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 16);

export async function writeContainerdConfig(places: Places, disk: Disk): Promise<void> {
  const config = containerdConfig({
    paths: {
      ...places.containerd,
      cniConfig: places.cniConfig,
      cniPrograms: await cniPrograms(),
    },
    pauseReference,
    mayLowerOomScore: mayLowerOomScore(await readFile("/proc/self/status", "utf8")),
    systemdCgroup: false,
  });
  await disk.makeFolder(places.containerd.registries, 0o700);
  await disk.makeFolder(places.cniConfig, 0o755);
  await disk.write(places.containerd.config, config, 0o600);
}

async function cniPrograms(): Promise<string> {
  for (const folder of cniFolders) {
    try {
      await access(`${folder}/bridge`);
      return folder;
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause;
    }
  }
  throw new Error("the CNI plugins are missing");
}
