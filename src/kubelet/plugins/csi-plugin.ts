/**
 * Storage drivers: asked who the node is to them, which the cluster is told.
 * upstream: pkg/volume/csi/csi_plugin.go#RegistrationHandler
 */
import { type NodeInfo, openNodeService } from "../csi/node-service.ts";
import { addDriver, removeDriver } from "../csi/node-info.ts";
import { definePluginHandler, type PluginInfo } from "./plugin-handler.ts";

export const csiPluginType = "CSIPlugin";

export const csiPlugin = definePluginHandler({
  type: csiPluginType,

  // exact: kubelet
  validate({ name, endpoint, supportedVersions }) {
    const refuse = (why: string): Error =>
      new Error(
        `kubernetes.io/csi: validation failed for CSI Driver ${name} at endpoint ${endpoint}: ${why}`,
      );
    if (supportedVersions.length === 0) throw refuse("plugin didn't provide supported versions");
    if (supportedVersions.some((version) => /^v?1(\.|$)/.test(version))) return;
    const offered = supportedVersions.map((version) => JSON.stringify(version)).join(" ");
    throw refuse(`unsupported CSI versions [${offered}]`);
  },

  async register(info, context) {
    const { openChannel } = context;
    using service = openNodeService(openChannel, info.endpoint);
    const found = await service.info();
    if (found.nodeId === "") throw new Error(`error during CSI NodeGetInfo() call: empty node ID`);
    await addDriver(driverOf(info, found), context);
  },

  async deregister({ type, name }, context) {
    // Another instance of the driver may have taken over.
    if (!context.find(type, name)) await removeDriver(name, context);
  },
});

const driverOf = ({ name }: PluginInfo, { nodeId, ...info }: NodeInfo) => ({
  name,
  nodeID: nodeId,
  topology: info.accessibleTopology?.segments ?? {},
  ...(info.maxVolumesPerNode > 0
    ? { volumesMax: Math.min(info.maxVolumesPerNode, 2 ** 31 - 1) }
    : {}),
});
