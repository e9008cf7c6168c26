/**
 * What makes the pods of a set distinct: a number, and with it a name, a host name and claims.
 * upstream: pkg/controller/statefulset/stateful_set_utils.go
 */
import { StatefulSet } from "#api/apps/statefulset.ts";
import type { PersistentVolumeClaim } from "#api/core/persistentvolumeclaim.ts";
import type { Pod } from "#api/core/pod.ts";
import type { PodTemplateSpec } from "#api/core/pod-spec.ts";
import type { Volume } from "#api/core/volume-sources.ts";
import { podFor } from "../pod-writes.ts";

const nameLabel = "statefulset.kubernetes.io/pod-name";
const indexLabel = "apps.kubernetes.io/pod-index";
const revisionLabel = "controller-revision-hash";

export const replicasOf = ({ spec }: StatefulSet): number => spec.replicas ?? 1;

export const startOf = ({ spec }: StatefulSet): number => spec.ordinals?.start ?? 0;

/** Whether the set asks for a pod of that number. */
export const isWanted = (set: StatefulSet, ordinal: number): boolean =>
  ordinal >= startOf(set) && ordinal < startOf(set) + replicasOf(set);

export const podName = ({ metadata }: StatefulSet, ordinal: number): string =>
  `${metadata.name}-${ordinal}`;

/** The number in a member's name. Every look asks it of every pod. */
export const ordinalOf = ({ metadata: { name = "" } }: Pod): number =>
  Number(name.slice(name.lastIndexOf("-") + 1));

/** A number as we would write it is all that follows the name of the set. */
export function isMember({ metadata: { name: set = "" } }: StatefulSet, pod: Pod): boolean {
  const { name = "" } = pod.metadata;
  if (!name.startsWith(set) || name.charAt(set.length) !== "-") return false;
  const first = set.length + 1;
  const isPlain = name.length === first + 1 || name.charAt(first) !== "0";
  for (let i = first; i < name.length; i++) if (!isDigit(name.charCodeAt(i))) return false;
  return isPlain && name.length > first && name.length - first <= 10;
}

const isDigit = (code: number): boolean => code >= 48 && code <= 57;

/** The name of the revision it was made from. */
export const revisionNameOf = ({ metadata }: Pod): string => metadata.labels?.[revisionLabel] ?? "";

export const claimName = (
  { metadata }: StatefulSet,
  template: PersistentVolumeClaim,
  ordinal: number,
): string => `${template.metadata.name}-${metadata.name}-${ordinal}`;

export interface Version {
  /** The name of its revision. */
  readonly revision: string;
  readonly template: PodTemplateSpec;
}

export function podOf(set: StatefulSet, ordinal: number, { revision, template }: Version): object {
  const name = podName(set, ordinal);
  const { metadata, spec } = podFor(set, template, StatefulSet);
  const labels = { ...template.metadata.labels, [revisionLabel]: revision };
  return {
    metadata: { ...metadata, name, labels: { ...labels, ...identityLabels(set, ordinal) } },
    spec: {
      ...spec,
      hostname: name,
      subdomain: set.spec.serviceName,
      volumes: volumesOf(set, ordinal, spec.volumes),
    },
  };
}

const identityLabels = (set: StatefulSet, ordinal: number): Readonly<Record<string, string>> => ({
  [nameLabel]: podName(set, ordinal),
  [indexLabel]: String(ordinal),
});

/** The claims take the place of volumes of the same name. */
function volumesOf(
  set: StatefulSet,
  ordinal: number,
  volumes: readonly Volume[] = [],
): readonly Volume[] {
  const claims = (set.spec.volumeClaimTemplates ?? []).map((template) => ({
    name: template.metadata.name ?? "",
    persistentVolumeClaim: { claimName: claimName(set, template, ordinal) },
  }));
  const others = volumes.filter(({ name }) => !claims.some((claim) => claim.name === name));
  return [...claims, ...others];
}

/** The pod with its identity and its storage put right; the pod itself when they are. */
export function mended(set: StatefulSet, pod: Pod): Pod {
  const ordinal = ordinalOf(pod);
  const { labels } = pod.metadata;
  const isNamed = labels?.[nameLabel] === pod.metadata.name;
  if (isNamed && hasStorage(set, pod)) return pod;
  return {
    ...pod,
    metadata: { ...pod.metadata, labels: { ...labels, ...identityLabels(set, ordinal) } },
    spec: hasStorage(set, pod)
      ? pod.spec
      : { ...pod.spec, volumes: volumesOf(set, ordinal, pod.spec.volumes) },
  };
}

const hasStorage = (set: StatefulSet, pod: Pod): boolean =>
  (set.spec.volumeClaimTemplates ?? []).every((template) => {
    const volume = pod.spec.volumes?.find(({ name }) => name === template.metadata.name);
    const wanted = claimName(set, template, ordinalOf(pod));
    return volume?.persistentVolumeClaim?.claimName === wanted;
  });
