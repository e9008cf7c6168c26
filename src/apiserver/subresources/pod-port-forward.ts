/** `kubectl port-forward`: connections to ports of a pod, through the API server and the kubelet. */
import { PodPortForwardOptions } from "#api/core/connect-options.ts";
import { Pod } from "#api/core/pod.ts";
import { badRequest } from "#api/errors.ts";
import { join } from "#base/stream.ts";
import { channelProtocols, channelsOf } from "../streaming/channels.ts";
import { forwardProtocol, serveForwardedPorts, tunnelProtocol } from "../streaming/port-forward.ts";
import type { WebSocket } from "#base/streaming/websocket.ts";
import { tunnelOf } from "#base/streaming/websocket-tunnel.ts";
import { connect, type Dialled } from "./connecting.ts";
import { connectOptions } from "./connect-query.ts";
import { kubeletPath } from "./kubelet-target.ts";
import { defineSubresource, type SubresourceCall } from "./subresource.ts";

const withPorts = ["v4.channel.k8s.io", "v4.base64.channel.k8s.io"];

export const podPortForward = defineSubresource({
  of: Pod,
  name: "portforward",
  verbs: ["create", "get"],
  methods: ["GET", "POST"],
  kind: "PodPortForwardOptions",

  async serve(call: SubresourceCall) {
    const { info, request } = call.context;
    const { ports = [] } = connectOptions(PodPortForwardOptions, request.query);
    await call.admit("CONNECT", { ports } as never);
    return connect(call, {
      path: kubeletPath(["portForward", info.namespace, info.name], new URLSearchParams()),
      protocol: forwardProtocol,
      webSockets: [tunnelProtocol, ...withPorts],
      serve: (socket, kubelet) => serve(socket, kubelet, ports.map(Number)),
    });
  },
});

async function serve(socket: WebSocket, kubelet: Dialled, ports: readonly number[]): Promise<void> {
  const protocol = channelProtocols.get(socket.protocol);
  if (!protocol) {
    await Promise.allSettled([join(tunnelOf(socket), kubelet.stream)]);
    return;
  }
  const wrong = ports.length === 0 || ports.some((port) => !(port > 0 && port < 65_536));
  if (wrong) {
    await socket.close(1008, 'query parameter "ports" is required');
    throw badRequest("port must be between 1 and 65535");
  }
  await serveForwardedPorts(channelsOf(socket, protocol), kubelet.spdy(), ports);
}
