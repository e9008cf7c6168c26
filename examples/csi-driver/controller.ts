/**
 * What the sidecars of a storage driver do, in short: makes volumes for claims and attaches them to
 * nodes, by asking the driver. Uses the cluster of the kubeconfig:
 *
 *   node controller.ts --kubelet /var/lib/k8ts/kubelet
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import {
  CoreV1Api,
  type Informer,
  KubeConfig,
  type KubernetesObject,
  makeInformer,
  PatchStrategy,
  setHeaderOptions,
  StorageV1Api,
  type V1PersistentVolume,
  type V1PersistentVolumeClaim,
  type V1StorageClass,
  type V1VolumeAttachment,
} from "@kubernetes/client-node";
import { caller } from "./grpc.ts";

const driverName = "folders.example.com";
const { values } = parseArgs({
  options: { kubelet: { type: "string", default: "/var/lib/k8ts/kubelet" } },
});
const ask = caller(join(values.kubelet, "plugins", driverName, "csi.sock"), "csi.proto");

const config = new KubeConfig();
config.loadFromDefault();
const core = config.makeApiClient(CoreV1Api);
const storage = config.makeApiClient(StorageV1Api);

const provisioner = "volume.kubernetes.io/storage-provisioner";
const selectedNode = "volume.kubernetes.io/selected-node";
const provisionedBy = "pv.kubernetes.io/provisioned-by";
const finalizer = `external-attacher/${driverName.replaceAll(".", "-")}`;

const bytesOf = (quantity = "0"): number => {
  const [, number = "0", unit = ""] = /^(\d+)([KMGT]i)?$/.exec(quantity) ?? [];
  return Number(number) * 1_024 ** ["", "Ki", "Mi", "Gi", "Ti"].indexOf(unit);
};

interface Created {
  readonly volume: {
    readonly volumeId: string;
    readonly volumeContext: Readonly<Record<string, string>>;
    readonly accessibleTopology: readonly { readonly segments: Readonly<Record<string, string>> }[];
  };
}

/** Claims that were given to us, and whose pod has a node if they wait for that. */
async function provision(claim: V1PersistentVolumeClaim): Promise<void> {
  const annotations = claim.metadata?.annotations ?? {};
  if (claim.spec?.volumeName || annotations[provisioner] !== driverName) return;
  const storageClass = await storage.readStorageClass({ name: claim.spec?.storageClassName ?? "" });
  const waits = storageClass.volumeBindingMode === "WaitForFirstConsumer";
  if (waits && !annotations[selectedNode]) return;
  const size = sizeOf(claim);
  const { volume } = await ask<Created>(
    "/csi.v1.Controller/CreateVolume",
    ["CreateVolumeRequest", "CreateVolumeResponse"],
    { name: nameFor(claim), capacityRange: { requiredBytes: bytesOf(size) } },
  );
  const body = volumeFor(claim, { storageClass, size, volume });
  await unless(409, core.createPersistentVolume({ body }));
}

const sizeOf = ({ spec }: V1PersistentVolumeClaim): string =>
  spec?.resources?.requests?.["storage"] ?? "1Gi";

const nameFor = ({ metadata }: V1PersistentVolumeClaim): string => `pvc-${metadata?.uid}`;

interface Made {
  readonly storageClass: V1StorageClass;
  readonly size: string;
  readonly volume: Created["volume"];
}

const volumeFor = (
  claim: V1PersistentVolumeClaim,
  { storageClass, size, volume }: Made,
): V1PersistentVolume => ({
  metadata: { name: nameFor(claim), annotations: { [provisionedBy]: driverName } },
  spec: {
    capacity: { storage: size },
    accessModes: claim.spec?.accessModes ?? [],
    storageClassName: storageClass.metadata?.name ?? "",
    persistentVolumeReclaimPolicy: storageClass.reclaimPolicy ?? "Delete",
    claimRef: {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      namespace: claim.metadata?.namespace ?? "",
      name: claim.metadata?.name ?? "",
      uid: claim.metadata?.uid ?? "",
    },
    csi: {
      driver: driverName,
      volumeHandle: volume.volumeId,
      volumeAttributes: { ...volume.volumeContext },
    },
    nodeAffinity: { required: { nodeSelectorTerms: volume.accessibleTopology.map(termOf) } },
  },
});

const termOf = ({ segments }: Created["volume"]["accessibleTopology"][number]) => ({
  matchExpressions: Object.entries(segments).map(([key, value]) => ({
    key,
    operator: "In",
    values: [value],
  })),
});

/** Volumes whose claim is gone. */
async function reclaim(volume: V1PersistentVolume): Promise<void> {
  const name = volume.metadata?.name ?? "";
  if (!isToGo(volume) || (await isAttached(name))) return;
  const volumeId = handleOf(volume);
  await ask("/csi.v1.Controller/DeleteVolume", ["DeleteVolumeRequest", "Empty"], { volumeId });
  await unless(404, core.deletePersistentVolume({ name }));
}

