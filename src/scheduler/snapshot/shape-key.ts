/**
 * The fields of a pod's spec that decide where it can run, as one text. Pods with the same text are
 * of one shape. A plugin whose answers are remembered per shape may look at no other field.
 */
import type { Container } from "#api/core/container.ts";
import type { PodSpec } from "#api/core/pod-spec.ts";
import type { Volume } from "#api/core/volume-sources.ts";

export const shapeKeyOf = (spec: PodSpec): string =>
  JSON.stringify([
    spec.schedulerName,
    spec.nodeName,
    spec.nodeSelector,
    spec.affinity,
    spec.tolerations,
    spec.topologySpreadConstraints,
    spec.priority,
    spec.preemptionPolicy,
    spec.runtimeClassName,
    spec.os,
    spec.hostNetwork,
    spec.overhead,
    spec.resources,
    spec.resourceClaims,
    spec.schedulingGroup,
    spec.containers.map(partsOf),
    spec.initContainers?.map(partsOf),
    spec.volumes?.flatMap(sourceOf),
  ]);

const partsOf = ({
  image,
  resources,
  ports,
  restartPolicy,
  restartPolicyRules,
}: Container): unknown => [
  image,
  resources,
  ports?.flatMap(({ hostPort = 0, hostIP, protocol }) =>
    hostPort > 0 ? [hostPort, hostIP, protocol] : [],
  ),
  restartPolicy,
  restartPolicyRules,
];

/** Volumes that every node can make are left out; their generated names would tell pods apart. */
const everywhere: ReadonlySet<string> = new Set([
  "configMap",
  "secret",
  "projected",
  "downwardAPI",
  "emptyDir",
  "hostPath",
]);

function sourceOf(volume: Volume): unknown[] {
  const { name, ...source } = volume;
  if (Object.keys(source).every((type) => everywhere.has(type))) return [];
  // The claim of an ephemeral volume is named after the volume.
  return source.ephemeral ? [name, source] : [source];
}
