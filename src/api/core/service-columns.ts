/** Cells of `kubectl get services`. upstream: pkg/printers/internalversion/printers.go#printService */
import { unreachable } from "#base/assert.ts";
import type { ServiceSpec, ServiceStatus } from "./service.ts";

export const clusterIPText = ({ clusterIPs }: ServiceSpec): string => clusterIPs?.[0] || "<none>";

export function externalIPText(spec: ServiceSpec, { loadBalancer }: ServiceStatus): string {
  const { externalIPs = [] } = spec;
  switch (spec.type) {
    case "ClusterIP":
    case "NodePort":
      return externalIPs.join(",") || "<none>";
    case "LoadBalancer": {
      const given = (loadBalancer.ingress ?? []).map(({ ip, hostname }) => ip || (hostname ?? ""));
      const all = [...[...new Set(given.filter((text) => text !== ""))].toSorted(), ...externalIPs];
      return all.join(",") || "<pending>";
    }
    case "ExternalName":
      return spec.externalName ?? "";
    case undefined:
      return "<unknown>";
    default:
      return unreachable(spec.type);
  }
}

export const portsText = ({ ports = [] }: ServiceSpec): string =>
  ports
    .map(({ port, nodePort, protocol }) =>
      nodePort ? `${port}:${nodePort}/${protocol}` : `${port}/${protocol}`,
    )
    .join(",") || "<none>";
