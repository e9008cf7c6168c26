/**
 * Where a Service is reached from the API server's own machine: through its cluster IP, which the
 * service proxy of this node forwards. For webhooks and aggregated APIs.
 * upstream: staging/src/k8s.io/apiserver/pkg/util/proxy/proxy.go#ResolveCluster
 */
import { Service } from "#api/core/service.ts";
import type { Reader } from "./registry/registry.ts";

/** The origin: `https://10.96.0.20:443`. Throws when there is nothing to be reached. */
export type ServiceUrl = (
  namespace: string,
  name: string,
  port: number,
) => string | Promise<string>;

export const clusterIpUrl =
  (reader: Reader): ServiceUrl =>
  (namespace, name, port) => {
    const service = reader.get(Service, namespace, name)?.object;
    // exact: apiserver, all messages
    if (!service) throw new Error(`service ${JSON.stringify(name)} not found`);
    const { type = "ClusterIP", externalName = "", clusterIP = "", ports = [] } = service.spec;
    if (type === "ExternalName") return origin(externalName, port);
    if (clusterIP === "" || clusterIP === "None") {
      throw new Error(`service ${JSON.stringify(name)} has no cluster IP`);
    }
    if (!ports.some((one) => one.port === port)) {
      throw new Error(`no service port ${port} found for service ${JSON.stringify(name)}`);
    }
    return origin(clusterIP, port);
  };

const origin = (host: string, port: number): string =>
  `https://${host.includes(":") ? `[${host}]` : host}:${port}`;
