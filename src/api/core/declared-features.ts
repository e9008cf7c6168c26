/**
 * What a pod needs of its node's kubelet that not every kubelet of today can do: those that can say so in
 * `status.declaredFeatures`. Names are those of the features.
 * upstream: staging/src/k8s.io/component-helpers/nodedeclaredfeatures/features
 * differs: that the CPU of a guaranteed pod can be changed (GuaranteedQoSPodCPUResize) is expected of every node; only
 * kubelets that give pods CPUs of their own cannot do it.
 */
import { equal } from "#schema/copy.ts";
import { mayRestartAll } from "./container-restarts.ts";
import type { Container } from "./container.ts";
import type { PodSpec } from "./pod-spec.ts";

/** To run there. In alphabetical order. */
export const featuresToRun = (spec: PodSpec): readonly string[] =>
  mayRestartAll(spec) ? ["RestartAllContainersOnContainerExits"] : [];

/** To be changed in that way while it runs. In alphabetical order. */
export function featuresToChange(before: PodSpec, after: PodSpec): readonly string[] {
  const features: string[] = [];
  if (!equal(before.resources, after.resources))
    features.push("InPlacePodLevelResourcesVerticalScaling");
  const isOther = ({ restartPolicy, resources }: Container, at: number): boolean =>
    restartPolicy !== "Always" && !equal(resources, after.initContainers?.[at]?.resources);
  if (before.initContainers?.some(isOther))
    features.push("InPlacePodVerticalScalingInitContainers");
  return features;
}
