/** Starts a cluster's processes and waits until they are up. */
import type { Client } from "#client/client.ts";
import { https } from "#client/transports/https.ts";
import { createClient } from "#client/typed.ts";
import type { Progress } from "#cli/progress.ts";
import { Node } from "#api/core/node.ts";
import { formatTime } from "#base/clock.ts";
import type { HttpCallTls } from "#base/http.ts";
import { type Ctr, ctr } from "./containerd.ts";
import { ensureEncryption } from "./encryption.ts";
import { files, loadIdentity, loadText } from "./identities.ts";
import { type ImageShelf, imageShelf } from "./image-shelf.ts";
import type { Places } from "./places.ts";
import { digestOfState, ensureIdentities, writeContainerdConfig } from "./prepare.ts";
import { apiIsReady, containerdService, ownService, until } from "./processes.ts";
import type { Settings } from "./settings.ts";
import { supervisor, type Supervisor } from "./supervisor.ts";
import type { World } from "./world.ts";

export interface Machine {
  readonly places: Places;
  readonly settings: Settings;
  readonly world: World;
  readonly signal: AbortSignal;
}

export interface Launched {
  readonly client: Client;
  /** Where images are made; absent where nodes are simulated, and every image is as good. */
  readonly shelf?: ImageShelf;
  /** The addons' image. */
  readonly addonImage: string;
}

export const supervisorOf = ({ places, world }: Pick<Machine, "places" | "world">): Supervisor =>
  supervisor(places, world);

export const ctrOf = ({ places, settings, world }: Machine): Ctr =>
  ctr(world.processes, settings.runtimeEndpoint ?? places.containerd.socket);

export async function launch(machine: Machine, progress: Progress): Promise<Launched> {
  const { places, settings, world } = machine;
  await ensureIdentities(places, settings, world);
  await ensureEncryption(places, world);
  const digest = await digestOfState(places, settings);
  const services = supervisorOf(machine);
  const client = await adminClient(machine);
  const startedMs = world.clock.now();
  const nodeIsUp = (isNew: boolean): Promise<void> =>
    nodeIsReady(machine, { client, sinceMs: isNew ? startedMs : 0 });
  const controlPlaneIsUp = (): Promise<boolean> => startControlPlane(machine, { services, digest });
  if (settings.nodes === "simulated") {
    const isNew = await progress.step("API server", controlPlaneIsUp);
    await progress.step(`Simulated node ${settings.nodeName}`, () => nodeIsUp(isNew));
    return { client, addonImage: simulatedAddon };
  }
  const shelf = imageShelf(places.images, { ctr: ctrOf(machine), world });
  // The API server and containerd come up side by side; the kubelet needs both.
  const [addonImage] = await Promise.all([
    progress.step("Container runtime and images", () => startRuntime(machine, { services, shelf })),
    progress.step("API server", controlPlaneIsUp),
  ]);
  await progress.step(`Node ${settings.nodeName}`, async () => {
    await nodeIsUp(await services.ensure(ownService("node", places, digest)));
  });
  return { client, shelf, addonImage };
}

const simulatedAddon = "k8ts.local/addon:simulated";

async function startRuntime(
  machine: Machine,
  { services, shelf }: { services: Supervisor; shelf: ImageShelf },
): Promise<string> {
  const { places, settings, world, signal } = machine;
  await writeContainerdConfig(places, world.disk);
  if (settings.runtimeEndpoint === undefined) await services.ensure(containerdService(places));
  const what = "containerd did not answer";
  await until({ clock: world.clock, signal, what }, () => ctrOf(machine).images());
  return shelf.ensureStandard(addonProgram());
}

/** Made by tools/bundle.ts, beside the program that runs. */
const addonProgram = (): string => (process.argv[1] ?? "").replace(/[^/]*$/, "addon.mjs");

/** True when it did not run before. */
async function startControlPlane(
  machine: Machine,
  { services, digest }: { services: Supervisor; digest: string },
): Promise<boolean> {
  const { places, settings, world, signal } = machine;
  const isNew = await services.ensure(ownService("control-plane", places, digest));
  const tls = await adminTls(machine);
  const what = `the API server was not ready (see ${places.logs}/control-plane.log)`;
  await until({ clock: world.clock, signal, what, pollMs: 10 }, () =>
    apiIsReady(world.http, settings, tls),
  );
  return isNew;
}

async function adminTls({
  places,
  world,
}: Pick<Machine, "places" | "world">): Promise<HttpCallTls> {
  const ca = await loadText(world.disk, `${places.pki}/${files.ca}.crt`);
  return { ca, identity: await loadIdentity(world.disk, places.pki, files.admin) };
}

export async function adminClient(machine: Machine): Promise<Client> {
  const { settings, world } = machine;
  const tls = await adminTls(machine);
  const url = `https://127.0.0.1:${settings.apiPort}`;
  return createClient(https(world.http, { url, credentials: () => ({ tls }) }), {
    fieldManager: "k8ts",
  });
}

/** What a node said before it was stopped does not count. */
async function nodeIsReady(
  { settings, places, world, signal }: Machine,
  { client, sinceMs }: { readonly client: Client; readonly sinceMs: number },
): Promise<void> {
  const what = `node ${settings.nodeName} was not ready (see ${places.logs}/node.log)`;
  // Times of conditions have whole seconds.
  const since = formatTime(sinceMs);
  await until({ clock: world.clock, signal, what, pollMs: 50 }, async () => {
    const node = await client.get(Node, { name: settings.nodeName });
    const ready = node.status.conditions?.find(({ type }) => type === "Ready");
    return ready?.status === "True" && (ready.lastHeartbeatTime ?? "") >= since ? true : undefined;
  });
}
