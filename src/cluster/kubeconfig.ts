/** The administrator's kubeconfig: written by `up`, and again when its certificate was renewed. */
import {
  type Access,
  editKubeconfig,
  loadKubeconfig,
  withAccess,
  withCurrentContext,
} from "#client/kubeconfig.ts";
import { serverUrl } from "./control-plane-url.ts";
import { files, loadIdentity, loadText } from "./identities.ts";
import type { Places } from "./places.ts";
import type { Settings } from "./settings.ts";
import type { World } from "./world.ts";

export interface Owner {
  readonly places: Places;
  readonly settings: Settings;
  readonly world: Pick<World, "disk">;
}

/** Makes the cluster the current one, and remembers where that was written. */
export async function writeKubeconfig(owner: Owner, path: string): Promise<void> {
  const { places, world } = owner;
  const access = await accessOf(owner);
  await editKubeconfig(world.disk, path, (config) =>
    withCurrentContext(withAccess(config, access), access.name),
  );
  await world.disk.write(places.kubeconfigPath, path, 0o600);
}

/** Where the administrator still has the cluster in the file, with the certificate of now. */
export async function renewKubeconfig(owner: Owner): Promise<void> {
  const { places, world } = owner;
  const bytes = await world.disk.read(places.kubeconfigPath);
  if (!bytes) return;
  const path = new TextDecoder().decode(bytes);
  const access = await accessOf(owner);
  const { users } = await loadKubeconfig(world.disk, [path]);
  if (!users.some(({ name }) => name === access.name)) return;
  await editKubeconfig(world.disk, path, (config) => withAccess(config, access));
}

/** The context of the default cluster is called `k8ts`, others after their folder. */
async function accessOf({ places, settings, world }: Owner): Promise<Access> {
  const ca = await loadText(world.disk, `${places.pki}/${files.ca}.crt`);
  const admin = await loadIdentity(world.disk, places.pki, files.admin);
  return {
    name: places.instance,
    cluster: { server: serverUrl(settings), "certificate-authority-data": base64(ca) },
    user: {
      "client-certificate-data": base64(admin.certificate),
      "client-key-data": base64(admin.key),
    },
  };
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");
