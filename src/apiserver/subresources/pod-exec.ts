/** `kubectl exec` and `kubectl attach`: a command, or the container's own process, at a distance. */
import { PodAttachOptions, PodExecOptions } from "#api/core/connect-options.ts";
import { Pod } from "#api/core/pod.ts";
import { channelProtocols, channelsOf } from "../streaming/channels.ts";
import { serveRemoteCommand } from "../streaming/remote-command.ts";
import { connect, type Connection } from "./connecting.ts";
import { connectOptions } from "./connect-query.ts";
import { containerOf, kubeletPath, podOf } from "./kubelet-target.ts";
import { defineSubresource, type SubresourceCall } from "./subresource.ts";

export const podExec = defineSubresource({
  of: Pod,
  name: "exec",
  verbs: ["create", "get"],
  methods: ["GET", "POST"],
  kind: "PodExecOptions",

  async serve(call: SubresourceCall) {
    const options = connectOptions(PodExecOptions, call.context.request.query);
    return connect(call, await connection(call, options, options.command ?? []));
  },
});

export const podAttach = defineSubresource({
  of: Pod,
  name: "attach",
  verbs: ["create", "get"],
  methods: ["GET", "POST"],
  kind: "PodAttachOptions",

  async serve(call: SubresourceCall) {
    const options = connectOptions(PodAttachOptions, call.context.request.query);
    return connect(call, await connection(call, options, []));
  },
});

async function connection(
  call: SubresourceCall,
  options: PodAttachOptions,
  command: readonly string[],
): Promise<Connection> {
  const { namespace, name, subresource } = call.context.info;
  const container = containerOf(podOf(call), options.container);
  await call.admit("CONNECT", { ...options, container } as never);
  const streams = {
    stdin: options.stdin ?? false,
    stdout: options.stdout ?? false,
    stderr: options.stderr ?? false,
    tty: options.tty ?? false,
  };
  return {
    path: kubeletPath([subresource, namespace, name, container], kubeletQuery(streams, command)),
    protocol: "v4.channel.k8s.io",
    webSockets: [...channelProtocols.keys()],
    serve: async (socket, kubelet) => {
      const protocol = channelProtocols.get(socket.protocol);
      if (!protocol) return;
      const channels = { ...channelsOf(socket, protocol), protocol };
      await serveRemoteCommand(channels, kubelet.spdy(), streams);
    },
  };
}

/** Kubelets have names of their own for the streams. */
const kubeletNames = { stdin: "input", stdout: "output", stderr: "error", tty: "tty" } as const;

function kubeletQuery(
  streams: Readonly<Record<keyof typeof kubeletNames, boolean>>,
  command: readonly string[],
): URLSearchParams {
  const query = new URLSearchParams();
  for (const [name, kubeletName] of Object.entries(kubeletNames))
    if (streams[name as keyof typeof kubeletNames]) query.set(kubeletName, "1");
  for (const word of command) query.append("command", word);
  return query;
}
