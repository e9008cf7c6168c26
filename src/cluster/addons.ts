/** What runs in every cluster as ordinary pods, from our own image: visible, and replaceable. */
import { Deployment } from "#api/apps/deployment.ts";
import { isConditionTrue } from "#api/meta/conditions.ts";
import { dnsManifests } from "#dns/manifests.ts";
import { apply } from "./deploy.ts";
import type { Launched, Machine } from "./launch.ts";
import type { Manifest } from "./project.ts";
import { until } from "./processes.ts";
import { dnsServiceAddress } from "./settings.ts";

/** Applied, not yet running: applications start beside them. */
export async function installAddons({ settings }: Machine, launched: Launched): Promise<void> {
  const manifests = dnsManifests({
    image: launched.addonImage,
    clusterIp: dnsServiceAddress,
    clusterDomain: settings.clusterDomain,
  });
  for (const manifest of manifests) await apply(launched.client, manifest as Manifest);
}

/** Until then nothing in the cluster has a name. */
export async function addonsAreReady(
  { settings, world, signal }: Machine,
  { client }: Launched,
): Promise<void> {
  // What is simulated answers no questions.
  if (settings.nodes === "simulated") return;
  const what = "the name server was not ready (k8ts describe pod -n kube-system)";
  await until({ clock: world.clock, signal, what, pollMs: 50 }, async () => {
    const { status } = await client.get(Deployment, { namespace: "kube-system", name: "coredns" });
    return isConditionTrue(status.conditions, "Available") ? true : undefined;
  });
}