const isToGo = ({ metadata, spec, status }: V1PersistentVolume): boolean =>
  metadata?.annotations?.[provisionedBy] === driverName &&
  status?.phase === "Released" &&
  spec?.persistentVolumeReclaimPolicy === "Delete";

const handleOf = ({ spec }: V1PersistentVolume): string => spec?.csi?.volumeHandle ?? "";

const isAttached = async (volume: string): Promise<boolean> =>
  (await storage.listVolumeAttachment()).items.some(
    ({ spec }) => spec.source.persistentVolumeName === volume,
  );

/** Asks the driver to attach a volume to a node, or to detach it, and says how that went. */
async function settle(attachment: V1VolumeAttachment): Promise<void> {
  if (attachment.spec.attacher !== driverName) return;
  const isGoing = attachment.metadata?.deletionTimestamp !== undefined;
  const isHeld = finalizersOf(attachment).includes(finalizer);
  if (isGoing && isHeld) await detach(attachment);
  else if (!isGoing && !attachment.status?.attached) await attach(attachment, isHeld);
}

const finalizersOf = ({ metadata }: V1VolumeAttachment): readonly string[] =>
  metadata?.finalizers ?? [];

async function attach(attachment: V1VolumeAttachment, isHeld: boolean): Promise<void> {
  // From now on it cannot go before it was detached.
  const finalizers = [...finalizersOf(attachment), finalizer];
  if (!isHeld) await patch(attachment, { metadata: { finalizers } });
  const { publishContext } = await ask<{ publishContext: Record<string, string> }>(
    "/csi.v1.Controller/ControllerPublishVolume",
    ["ControllerPublishVolumeRequest", "ControllerPublishVolumeResponse"],
    await partiesOf(attachment),
  );
  const status = { attached: true, attachmentMetadata: publishContext };
  const name = attachment.metadata?.name ?? "";
  await storage.patchVolumeAttachmentStatus({ name, body: { status } }, mergePatch);
}

async function detach(attachment: V1VolumeAttachment): Promise<void> {
  await ask(
    "/csi.v1.Controller/ControllerUnpublishVolume",
    ["ControllerUnpublishVolumeRequest", "Empty"],
    await partiesOf(attachment),
  );
  const finalizers = finalizersOf(attachment).filter((one) => one !== finalizer);
  await patch(attachment, { metadata: { finalizers } });
}

/** The volume and the node, as the driver calls them. */
async function partiesOf({ spec }: V1VolumeAttachment) {
  const { nodeName, source } = spec;
  const volume = await core.readPersistentVolume({ name: source.persistentVolumeName ?? "" });
  const node = await storage.readCSINode({ name: nodeName });
  const driver = node.spec.drivers.find(({ name }) => name === driverName);
  return { volumeId: handleOf(volume), nodeId: driver?.nodeID ?? "" };
}

const mergePatch = setHeaderOptions("Content-Type", PatchStrategy.MergePatch);

const patch = ({ metadata }: V1VolumeAttachment, body: object): Promise<unknown> =>
  storage.patchVolumeAttachment({ name: metadata?.name ?? "", body }, mergePatch);

/** What somebody else has done already. */
async function unless(code: number, call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if ((error as { code?: number }).code !== code) throw error;
  }
}

/** Looks at everything, again whenever something changes, and a second after something failed. */
let isWanted = false;
let isWorking = false;
async function look(): Promise<void> {
  isWanted = true;
  if (isWorking) return;
  isWorking = true;
  while (isWanted) {
    isWanted = false;
    try {
      for (const claim of claims.list()) await provision(claim);
      for (const attachment of attachments.list()) await settle(attachment);
      for (const volume of volumes.list()) await reclaim(volume);
    } catch (error) {
      console.log(`again in a second: ${error instanceof Error ? error.message : String(error)}`);
      setTimeout(() => void look(), 1_000);
    }
  }
  isWorking = false;
}

const informers = [
  "/api/v1/persistentvolumeclaims",
  "/apis/storage.k8s.io/v1/volumeattachments",
  "/api/v1/persistentvolumes",
] as const;
const claims = makeInformer(config, informers[0], () =>
  core.listPersistentVolumeClaimForAllNamespaces(),
);
const attachments = makeInformer(config, informers[1], () => storage.listVolumeAttachment());
const volumes = makeInformer(config, informers[2], () => core.listPersistentVolume());
async function follow<T extends KubernetesObject>(informer: Informer<T>): Promise<void> {
  informer.on("add", () => void look());
  informer.on("update", () => void look());
  informer.on("delete", () => void look());
  informer.on("error", () => setTimeout(() => void informer.start(), 1_000));
  await informer.start();
}

await Promise.all([follow(claims), follow(attachments), follow(volumes)]);
console.log("watching");
