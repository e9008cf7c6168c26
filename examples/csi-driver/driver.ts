/**
 * A storage driver in Node: volumes are folders below --data. It serves all three services of the
 * Container Storage Interface and registers with the kubelet of its node. Run it as root:
 *
 *   node driver.ts --node NAME --kubelet /var/lib/k8ts/kubelet --data /srv/folders
 */
import { execFile } from "node:child_process";
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { Refusal, serve } from "./grpc.ts";

const driverName = "folders.example.com";

const { values } = parseArgs({
  options: {
    node: { type: "string", default: "" },
    kubelet: { type: "string", default: "/var/lib/k8ts/kubelet" },
    data: { type: "string", default: "/srv/folders" },
  },
});
const { node, kubelet, data } = values;
const run = promisify(execFile);

function folderOf(id: string): string {
  if (!/^[\w.-]+$/.test(id) || id.startsWith("."))
    throw new Refusal("NOT_FOUND", `no volume ${id}`);
  return join(data, id);
}

const isMounted = async (path: string): Promise<boolean> =>
  (await readFile("/proc/self/mountinfo", "utf8"))
    .split("\n")
    .some((line) => line.split(" ")[4] === path);

/** Every call may come twice: what is done already is well done. */
async function bind(from: string, to: string, isReadOnly = false): Promise<void> {
  await mkdir(to, { recursive: true });
  if (await isMounted(to)) return;
  await run("mount", ["--bind", from, to]);
  if (isReadOnly) await run("mount", ["-o", "remount,bind,ro", to]);
}

async function unbind(path: string): Promise<void> {
  if (await isMounted(path)) await run("umount", [path]);
  await rm(path, { recursive: true, force: true });
}

const topology = { segments: { [`${driverName}/node`]: node } };

const identity = {
  "/csi.v1.Identity/GetPluginInfo": [
    "Empty",
    "GetPluginInfoResponse",
    () => ({ name: driverName, vendorVersion: "1" }),
  ],
  "/csi.v1.Identity/GetPluginCapabilities": [
    "Empty",
    "GetPluginCapabilitiesResponse",
    () => ({ capabilities: [{ service: { type: "CONTROLLER_SERVICE" } }] }),
  ],
  "/csi.v1.Identity/Probe": ["Empty", "ProbeResponse", () => ({ ready: { value: true } })],
} as const;

interface Create {
  readonly name: string;
  readonly capacityRange: { readonly requiredBytes: number } | null;
}

const controller = {
  "/csi.v1.Controller/CreateVolume": [
    "CreateVolumeRequest",
    "CreateVolumeResponse",
    async ({ name, capacityRange }: Create) => {
      await mkdir(folderOf(name), { recursive: true });
      const capacityBytes = capacityRange?.requiredBytes ?? 0;
      return { volume: { volumeId: name, capacityBytes, accessibleTopology: [topology] } };
    },
  ],
  "/csi.v1.Controller/DeleteVolume": [
    "DeleteVolumeRequest",
    "Empty",
    async ({ volumeId }: { volumeId: string }) => {
      await rm(folderOf(volumeId), { recursive: true, force: true });
      return {};
    },
  ],
  // Nothing has to be attached to reach a folder; that somebody did is told to the node, which insists.
  "/csi.v1.Controller/ControllerPublishVolume": [
    "ControllerPublishVolumeRequest",
    "ControllerPublishVolumeResponse",
    ({ volumeId, nodeId }: { volumeId: string; nodeId: string }) => {
      if (nodeId !== node) throw new Refusal("NOT_FOUND", `no node ${nodeId}`);
      return { publishContext: { folder: folderOf(volumeId) } };
    },
  ],
  "/csi.v1.Controller/ControllerUnpublishVolume": [
    "ControllerUnpublishVolumeRequest",
    "Empty",
    () => ({}),
  ],
} as const;

interface Stage {
  readonly volumeId: string;
  readonly publishContext: Readonly<Record<string, string>>;
  readonly stagingTargetPath: string;
}

interface Publish extends Stage {
  readonly targetPath: string;
  readonly readonly: boolean;
  readonly volumeContext: Readonly<Record<string, string>>;
}

const isEphemeral = (context: Readonly<Record<string, string>>): boolean =>
  context["csi.storage.k8s.io/ephemeral"] === "true";

/** Folders of volumes that live as long as their pod; nobody creates or deletes those. */
const ephemeral = (id: string): string => folderOf(`ephemeral-${id}`);

const nodeService = {
  "/csi.v1.Node/NodeGetInfo": [
    "Empty",
    "NodeGetInfoResponse",
    () => ({ nodeId: node, maxVolumesPerNode: 100, accessibleTopology: topology }),
  ],
  "/csi.v1.Node/NodeGetCapabilities": [
    "Empty",
    "NodeGetCapabilitiesResponse",
    () => ({ capabilities: [{ rpc: { type: "STAGE_UNSTAGE_VOLUME" } }] }),
  ],
  "/csi.v1.Node/NodeStageVolume": [
    "NodeStageVolumeRequest",
    "Empty",
    async ({ volumeId, publishContext, stagingTargetPath }: Stage) => {
      const { folder } = publishContext;
      if (folder === undefined)
        throw new Refusal("FAILED_PRECONDITION", `volume ${volumeId} is not attached`);
      await bind(folder, stagingTargetPath);
      return {};
    },
  ],
  "/csi.v1.Node/NodeUnstageVolume": [
    "NodeUnstageVolumeRequest",
    "Empty",
    async ({ stagingTargetPath }: Stage) => {
      await unbind(stagingTargetPath);
      return {};
    },
  ],
  "/csi.v1.Node/NodePublishVolume": [
    "NodePublishVolumeRequest",
    "Empty",
    async ({ volumeId, stagingTargetPath, targetPath, readonly, volumeContext }: Publish) => {
      const from = isEphemeral(volumeContext) ? ephemeral(volumeId) : stagingTargetPath;
      if (isEphemeral(volumeContext)) await mkdir(from, { recursive: true });
      await bind(from, targetPath, readonly);
      return {};
    },
  ],
  "/csi.v1.Node/NodeUnpublishVolume": [
    "NodeUnpublishVolumeRequest",
    "Empty",
    async ({ volumeId, targetPath }: { volumeId: string; targetPath: string }) => {
      await unbind(targetPath);
      await rm(ephemeral(volumeId), { recursive: true, force: true });
      return {};
    },
  ],
} as const;

const folder = join(kubelet, "plugins", driverName);
const endpoint = join(folder, "csi.sock");
await mkdir(folder, { recursive: true });
await mkdir(join(kubelet, "plugins_registry"), { recursive: true });
await serve(endpoint, "csi.proto", { ...identity, ...controller, ...nodeService });

const about = { type: "CSIPlugin", name: driverName, endpoint, supportedVersions: ["1.0.0"] };
await serve(join(kubelet, "plugins_registry", `${driverName}-reg.sock`), "registration.proto", {
  "/pluginregistration.Registration/GetInfo": ["Empty", "PluginInfo", () => about],
  "/pluginregistration.Registration/NotifyRegistrationStatus": [
    "RegistrationStatus",
    "Empty",
    ({ pluginRegistered, error }: { pluginRegistered: boolean; error: string }) => {
      console.log(pluginRegistered ? "registered" : `not registered: ${error}`);
      return {};
    },
  ],
});
console.log(`serving at ${endpoint}`);
