/** Reaches kubelets over HTTPS, at the address and port that their nodes report. */
import type { Node } from "#api/core/node.ts";
import { ApiError } from "#api/errors.ts";
import type { KubeletDialer } from "#apiserver/subresources/kubelet-dialer.ts";
import type { HttpCall, HttpCallTls, HttpClient } from "#base/http.ts";
import { hostPort } from "#base/ip.ts";

const defaultPort = 10_250;

export function kubeletDialer(http: HttpClient, tlsOf: () => HttpCallTls): KubeletDialer {
  const callOf = (node: Node, path: string, call: Partial<HttpCall> = {}): HttpCall => ({
    method: "GET",
    ...call,
    url: `https://${placeOf(node)}${path}`,
    tls: tlsOf(),
  });
  return {
    call: (node, path, call) => http.call(callOf(node, path, call)),
    upgrade: (node, path, call) => http.upgrade(callOf(node, path, call)),
  };
}

/** upstream: pkg/kubelet/client/kubelet_client.go, preferring addresses that need no name service. */
function placeOf({ metadata, status }: Node): string {
  const { addresses = [], daemonEndpoints } = status;
  const found =
    addresses.find(({ type }) => type === "InternalIP") ??
    addresses.find(({ type }) => type === "ExternalIP") ??
    addresses.find(({ type }) => type === "Hostname");
  if (!found) {
    const name = JSON.stringify(metadata.name);
    throw new ApiError("ServiceUnavailable", `node ${name} has no address yet`);
  }
  const port = daemonEndpoints.kubeletEndpoint.Port || defaultPort;
  return hostPort(found.address, port);
}
