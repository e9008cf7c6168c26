/** What runs in every cluster as ordinary pods, from our own image: visible, and replaceable. */
import { Deployment } from "#api/apps/deployment.ts";
import { ConfigMap } from "#api/core/configmap.ts";
import { isReason } from "#api/errors.ts";
import type { ApiObject, Kind } from "#api/kind.ts";
import { StorageClass } from "#api/storage/storageclass.ts";
import type { Client } from "#client/client.ts";
import { localPathClass, localPathSettings } from "#controllers/local-path/manifests.ts";
import { isConditionTrue } from "#api/meta/conditions.ts";
import { dnsManifests } from "#dns/manifests.ts";
import { apply } from "./deploy.ts";
import { nodeSeriesReference } from "./images/standard.ts";
import type { Launched, Machine } from "./launch.ts";
import type { Manifest } from "./project.ts";
import { until } from "./processes.ts";
import { dnsServiceAddress } from "./settings.ts";

/** Applied, not yet running: applications start beside them. */
export async function installAddons(
  { settings, places }: Machine,
  launched: Launched,
): Promise<void> {
  const manifests = dnsManifests({
    image: launched.addonImage,
    clusterIp: dnsServiceAddress,
    clusterDomain: settings.clusterDomain,
  });
  for (const manifest of manifests) await apply(launched.client, manifest as Manifest);
  const { client } = launched;
  await ensure(client, StorageClass, localPathClass);
  const storage = { folder: places.volumes, image: nodeSeriesReference };
  await ensure(client, ConfigMap, localPathSettings(storage));
}

/** What is there stays as people have made it. */
async function ensure<T extends ApiObject, In>(
  client: Client,
  kind: Kind<T, In>,
  object: In,
): Promise<void> {
  try {
    await client.create(kind, object);
  } catch (cause) {
    if (!isReason(cause, "AlreadyExists")) throw cause;
  }
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
