/**
 * A type of plugin that programs on the node register as: storage drivers, device drivers. One file
 * each; the catalogue lists them.
 * upstream: pkg/kubelet/pluginmanager/cache/types.go#PluginHandler
 */
import type { Folders } from "../paths.ts";
import type { KubeletPorts } from "../ports.ts";

/** What a plugin says of itself. */
export interface PluginInfo {
  /** `CSIPlugin`, `DRAPlugin`. */
  readonly type: string;
  /** Of the driver. */
  readonly name: string;
  /** The socket that it serves at: the one that it registered with, unless it names another. */
  readonly endpoint: string;
  readonly supportedVersions: readonly string[];
}

export interface PluginContext extends Pick<
  KubeletPorts,
  "client" | "clock" | "random" | "log" | "disk" | "openChannel"
> {
  readonly nodeName: string;
  readonly folders: Folders;
  /** Aborts when the plugin goes, or the kubelet does. */
  readonly signal: AbortSignal;
  /** The one to talk to: of several that run at once, the one that registered last. */
  readonly find: (type: string, name: string) => PluginInfo | undefined;
}

export interface PluginHandler {
  readonly type: string;
  /** Throws what is wrong with it; the plugin is told. */
  readonly validate: (info: PluginInfo) => void;
  /** Throws when it cannot be used; the plugin is told, and asked again later. */
  readonly register?: (info: PluginInfo, context: PluginContext) => Promise<void>;
  /** Its socket is gone: no longer among those that `find` finds. Not called when the kubelet ends. */
  readonly deregister?: (info: PluginInfo, context: PluginContext) => Promise<void>;
}

export const definePluginHandler = (handler: PluginHandler): PluginHandler =>
  Object.freeze(handler);
