/**
 * What the node tells about itself.
 * upstream: pkg/kubelet/nodestatus/setters.go
 */
import type { ContainerImage, NodeCondition, NodeStatus } from "#api/core/node.ts";
import { findCondition } from "#api/meta/conditions.ts";
import { formatTime } from "#base/clock.ts";
import { quantityOf, quantityOfMilli, quantityOfUnits } from "#base/quantity.ts";
import type { SignalName } from "../eviction/signals.ts";
import { type EvictionSettings, reservedOf } from "../eviction/thresholds.ts";
import type { MachineFacts } from "../ports.ts";
import type { Image, RuntimeStatus, RuntimeVersion } from "../runtime.ts";
import { allPressures, pressureAnswer, type Pressures } from "./pressures.ts";

export interface NodeStatusFacts {
  readonly machine: MachineFacts;
  readonly version: string;
  readonly port: number;
  readonly podsMax: number;
  readonly diskBytes: number;
  readonly runtimeVersion: RuntimeVersion;
  /** Undefined when the runtime does not answer. */
  readonly runtime: RuntimeStatus | undefined;
  readonly images: readonly Image[];
  /** Attached volumes that are not to be taken away. */
  readonly volumesInUse: readonly string[];
  readonly pressures: Pressures;
  readonly eviction: EvictionSettings;
  readonly before: NodeStatus | undefined;
  readonly atMs: number;
}

export function nodeStatus(facts: NodeStatusFacts): NodeStatus {
  const { machine, runtimeVersion, before } = facts;
  const { capacity, allocatable } = resourcesOf(facts);
  return {
    capacity,
    allocatable,
    conditions: conditionsOf(facts),
    addresses: [
      ...machine.addresses.map((address) => ({ type: "InternalIP", address })),
      { type: "Hostname", address: machine.hostname },
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: facts.port } },
    nodeInfo: {
      machineID: machine.machineId,
      systemUUID: machine.systemUuid,
      bootID: machine.bootId,
      kernelVersion: machine.kernelVersion,
      osImage: machine.osImage,
      containerRuntimeVersion: `${runtimeVersion.runtimeName}://${runtimeVersion.runtimeVersion}`,
      kubeletVersion: facts.version,
      kubeProxyVersion: "",
      operatingSystem: "linux",
      architecture: machine.architecture,
    },
    ...(facts.images.length > 0 ? { images: imagesOf(facts.images) } : {}),
    ...(facts.volumesInUse.length > 0 ? { volumesInUse: facts.volumesInUse } : {}),
    ...(before?.volumesAttached ? { volumesAttached: before.volumesAttached } : {}),
    ...handlersOf(facts.runtime),
    declaredFeatures,
  };
}

/** What is kept free for the system is not there for pods. */
function resourcesOf({ machine, podsMax, diskBytes, eviction }: NodeStatusFacts) {
  const reserved = (signal: SignalName, all: number): number =>
    reservedOf(eviction, signal, quantityOfUnits(all, "binary"));
  // As the server prints them, else every look at the node would find news.
  const bytes = (amount: number): string =>
    quantityOf(quantityOfUnits(Math.floor(amount), "binary").format()).format();
  const kibibytes = (amount: number): string => bytes(Math.floor(amount / 1_024) * 1_024);
  const cpu = quantityOfMilli(machine.cpus * 1_000, "decimal").format();
  // Sorted, as the server keeps them, for the same reason.
  const resources = (diskSize: string, memory: string) => ({
    cpu,
    "ephemeral-storage": diskSize,
    "hugepages-1Gi": "0",
    "hugepages-2Mi": "0",
    memory,
    pods: String(podsMax),
  });
  return {
    capacity: resources(kibibytes(diskBytes), kibibytes(machine.memoryBytes)),
    allocatable: resources(
      bytes(diskBytes - reserved("nodefs.available", diskBytes)),
      kibibytes(
        Math.max(machine.memoryBytes - reserved("memory.available", machine.memoryBytes), 0),
      ),
    ),
  };
}

/** exact: kubelet */
function conditionsOf(facts: NodeStatusFacts): readonly NodeCondition[] {
  const problem = readyProblem(facts.runtime);
  const wanted: readonly (readonly [
    type: string,
    status: string,
    reason: string,
    message: string,
  ])[] = [
    ...allPressures.map((type) => {
      const { reason, message } = pressureAnswer(type, facts.pressures);
      return [type, facts.pressures.has(type) ? "True" : "False", reason, message] as const;
    }),
    problem === undefined
      ? ["Ready", "True", "KubeletReady", "kubelet is posting ready status"]
      : ["Ready", "False", "KubeletNotReady", problem],
  ];
  const lastHeartbeatTime = formatTime(facts.atMs);
  const before = facts.before?.conditions ?? [];
  const own = wanted.map(([type, status, reason, message]) => {
    const old = findCondition(before, type);
    const lastTransitionTime = old?.status === status ? old.lastTransitionTime : lastHeartbeatTime;
    return { type, status, lastHeartbeatTime, lastTransitionTime, reason, message };
  });
  const names = new Set(own.map(({ type }) => type));
  return [...before.filter(({ type }) => !names.has(type)), ...own];
}

/** Why the node can run no pods; undefined when it can. */
export function readyProblem(runtime: RuntimeStatus | undefined): string | undefined {
  if (!runtime) return "container runtime is down";
  const unmet = ["RuntimeReady", "NetworkReady"].flatMap((type) => {
    const found = runtime.conditions.find((condition) => condition.type === type);
    if (found?.status) return [];
    const what = type === "RuntimeReady" ? "container runtime" : "container runtime network";
    const details = `${type}=false reason:${found?.reason ?? ""} message:${found?.message ?? ""}`;
    return [`${what} not ready: ${details}`];
  });
  return unmet.length === 0 ? undefined : unmet.join(", ");
}

const imagesMax = 50;
const namesMax = 5;

function imagesOf(images: readonly Image[]): readonly ContainerImage[] {
  return images
    .toSorted((a, b) => b.sizeBytes - a.sizeBytes)
    .slice(0, imagesMax)
    .map(({ repoDigests, repoTags, sizeBytes }) => ({
      names: [...repoDigests, ...repoTags].slice(0, namesMax),
      sizeBytes,
    }));
}

/** What pods may depend on, or be changed by, that not every kubelet of today does. Sorted. */
const declaredFeatures = [
  "InPlacePodLevelResourcesVerticalScaling",
  "InPlacePodVerticalScalingInitContainers",
];

function handlersOf(runtime: RuntimeStatus | undefined) {
  if (!runtime || runtime.handlers.length === 0) return {};
  return {
    runtimeHandlers: runtime.handlers.map(({ name, recursiveReadOnlyMounts, userNamespaces }) => ({
      name,
      features: { recursiveReadOnlyMounts, userNamespaces },
    })),
    features: { supplementalGroupsPolicy: runtime.supplementalGroupsPolicy },
  };
}

/** Equal but for the heartbeats: not worth a write. */
export function isSameNews(a: NodeStatus, b: NodeStatus): boolean {
  const still = (status: NodeStatus) => ({
    ...status,
    conditions: (status.conditions ?? []).map((condition) => ({
      ...condition,
      lastHeartbeatTime: null,
    })),
  });
  return JSON.stringify(still(a)) === JSON.stringify(still(b));
}
