/**
 * A container as the runtime wants it described.
 * upstream: pkg/kubelet/kuberuntime/kuberuntime_container.go#generateContainerConfig
 */
import type { Container } from "#api/core/container.ts";
import type { Pod } from "#api/core/pod.ts";
import type { ContainerConfig, Device, Mount } from "../runtime.ts";
import { expand } from "./expansion.ts";
import { containerAnnotations, containerLabels } from "./labels.ts";
import { containerResources, type Machine } from "./resources.ts";
import { containerSecurity, type ImageUser } from "./security.ts";

export interface ContainerFacts {
  readonly pod: Pod;
  readonly container: Container;
  readonly attempt: number;
  readonly imageRef: string;
  readonly imageUser: ImageUser;
  readonly environment: ReadonlyMap<string, string>;
  readonly mounts: readonly Mount[];
  readonly devices: readonly Device[];
  readonly machine: Machine;
  readonly seccompFolder: string;
  readonly targetId?: string;
}

export function containerConfig(facts: ContainerFacts): ContainerConfig {
  const { pod, container, attempt, environment, imageRef } = facts;
  const lookUp = (name: string): string | undefined => environment.get(name);
  const expanded = (texts: readonly string[] = []): string[] =>
    texts.map((text) => expand(text, lookUp));
  return {
    metadata: { name: container.name, attempt },
    image: { image: imageRef, userSpecifiedImage: container.image ?? "" },
    command: expanded(container.command),
    args: expanded(container.args),
    workingDir: container.workingDir ?? "",
    envs: [...environment].map(([key, value]) => ({ key, value })),
    mounts: facts.mounts,
    devices: facts.devices,
    labels: containerLabels(pod, container),
    annotations: containerAnnotations(pod, container, attempt),
    logPath: logPathOf(container.name, attempt),
    stdin: container.stdin ?? false,
    stdinOnce: container.stdinOnce ?? false,
    tty: container.tty ?? false,
    linux: {
      resources: containerResources(pod, container, facts.machine),
      securityContext: containerSecurity(facts),
    },
  };
}

/** Below the pod's folder of logs. */
export const logPathOf = (container: string, attempt: number): string =>
  `${container}/${attempt}.log`;
