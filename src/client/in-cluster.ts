/** Inside a pod: the API server as the kubelet names it, and the service account that it mounts. */
import type { Disk } from "#base/disk.ts";
import type { ServerLocation } from "./transports/https.ts";

const folder = "/var/run/secrets/kubernetes.io/serviceaccount";

export interface InCluster {
  /** Of the pod. */
  readonly namespace: string;
  readonly location: ServerLocation;
}

/** Undefined when this is not a pod. upstream: client-go rest.InClusterConfig */
export async function inCluster(
  disk: Disk,
  env: Readonly<Record<string, string | undefined>>,
): Promise<InCluster | undefined> {
  const host = env["KUBERNETES_SERVICE_HOST"];
  const port = env["KUBERNETES_SERVICE_PORT"];
  if (!host || !port) return undefined;
  const read = async (name: string): Promise<string> =>
    new TextDecoder().decode(await disk.read(`${folder}/${name}`)).trim();
  const ca = await read("ca.crt");
  return {
    namespace: (await read("namespace")) || "default",
    location: {
      url: `https://${host.includes(":") ? `[${host}]` : host}:${port}`,
      // It is replaced before it expires.
      credentials: async () => ({ tls: { ca }, token: await read("token") }),
    },
  };
}
