/**
 * What a restarted kubelet reads back from the runtime: who a sandbox or container belongs to,
 * and what is needed to judge and stop it when its pod is gone.
 * upstream: pkg/kubelet/kuberuntime/labels.go
 */
import type { Container, ResourceRequirements } from "#api/core/container.ts";
import type { Pod } from "#api/core/pod.ts";
import type { LifecycleHandler } from "#api/core/probe.ts";
import { containerHash } from "../pod/pod-containers.ts";
import type { Labels } from "../runtime.ts";

const podName = "io.kubernetes.pod.name";
const podNamespace = "io.kubernetes.pod.namespace";
const podUid = "io.kubernetes.pod.uid";
const containerName = "io.kubernetes.container.name";

const hash = "io.kubernetes.container.hash";
const restartCount = "io.kubernetes.container.restartCount";
const messagePath = "io.kubernetes.container.terminationMessagePath";
const messagePolicy = "io.kubernetes.container.terminationMessagePolicy";
const preStop = "io.kubernetes.container.preStopHandler";
const resourcesMade = "k8ts.io/resources";
const ports = "io.kubernetes.container.ports";
const deletionGrace = "io.kubernetes.pod.deletionGracePeriod";
const terminationGrace = "io.kubernetes.pod.terminationGracePeriod";

export const ofPod = (uid: string): { readonly labels: Labels } => ({ labels: { [podUid]: uid } });

const ownerLabels = ({ metadata }: Pod): Labels => ({
  [podName]: metadata.name ?? "",
  [podNamespace]: metadata.namespace ?? "",
  [podUid]: metadata.uid ?? "",
});

export const sandboxLabels = (pod: Pod): Labels => ({
  ...pod.metadata.labels,
  ...ownerLabels(pod),
});

export const containerLabels = (pod: Pod, container: Container): Labels => ({
  ...ownerLabels(pod),
  [containerName]: container.name,
});

export function containerAnnotations(pod: Pod, container: Container, attempt: number): Labels {
  const { deletionGracePeriodSeconds } = pod.metadata;
  const { terminationGracePeriodSeconds } = pod.spec;
  const handler = container.lifecycle?.preStop;
  return {
    [hash]: containerHash(container),
    [restartCount]: String(attempt),
    [messagePath]: container.terminationMessagePath ?? "",
    [messagePolicy]: container.terminationMessagePolicy ?? "File",
    ...(deletionGracePeriodSeconds === undefined
      ? {}
      : { [deletionGrace]: String(deletionGracePeriodSeconds) }),
    ...(terminationGracePeriodSeconds === undefined
      ? {}
      : { [terminationGrace]: String(terminationGracePeriodSeconds) }),
    ...(handler ? { [preStop]: JSON.stringify(handler) } : {}),
    [resourcesMade]: JSON.stringify(container.resources),
    ...(container.ports?.length ? { [ports]: JSON.stringify(container.ports) } : {}),
  };
}

export interface Owner {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
}

/** Undefined for what no kubelet made. */
export function ownerOf(labels: Labels): Owner | undefined {
  const uid = labels[podUid];
  if (!uid) return undefined;
  return { name: labels[podName] ?? "", namespace: labels[podNamespace] ?? "", uid };
}

export const containerNameOf = (labels: Labels): string => labels[containerName] ?? "";

export interface ContainerNotes {
  readonly hash: string;
  readonly restartCount: number;
  readonly messagePath: string;
  readonly fallsBackToLogs: boolean;
  readonly preStop?: LifecycleHandler;
  /** What the pod allowed its containers to end. */
  readonly graceSeconds: number;
  /** What it was made with; absent when an older kubelet made it. */
  readonly resources?: ResourceRequirements;
}

export function notesOf(annotations: Labels): ContainerNotes {
  const handler = annotations[preStop];
  const made = annotations[resourcesMade];
  const grace = annotations[deletionGrace] ?? annotations[terminationGrace] ?? "30";
  return {
    hash: annotations[hash] ?? "",
    restartCount: Number(annotations[restartCount] ?? 0),
    messagePath: annotations[messagePath] ?? "",
    fallsBackToLogs: annotations[messagePolicy] === "FallbackToLogsOnError",
    ...(handler ? { preStop: JSON.parse(handler) as LifecycleHandler } : {}),
    graceSeconds: Number(grace),
    ...(made ? { resources: JSON.parse(made) as ResourceRequirements } : {}),
  };
}
