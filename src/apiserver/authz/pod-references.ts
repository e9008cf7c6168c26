/**
 * Which other objects a pod's specification names. The node authorizer lets a kubelet read just
 * those; a kubelet's own mirror pods may name none.
 * upstream: pkg/api/v1/pod/util.go#VisitPodSecretNames
 */
import type { Container } from "#api/core/container.ts";
import type { PersistentVolume } from "#api/core/persistentvolume.ts";
import type { Pod } from "#api/core/pod.ts";
import type { Volume } from "#api/core/volume-sources.ts";

export interface PodReferences {
  readonly secrets: ReadonlySet<string>;
  readonly configMaps: ReadonlySet<string>;
  readonly claims: ReadonlySet<string>;
  readonly resourceClaims: ReadonlySet<string>;
}

const remembered = new WeakMap<Pod, PodReferences>();

/** Remembered by the pod's revision, which never changes. */
export function podReferences(pod: Pod): PodReferences {
  const known = remembered.get(pod);
  if (known) return known;
  const references = referencesOf(pod);
  remembered.set(pod, references);
  return references;
}

type Containers = Pick<Container, "env" | "envFrom">;

/** Init and ephemeral containers too. */
const allContainers = ({ spec }: Pod): readonly Containers[] => [
  ...(spec.initContainers ?? []),
  ...spec.containers,
  ...(spec.ephemeralContainers ?? []),
];

function referencesOf(pod: Pod): PodReferences {
  const volumes = pod.spec.volumes ?? [];
  const projections = volumes.flatMap(({ projected }) => projected?.sources ?? []);
  const containers = allContainers(pod);
  const from = containers.flatMap(({ envFrom }) => envFrom ?? []);
  const values = containers.flatMap(({ env }) => (env ?? []).map(({ valueFrom }) => valueFrom));
  return {
    secrets: names([
      ...(pod.spec.imagePullSecrets ?? []).map(({ name }) => name),
      ...from.map(({ secretRef }) => secretRef?.name),
      ...values.map((value) => value?.secretKeyRef?.name),
      ...volumes.flatMap(secretsOf),
      ...projections.map(({ secret }) => secret?.name),
    ]),
    configMaps: names([
      ...from.map(({ configMapRef }) => configMapRef?.name),
      ...values.map((value) => value?.configMapKeyRef?.name),
      ...volumes.map(({ configMap }) => configMap?.name),
      ...projections.map(({ configMap }) => configMap?.name),
    ]),
    claims: names(volumes.map((volume) => claimOf(pod, volume))),
    resourceClaims: names([
      ...(pod.spec.resourceClaims ?? []).map(({ resourceClaimName }) => resourceClaimName),
      ...(pod.status.resourceClaimStatuses ?? []).map(({ resourceClaimName }) => resourceClaimName),
      pod.status.extendedResourceClaimStatus?.resourceClaimName,
    ]),
  };
}

const names = (found: readonly (string | undefined)[]): ReadonlySet<string> =>
  new Set(found.filter((name) => name !== undefined && name !== "") as string[]);

/** A generic ephemeral volume's claim is named after pod and volume. */
export const claimOf = ({ metadata }: Pod, volume: Volume): string | undefined =>
  volume.ephemeral ? `${metadata.name}-${volume.name}` : volume.persistentVolumeClaim?.claimName;

/** Every kind of volume source names its secret in one of four ways. */
interface NamesSecret {
  readonly secretName?: string;
  readonly secretNamespace?: string | null;
  readonly secretRef?: Reference | null;
  readonly nodePublishSecretRef?: Reference;
  readonly nodeStageSecretRef?: Reference;
  readonly nodeExpandSecretRef?: Reference;
}
interface Reference {
  readonly name?: string;
  readonly namespace?: string;
}

const sourcesOf = (holder: object): readonly NamesSecret[] =>
  Object.values(holder).filter((value) => typeof value === "object" && value !== null);

const secretsOf = (volume: Volume): readonly (string | undefined)[] =>
  sourcesOf(volume).flatMap((source) => [
    source.secretName,
    source.secretRef?.name,
    source.nodePublishSecretRef?.name,
  ]);

/** `namespace/name` of every secret that a node needs to mount the volume. */
export function volumeSecrets({ spec }: PersistentVolume): readonly string[] {
  const own = spec.claimRef?.namespace ?? "";
  const key = (reference: Reference | null | undefined): readonly string[] =>
    reference?.name ? [`${reference.namespace || own}/${reference.name}`] : [];
  return sourcesOf(spec).flatMap((source) => [
    ...key({
      ...(source.secretName ? { name: source.secretName } : {}),
      namespace: source.secretNamespace ?? own,
    }),
    ...key(source.secretRef),
    ...key(source.nodePublishSecretRef),
    ...key(source.nodeStageSecretRef),
    ...key(source.nodeExpandSecretRef),
  ]);
}
