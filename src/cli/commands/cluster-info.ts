/** upstream: staging/src/k8s.io/kubectl/pkg/cmd/clusterinfo/clusterinfo.go */
import { Service } from "#api/core/service.ts";
import { defineCommand } from "../command.ts";
import { colour } from "../progress.ts";
import { openSession } from "../session.ts";

export const clusterInfo = defineCommand({
  name: "cluster-info",
  usage: "",
  summary: "Show where the control plane and the services of the cluster are",
  group: "settings",
  flags: {},

  // exact: kubectl, the texts
  async run(shell, call) {
    const { client, server } = await openSession(shell, call);
    const { items } = await client.list(Service, {
      namespace: "kube-system",
      labelSelector: "kubernetes.io/cluster-service=true",
      signal: shell.signal,
    });
    const say = (name: string, url: string): void =>
      shell.output.write(
        `${colour(shell.output, 32, name)} is running at ${colour(shell.output, 33, url)}\n`,
      );
    say("Kubernetes control plane", server);
    for (const service of items) say(nameOf(service), `${server}${proxyPath(service)}`);
    shell.output.write(
      "\nTo further debug and diagnose cluster problems, use 'kubectl cluster-info dump'.\n",
    );
  },
});

const nameOf = ({ metadata }: Service): string =>
  metadata.labels?.["kubernetes.io/name"] ?? metadata.name ?? "";

function proxyPath({ metadata, spec }: Service): string {
  const [port] = spec.ports ?? [];
  const name = port?.name ? `${metadata.name}:${port.name}` : metadata.name;
  return `/api/v1/namespaces/${metadata.namespace}/services/${name}/proxy`;
}
