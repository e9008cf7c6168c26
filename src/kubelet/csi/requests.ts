/** What a driver is told about a volume: how it is to be accessed, by whom, with which secrets. */
import { textOfData } from "#api/core/secret-data.ts";
import type { Secret } from "#api/core/secret.ts";
import type { CSIDriver } from "#api/storage/csidriver.ts";
import { formatTime } from "#base/clock.ts";
import { groupOf } from "../volumes/ownership.ts";
import { type VolumeObjects, VolumeError } from "../volumes/volume.ts";
import type { NodeCapability, StageRequest, VolumeCapability } from "./node-service.ts";
import type { WantedVolume } from "./wanted-volume.ts";

type Texts = Readonly<Record<string, string>>;
type Capabilities = ReadonlySet<NodeCapability>;

const modes: Readonly<Record<string, string>> = {
  ReadOnlyMany: "MULTI_NODE_READER_ONLY",
  ReadWriteMany: "MULTI_NODE_MULTI_WRITER",
};

/** Drivers that know the difference tell one pod from many on one node. */
const finerModes: Readonly<Record<string, string>> = {
  ReadWriteOnce: "SINGLE_NODE_MULTI_WRITER",
  ReadWriteOncePod: "SINGLE_NODE_SINGLE_WRITER",
};

export function capabilityOf(wanted: WantedVolume, capabilities: Capabilities): VolumeCapability {
  const [accessMode = "ReadWriteOnce"] = wanted.accessModes;
  const finer = capabilities.has("SINGLE_NODE_MULTI_WRITER") ? finerModes[accessMode] : undefined;
  const gid = groupOf(wanted.pod);
  const access = { accessMode: { mode: finer ?? modes[accessMode] ?? "SINGLE_NODE_WRITER" } };
  if (wanted.isDevice) return { block: {}, ...access };
  const setsGroup = capabilities.has("VOLUME_MOUNT_GROUP") && gid !== undefined;
  return {
    mount: {
      fsType: wanted.fsType,
      mountFlags: wanted.mountOptions,
      ...(setsGroup ? { volumeMountGroup: String(gid) } : {}),
    },
    ...access,
  };
}

export interface RequestParts {
  readonly wanted: WantedVolume;
  readonly driver: CSIDriver | undefined;
  readonly capabilities: Capabilities;
  /** What whoever attached it said. */
  readonly publishContext: Texts;
  readonly stagingTargetPath: string;
  readonly objects: VolumeObjects;
}

export const stageRequest = async (parts: RequestParts): Promise<StageRequest> => ({
  ...volumePart(parts),
  secrets: await secretsFor("stage", parts),
  volumeContext: parts.wanted.attributes,
});

const volumePart = (parts: RequestParts) => ({
  volumeId: parts.wanted.volumeHandle,
  publishContext: parts.publishContext,
  stagingTargetPath: parts.stagingTargetPath,
  volumeCapability: capabilityOf(parts.wanted, parts.capabilities),
});

/** exact: kubelet, the keys that drivers find there */
const tokensKey = "csi.storage.k8s.io/serviceAccount.tokens";

/** With what the driver wants to know of the pod. */
export async function publishRequest(parts: RequestParts, path: string) {
  const { wanted, driver } = parts;
  const tokens = await tokensFor(parts);
  const inSecrets = driver?.spec.serviceAccountTokenInSecrets ?? false;
  const secrets = await secretsFor("publish", parts);
  return {
    ...volumePart(parts),
    targetPath: path,
    readonly: wanted.isReadOnly,
    secrets: inSecrets ? { ...secrets, ...tokens } : secrets,
    volumeContext: {
      ...wanted.attributes,
      ...(driver?.spec.podInfoOnMount ? podInfo(wanted) : {}),
      ...(inSecrets ? {} : tokens),
    },
  };
}

const podInfo = ({ pod: { metadata, spec }, mode }: WantedVolume): Texts => ({
  "csi.storage.k8s.io/pod.name": metadata.name ?? "",
  "csi.storage.k8s.io/pod.namespace": metadata.namespace ?? "",
  "csi.storage.k8s.io/pod.uid": metadata.uid ?? "",
  "csi.storage.k8s.io/serviceAccount.name": spec.serviceAccountName || "default",
  "csi.storage.k8s.io/ephemeral": String(mode === "Ephemeral"),
});

async function tokensFor({ driver, wanted, objects }: RequestParts): Promise<Texts> {
  const requests = driver?.spec.tokenRequests ?? [];
  if (requests.length === 0) return {};
  const tokens = await Promise.all(
    requests.map(async ({ audience, expirationSeconds }) => {
      const asked = { audience, path: "", ...(expirationSeconds ? { expirationSeconds } : {}) };
      const { token, expiresAtMs } = await objects.token(wanted.pod, asked);
      return [audience, { token, expirationTimestamp: formatTime(expiresAtMs) }] as const;
    }),
  );
  return { [tokensKey]: JSON.stringify(Object.fromEntries(tokens)) };
}

type SecretUse = keyof WantedVolume["secrets"];

/** exact: kubelet */
const secretNames: Readonly<Record<SecretUse, string>> = {
  stage: "NodeStageSecretRef",
  publish: "NodePublishSecretRef",
  expand: "NodeExpandSecretRef",
};

export async function secretsFor(
  use: SecretUse,
  { wanted, objects }: Pick<RequestParts, "wanted" | "objects">,
): Promise<Texts> {
  const reference = wanted.secrets[use];
  if (!reference) return {};
  const { namespace, name } = reference;
  const found = await objects.secret(namespace, name);
  // exact: kubelet
  if (!found)
    throw new VolumeError(
      `fetching ${secretNames[use]} ${namespace}/${name} failed: secrets ${JSON.stringify(name)} not found`,
    );
  return textsOf(found);
}

const textsOf = ({ data = {} }: Secret): Texts =>
  Object.fromEntries(Object.entries(data).map(([key, value]) => [key, textOfData(value)]));
