/** What runs in every cluster as ordinary pods, from our own image: visible, and replaceable. */
import { dnsManifests } from "#dns/manifests.ts";
import { apply } from "./deploy.ts";
import type { Launched, Machine } from "./launch.ts";
import type { Manifest } from "./project.ts";
import { dnsServiceAddress } from "./settings.ts";

export async function installAddons({ settings }: Machine, launched: Launched): Promise<void> {
  const manifests = dnsManifests({
    image: launched.addonImage,
    clusterIp: dnsServiceAddress,
    clusterDomain: settings.clusterDomain,
  });
  for (const manifest of manifests) await apply(launched.client, manifest as Manifest);
}
