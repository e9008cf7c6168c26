/** Ports of nodes that pods take. upstream: pkg/scheduler/framework/types.go#HostPortInfo */
import { isSidecar } from "#api/core/resources.ts";
import type { PodSpec } from "#api/core/pod-spec.ts";

export interface HostPort {
  readonly protocol: string;
  readonly ip: string;
  readonly port: number;
}

/** Stands for all of the node's addresses. */
const everyIp = "0.0.0.0";

export function hostPortsOf({ containers, initContainers = [] }: PodSpec): readonly HostPort[] {
  return [...containers, ...initContainers.filter(isSidecar)].flatMap(({ ports = [] }) =>
    ports
      .filter(({ hostPort = 0 }) => hostPort > 0)
      .map(({ hostPort = 0, hostIP, protocol }) => ({
        port: hostPort,
        ip: hostIP || everyIp,
        protocol: protocol || "TCP",
      })),
  );
}

/** Those of one node. */
export class HostPorts {
  /** By protocol and port: how many pods use it on which address. */
  readonly #uses = new Map<string, Map<string, number>>();

  count(ports: readonly HostPort[], sign: 1 | -1): void {
    for (const { protocol, ip, port } of ports) {
      const key = `${protocol}/${port}`;
      const ips = this.#uses.get(key) ?? new Map<string, number>();
      const count = (ips.get(ip) ?? 0) + sign;
      if (count > 0) ips.set(ip, count);
      else ips.delete(ip);
      if (ips.size > 0) this.#uses.set(key, ips);
      else this.#uses.delete(key);
    }
  }

  conflictWith(ports: readonly HostPort[]): boolean {
    return this.#uses.size > 0 && ports.some((port) => this.#isTaken(port));
  }

  #isTaken({ protocol, ip, port }: HostPort): boolean {
    const ips = this.#uses.get(`${protocol}/${port}`);
    if (!ips) return false;
    return ip === everyIp || ips.has(everyIp) || ips.has(ip);
  }
}
