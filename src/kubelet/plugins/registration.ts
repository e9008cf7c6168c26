/**
 * How a plugin becomes known to the kubelet: asked at its socket who it is, told what became of it.
 * upstream: k8s.io/kubelet/pkg/apis/pluginregistration/v1,
 * pkg/kubelet/pluginmanager/operationexecutor/operation_generator.go
 */
import { seconds } from "#base/clock.ts";
import { messageOf } from "#base/failure.ts";
import type { OpenChannel } from "../ports.ts";
import type { PluginHandler, PluginInfo } from "./plugin-handler.ts";

export const registrationProto = `
syntax = "proto3";
package pluginregistration;
message InfoRequest {}
message PluginInfo { string type = 1; string name = 2; string endpoint = 3; repeated string supported_versions = 4; }
message RegistrationStatus { bool plugin_registered = 1; string error = 2; }
message RegistrationStatusResponse {}
`;

const getInfo = {
  path: "/pluginregistration.Registration/GetInfo",
  request: "InfoRequest",
  response: "PluginInfo",
};
const notify = {
  path: "/pluginregistration.Registration/NotifyRegistrationStatus",
  request: "RegistrationStatus",
  response: "RegistrationStatusResponse",
};

const infoTimeoutMs = seconds(10);
const notifyTimeoutMs = seconds(5);

export interface Conversation {
  readonly openChannel: OpenChannel;
  /** Of the plugin. */
  readonly socket: string;
  readonly handlers: ReadonlyMap<string, PluginHandler>;
  /** Makes use of a plugin that is in order. */
  readonly take: (handler: PluginHandler, info: PluginInfo) => Promise<void>;
  readonly signal: AbortSignal;
}

/** Throws what is wrong; the plugin was told then, if it could be asked at all. */
export async function register(options: Conversation): Promise<void> {
  const { openChannel, socket, signal } = options;
  using channel = openChannel({ socket, proto: registrationProto });
  const told = await channel.call(getInfo, {}, { timeoutMs: infoTimeoutMs, signal });
  const tell = (status: object): Promise<unknown> =>
    channel.call(notify, status, { timeoutMs: notifyTimeoutMs, signal });
  try {
    await take(options, infoOf(told as Partial<PluginInfo>, socket));
  } catch (error) {
    // The plugin hears of it even when it does not listen well.
    await tell({ pluginRegistered: false, error: messageOf(error) }).catch(() => undefined);
    throw error;
  }
  await tell({ pluginRegistered: true, error: "" });
}

const infoOf = (told: Partial<PluginInfo>, socket: string): PluginInfo => ({
  type: told.type ?? "",
  name: told.name ?? "",
  endpoint: told.endpoint || socket,
  supportedVersions: told.supportedVersions ?? [],
});

// exact: kubelet
async function take({ handlers, socket, take: use }: Conversation, info: PluginInfo) {
  const failed = (why: string): Error => new Error(`RegisterPlugin error -- ${why}`);
  const handler = handlers.get(info.type);
  if (!handler)
    throw failed(`no handler registered for plugin type: ${info.type} at socket ${socket}`);
  try {
    handler.validate(info);
  } catch (error) {
    throw failed(`plugin validation failed with err: ${messageOf(error)}`);
  }
  try {
    await use(handler, info);
  } catch (error) {
    throw failed(`plugin registration failed with err: ${messageOf(error)}`);
  }
}
