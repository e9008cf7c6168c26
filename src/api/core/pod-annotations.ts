/** Annotations that mean something to the API itself. */
import type { ObjectMeta } from "#api/meta/object-meta.ts";
import type { Draft } from "#schema/struct.ts";

/** Where init containers stood before they had fields; nobody may smuggle them in that way. */
const retired = ["pod.beta", "pod.alpha"].flatMap((stage) => [
  `${stage}.kubernetes.io/init-containers`,
  `${stage}.kubernetes.io/init-container-statuses`,
]);

export function dropInitContainerAnnotations(metadata: Draft<ObjectMeta>): void {
  const { annotations } = metadata;
  if (!annotations) return;
  const dropped = retired.filter((name) => annotations[name] !== undefined);
  for (const name of dropped) delete annotations[name];
  if (dropped.length > 0 && Object.keys(annotations).length === 0) delete metadata.annotations;
}

export const appArmorPrefix = "container.apparmor.security.beta.kubernetes.io/";
export const seccompPodAnnotation = "seccomp.security.alpha.kubernetes.io/pod";
export const seccompContainerPrefix = "container.seccomp.security.alpha.kubernetes.io/";
export const deletionCostAnnotation = "controller.kubernetes.io/pod-deletion-cost";
