/** Which pods use which claims. */
import type { PersistentVolumeClaim } from "#api/core/persistentvolumeclaim.ts";
import { isPodTerminal } from "#api/core/pod-conditions.ts";
import type { Pod } from "#api/core/pod.ts";
import type { Volume } from "#api/core/volume-sources.ts";
import type { Index } from "#client/cache.ts";
import { controllerOf } from "../runtime/ownership.ts";

/** The names of the claims behind a pod's volumes. */
export const claimNames = (pod: Pod): readonly string[] =>
  (pod.spec.volumes ?? []).flatMap((volume) => claimNameOf(pod, volume) ?? []);

/** The claim of an ephemeral volume is named after the pod and the volume. */
const claimNameOf = ({ metadata }: Pod, volume: Volume): string | undefined =>
  volume.ephemeral ? `${metadata.name}-${volume.name}` : volume.persistentVolumeClaim?.claimName;

export const byClaim: Index<Pod> = (pod) =>
  claimNames(pod).map((name) => `${pod.metadata.namespace}/${name}`);

/**
 * Before a pod has a node nobody starts it, and then nobody will: claims that are being deleted
 * are not mounted. upstream: pkg/controller/volume/pvcprotection#podUsesPVC
 */
export const uses = (pod: Pod, claim: PersistentVolumeClaim): boolean =>
  !!pod.spec.nodeName &&
  (pod.spec.volumes ?? []).some((volume) =>
    volume.ephemeral
      ? !isShutDown(pod) &&
        claimNameOf(pod, volume) === claim.metadata.name &&
        controllerOf(claim)?.uid === pod.metadata.uid
      : volume.persistentVolumeClaim?.claimName === claim.metadata.name,
  );

/** Its kubelet is done with it, and only a finalizer keeps it. */
const isShutDown = (pod: Pod): boolean =>
  isPodTerminal(pod) ||
  (pod.metadata.deletionTimestamp !== undefined && pod.metadata.deletionGracePeriodSeconds === 0);
