/** A pod's containers of all four sorts, and which of them run again after they ended. */
import { ruleForExit } from "#api/core/container-restarts.ts";
import type { Container } from "#api/core/container.ts";
import type { Pod } from "#api/core/pod.ts";
import { isSidecar } from "#api/core/resources.ts";
import { fnv32a } from "#base/hash.ts";
import type { ImageUse } from "./effects.ts";

export type ContainerSort = "init" | "sidecar" | "main" | "ephemeral";

export interface PodContainer {
  readonly container: Container;
  readonly sort: ContainerSort;
  /** Among those of the same list in the spec. */
  readonly index: number;
}

export const initContainersOf = (pod: Pod): readonly PodContainer[] =>
  (pod.spec.initContainers ?? []).map((container, index) => ({
    container,
    sort: isSidecar(container) ? "sidecar" : "init",
    index,
  }));

export const mainContainersOf = (pod: Pod): readonly PodContainer[] =>
  pod.spec.containers.map((container, index) => ({ container, sort: "main", index }));

export const ephemeralContainersOf = (pod: Pod): readonly PodContainer[] =>
  (pod.spec.ephemeralContainers ?? []).map((container, index) => ({
    container,
    sort: "ephemeral",
    index,
  }));

/** Of the pod that was asked about last: a step asks again and again. */
let last: { readonly spec: Pod["spec"]; readonly containers: readonly PodContainer[] } | undefined;

export function containersOf(pod: Pod): readonly PodContainer[] {
  if (last?.spec !== pod.spec) {
    const lists = [initContainersOf(pod), mainContainersOf(pod), ephemeralContainersOf(pod)];
    last = { spec: pod.spec, containers: lists.flat() };
  }
  return last.containers;
}

export const findContainer = (pod: Pod, name: string): PodContainer | undefined =>
  containersOf(pod).find(({ container }) => container.name === name);

/** As the pod calls it; undefined when it has no such container or volume. */
export const imageNameOf = (pod: Pod, use: ImageUse): string | undefined =>
  "volume" in use
    ? pod.spec.volumes?.find(({ name }) => name === use.volume)?.image?.reference
    : findContainer(pod, use.container)?.container.image;

/** How events point at a container. */
export function fieldPathOf({ container, sort }: PodContainer): string {
  const lists = {
    init: "initContainers",
    sidecar: "initContainers",
    main: "containers",
    ephemeral: "ephemeralContainers",
  } as const;
  return `spec.${lists[sort]}{${container.name}}`;
}

/** `web_default(uid)`, as messages name a pod. */
export const podText = ({ metadata }: Pod): string =>
  `${metadata.name}_${metadata.namespace}(${metadata.uid})`;

/** Changes when the container must be replaced to be what the spec says. */
export const containerHash = ({ name, image }: Container): string =>
  fnv32a(JSON.stringify([name, image])).toString(16);

/**
 * Whether a container that ended so is to run again.
 * upstream: pkg/api/v1/pod/util.go#ContainerShouldRestart
 */
export function runsAgain(
  pod: Pod,
  { container, sort }: PodContainer,
  exit: { readonly exitCode: number },
): boolean {
  if (sort === "sidecar") return true;
  if (sort === "ephemeral") return false;
  const policy = policyOf(pod, container, exit.exitCode);
  const hasFailed = exit.exitCode !== 0;
  // An init container that did its work is done, whatever the pod's policy.
  if (sort === "init") return hasFailed && policy !== "Never";
  return policy === "Always" || (policy === "OnFailure" && hasFailed);
}

function policyOf(pod: Pod, container: Container, exitCode: number): string {
  if (container.restartPolicy === undefined) return restartPolicyOf(pod);
  const rule = ruleForExit(container, exitCode);
  return rule?.action === "Restart" ? "Always" : container.restartPolicy;
}

export const restartPolicyOf = (pod: Pod): string => pod.spec.restartPolicy ?? "Always";
