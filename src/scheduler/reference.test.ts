/**
 * A slow, obvious scheduler beside the fast one: every filter and every score written down as
 * plainly as possible, over plain lists of nodes and pods. Random clusters that keep changing must
 * get the same verdicts, the same scores and the same choice from both.
 */
import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import type { PodAffinityTerm, TopologySpreadConstraint } from "#api/core/affinity.ts";
import { isSelectedBy, nodePreference } from "#api/core/node-affinity.ts";
import type { Node } from "#api/core/node.ts";
import { PersistentVolume } from "#api/core/persistentvolume.ts";
import { PersistentVolumeClaim } from "#api/core/persistentvolumeclaim.ts";
import type { Pod } from "#api/core/pod.ts";
import { type Amounts, amountsOf, countOf, podRequests } from "#api/core/resources.ts";
import { Service } from "#api/core/service.ts";
import { findUntoleratedTaint, isTolerated } from "#api/core/taints.ts";
import type { LabelSelector } from "#api/meta/label-selector.ts";
import { labelSelectorOf } from "#api/selectors.ts";
import { CSINode } from "#api/storage/csinode.ts";
import { below, chance, pick, type Random, seededRandom } from "#base/random.ts";
import { VirtualClock } from "#sim/clock.ts";
import { Decider } from "./cycle/decide.ts";
import { Framework } from "./cycle/framework.ts";
import { Trace } from "./cycle/trace.ts";
import { definePlugin } from "./plugin.ts";
import { Examiner } from "./plugins/testing.ts";
import { defaultPlugins, defaultWeights } from "./profile.ts";
import {
  nodeOf,
  place,
  podOf,
  type TestObjects,
  type TestSnapshot,
  snapshotOf,
} from "./snapshot/testing.ts";

// The reference.

interface World {
  readonly nodes: readonly Node[];
  /** All with a node. */
  readonly pods: readonly Pod[];
  readonly services: readonly Service[];
  /** Labels of the volumes; each has the name of its claim behind that of the namespace. */
  readonly volumes: ReadonlyMap<string, Readonly<Record<string, string>>>;
  /** How many volumes a node takes. */
  readonly limits: ReadonlyMap<string, number>;
}

const volumesOf = (pod: Pod): readonly string[] =>
  (pod.spec.volumes ?? []).flatMap(({ persistentVolumeClaim }) =>
    persistentVolumeClaim ? [`${pod.metadata.namespace}-${persistentVolumeClaim.claimName}`] : [],
  );

const labelsOf = (object: Node | Pod): Readonly<Record<string, string>> =>
  object.metadata.labels ?? {};
const nameOf = (object: Node | Pod): string => object.metadata.name ?? "";
const podsOn = ({ pods }: World, node: Node): readonly Pod[] =>
  pods.filter(({ spec }) => spec.nodeName === nameOf(node));
const nodeUnder = ({ nodes }: World, pod: Pod): Node | undefined =>
  nodes.find((node) => nameOf(node) === pod.spec.nodeName);

const amount = (amounts: Amounts, name: string): number => {
  const quantity = amounts.get(name);
  return quantity ? countOf(name, quantity) : 0;
};
const capacity = (node: Node, name: string): number =>
  amount(amountsOf(node.status.allocatable), name);
const asked = (pod: Pod, name: string): number => amount(podRequests(pod), name);
const used = (world: World, node: Node, name: string): number =>
  podsOn(world, node).reduce((sum, pod) => sum + asked(pod, name), 0);

const restartsAll = {
  container: { restartPolicy: "Never", restartPolicyRules: [{ action: "RestartAllContainers" }] },
  feature: "RestartAllContainersOnContainerExits",
};

type Verdicts = (pod: Pod, node: Node, world: World) => readonly string[];

const filters: Readonly<Record<string, Verdicts>> = {
  NodeUnschedulable: (pod, node) =>
    node.spec.unschedulable &&
    !isTolerated(
      { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" },
      pod.spec.tolerations,
    )
      ? ["node(s) were unschedulable!"]
      : [],

  TaintToleration: (pod, node) =>
    findUntoleratedTaint(node.spec.taints, pod.spec.tolerations)
      ? ["node(s) had untolerated taint(s)!"]
      : [],

  NodeAffinity: (pod, node) =>
    isSelectedBy(node, pod.spec) ? [] : ["node(s) didn't match Pod's node affinity/selector!"],

  NodePorts(pod, node, world) {
    const ports = (of: Pod) =>
      of.spec.containers.flatMap((container) =>
        (container.ports ?? []).filter(({ hostPort = 0 }) => hostPort > 0),
      );
    const isAny = (ip: string | undefined): boolean => !ip || ip === "0.0.0.0";
    const clash = podsOn(world, node)
      .flatMap(ports)
      .some((taken) =>
        ports(pod).some(
          (wanted) =>
            wanted.hostPort === taken.hostPort &&
            wanted.protocol === taken.protocol &&
            (isAny(wanted.hostIP) || isAny(taken.hostIP) || wanted.hostIP === taken.hostIP),
        ),
      );
    return clash ? ["node(s) didn't have free ports for the requested pod ports"] : [];
  },

  NodeResourcesFit(pod, node, world) {
    const short: string[] = [];
    if (podsOn(world, node).length + 1 > capacity(node, "pods")) short.push("Too many pods");
    let isHopeless = false;
    for (const name of ["cpu", "memory", "ephemeral-storage", "example.com/gpu"]) {
      const wanted = asked(pod, name);
      if (wanted === 0 || wanted <= capacity(node, name) - used(world, node, name)) continue;
      short.push(`Insufficient ${name}`);
      if (wanted > capacity(node, name)) isHopeless = true;
    }
    return short.length > 0 ? [`${short.join("; ")}${isHopeless ? "!" : ""}`] : [];
  },

  NodeDeclaredFeatures: ({ spec }, { status }) =>
    spec.containers.some(({ restartPolicyRules = [] }) => restartPolicyRules.length > 0) &&
    !status.declaredFeatures?.includes(restartsAll.feature)
      ? ["node(s) didn't match Pod's required features!"]
      : [],

  NodeVolumeLimits(pod, node, world) {
    const there = new Set(podsOn(world, node).flatMap(volumesOf));
    const all = there.union(new Set(volumesOf(pod)));
    const limit = world.limits.get(nameOf(node));
    const isMore = all.size > there.size;
    return limit !== undefined && isMore && all.size > limit
      ? ["node(s) exceed max volume count"]
      : [];
  },

  VolumeZone(pod, node, world) {
    const here = labelsOf(node)[zone];
    if (here === undefined) return [];
    const isElsewhere = volumesOf(pod).some((volume) => {
      const zones = world.volumes.get(volume)?.[zone]?.split("__");
      return zones !== undefined && !zones.includes(here);
    });
    return isElsewhere ? ["node(s) had no available volume zone!"] : [];
  },

  PodTopologySpread(pod, node, world) {
    const constraints = ownConstraints(pod, "DoNotSchedule");
    for (const constraint of constraints) {
      const value = labelsOf(node)[constraint.topologyKey];
      if (value === undefined)
        return ["node(s) didn't match pod topology spread constraints (missing required label)!"];
      const counts = countsByDomain(pod, constraint, world);
      const tooFew = counts.size < (constraint.minDomains ?? 1);
      const least = tooFew ? 0 : Math.min(...counts.values());
      const self = selects(constraint.labelSelector, pod) ? 1 : 0;
      if ((counts.get(value) ?? 0) + self - least > constraint.maxSkew)
        return ["node(s) didn't match pod topology spread constraints"];
    }
    return [];
  },

  InterPodAffinity(pod, node, world) {
    const needs = requiredTerms(pod, "podAffinity");
    const meetsAll = (other: Pod): boolean => needs.every((term) => means(term, pod, other));
    const isNear = (other: Pod, { topologyKey }: PodAffinityTerm): boolean => {
      const under = nodeUnder(world, other);
      const value = labelsOf(node)[topologyKey];
      return under !== undefined && value !== undefined && labelsOf(under)[topologyKey] === value;
    };
    const hasLabels = needs.every(({ topologyKey }) => topologyKey in labelsOf(node));
    const isMet = needs.every((term) =>
      world.pods.some((other) => meetsAll(other) && isNear(other, term)),
    );
    const isFirst =
      meetsAll(pod) &&
      !world.pods.some(
        (other) =>
          meetsAll(other) &&
          needs.some(({ topologyKey }) => {
            const under = nodeUnder(world, other);
            return under && topologyKey in labelsOf(under);
          }),
      );
    if (needs.length > 0 && !(hasLabels && (isMet || isFirst)))
      return ["node(s) didn't match pod affinity rules!"];
    const avoids = requiredTerms(pod, "podAntiAffinity");
    if (avoids.some((term) => world.pods.some((o) => means(term, pod, o) && isNear(o, term))))
      return ["node(s) didn't match pod anti-affinity rules"];
    const isAvoided = world.pods.some((other) =>
      requiredTerms(other, "podAntiAffinity").some(
        (term) => means(term, other, pod) && isNear(other, term),
      ),
    );
    return isAvoided ? ["node(s) didn't satisfy existing pods anti-affinity rules"] : [];
  },
};

/** Over the nodes that take part in all of the pod's constraints. */
function countsByDomain(
  pod: Pod,
  constraint: TopologySpreadConstraint,
  world: World,
): ReadonlyMap<string, number> {
  const constraints = ownConstraints(pod, "DoNotSchedule");
  const counts = new Map<string, number>();
  for (const node of world.nodes) {
    if (!constraints.every(({ topologyKey }) => topologyKey in labelsOf(node))) continue;
    if (!isIncluded(constraint, pod, node)) continue;
    const domain = labelsOf(node)[constraint.topologyKey] ?? "";
    counts.set(domain, (counts.get(domain) ?? 0) + alikeOn(world, node, { pod, constraint }));
  }
  return counts;
}

const ownConstraints = (
  pod: Pod,
  which: TopologySpreadConstraint["whenUnsatisfiable"],
): readonly TopologySpreadConstraint[] =>
  (pod.spec.topologySpreadConstraints ?? []).filter((one) => one.whenUnsatisfiable === which);

const selects = (selector: LabelSelector | undefined, pod: Pod): boolean =>
  labelSelectorOf(selector).matches(pod.metadata.labels);

const isIncluded = (constraint: TopologySpreadConstraint, pod: Pod, node: Node): boolean =>
  (constraint.nodeAffinityPolicy === "Ignore" || isSelectedBy(node, pod.spec)) &&
  (constraint.nodeTaintsPolicy !== "Honor" ||
    findUntoleratedTaint(node.spec.taints, pod.spec.tolerations) === undefined);

const alikeOn = (
  world: World,
  node: Node,
  { pod, constraint }: { pod: Pod; constraint: Pick<TopologySpreadConstraint, "labelSelector"> },
): number =>
  podsOn(world, node).filter(
    (other) =>
      !other.metadata.deletionTimestamp &&
      other.metadata.namespace === pod.metadata.namespace &&
      selects(constraint.labelSelector, other),
  ).length;

const requiredTerms = (
  pod: Pod,
  which: "podAffinity" | "podAntiAffinity",
): readonly PodAffinityTerm[] =>
  pod.spec.affinity?.[which]?.requiredDuringSchedulingIgnoredDuringExecution ?? [];

const means = (term: PodAffinityTerm, owner: Pod, other: Pod): boolean => {
  const { namespaces = [], namespaceSelector } = term;
  const isEvery = namespaceSelector !== undefined; // The test only uses the empty one.
  const named = namespaces.length > 0 || isEvery ? namespaces : [owner.metadata.namespace ?? ""];
  return (
    (isEvery || named.includes(other.metadata.namespace ?? "")) &&
    selects(term.labelSelector, other)
  );
};

/** The raw score of each node that will do, and how it is brought between 0 and 100. */
type Scores = (pod: Pod, nodes: readonly Node[], world: World) => readonly number[];

const most = (scores: readonly number[]): number => Math.max(0, ...scores);

const scores: Readonly<Record<string, Scores>> = {
  TaintToleration(pod, nodes) {
    const disliked = nodes.map(
      ({ spec }) =>
        (spec.taints ?? []).filter(
          (taint) =>
            taint.effect === "PreferNoSchedule" && !isTolerated(taint, pod.spec.tolerations),
        ).length,
    );
    const max = most(disliked);
    return disliked.map((n) => (max === 0 ? 100 : 100 - Math.floor((100 * n) / max)));
  },

  NodeAffinity(pod, nodes) {
    const weights = nodes.map((node) => nodePreference(pod.spec.affinity, node));
    const max = most(weights);
    return weights.map((n) => (max === 0 ? 0 : Math.floor((100 * n) / max)));
  },

  NodeResourcesFit: (pod, nodes, world) =>
    nodes.map((node) => {
      const parts = ["cpu", "memory"].map((name) => {
        const total = capacity(node, name);
        const sum = [...podsOn(world, node), pod].reduce((n, one) => n + presumed(one, name), 0);
        return sum > total ? 0 : Math.floor(((total - sum) * 100) / total);
      });
      return Math.floor(((parts[0] ?? 0) + (parts[1] ?? 0)) / 2);
    }),

  NodeResourcesBalancedAllocation: (pod, nodes, world) =>
    nodes.map((node) => {
      if (asked(pod, "cpu") + asked(pod, "memory") === 0) return 0;
      const fraction = (name: string): number =>
        Math.min((used(world, node, name) + asked(pod, name)) / capacity(node, name), 1);
      return Math.floor((1 - Math.abs(fraction("cpu") - fraction("memory")) / 2) * 100);
    }),

  ImageLocality(pod, nodes, world) {
    const mebibyte = 1_024 * 1_024;
    const having = (image: string) =>
      world.nodes.filter(({ status }) => status.images?.some(({ names }) => names.includes(image)));
    return nodes.map((node) => {
      const sum = pod.spec.containers.reduce((n, { image = "" }) => {
        const found = node.status.images?.find(({ names }) => names.includes(image));
        const share = having(image).length / world.nodes.length;
        return n + (found ? Math.floor((found.sizeBytes ?? 0) * share) : 0);
      }, 0);
      const low = 23 * mebibyte;
      const high = 1_000 * mebibyte * pod.spec.containers.length;
      return Math.floor((100 * (Math.min(Math.max(sum, low), high) - low)) / (high - low));
    });
  },

  PodTopologySpread(pod, nodes, world) {
    const own = ownConstraints(pod, "ScheduleAnyway");
    const isOwn = (pod.spec.topologySpreadConstraints ?? []).length > 0;
    const constraints = isOwn ? own : serviceConstraints(pod, world);
    if (constraints.length === 0) return nodes.map(() => 0);
    const isIgnored = (node: Node): boolean =>
      isOwn && !constraints.every(({ topologyKey }) => topologyKey in labelsOf(node));
    const scored = nodes.filter((node) => !isIgnored(node));
    const raw = nodes.map((node) => {
      if (isIgnored(node)) return 0;
      let score = 0;
      for (const constraint of constraints) {
        const { topologyKey, maxSkew } = constraint;
        const value = labelsOf(node)[topologyKey];
        if (value === undefined) continue;
        const isHost = topologyKey === "kubernetes.io/hostname";
        const counted = world.nodes.filter(
          (other) =>
            labelsOf(other)[topologyKey] === value &&
            !isIgnored(other) &&
            isIncluded(constraint, pod, other),
        );
        const count = (isHost ? [node] : counted).reduce(
          (n, other) => n + alikeOn(world, other, { pod, constraint }),
          0,
        );
        const values = new Set(scored.map((other) => labelsOf(other)[topologyKey]));
        const size = isHost ? scored.length : values.size;
        score += count * Math.log(size + 2) + maxSkew - 1;
      }
      return Math.round(score);
    });
    const counted = raw.filter((_, i) => !isIgnored(nodes[i]!));
    const [low, high] = [Math.min(...counted), most(counted)];
    return raw.map((score, i) => {
      if (isIgnored(nodes[i]!)) return 0;
      return high === 0 ? 100 : Math.floor((100 * (high + low - score)) / high);
    });
  },

  InterPodAffinity(pod, nodes, world) {
    const raw = nodes.map((node) => {
      let sum = 0;
      const isNear = (other: Pod, { topologyKey }: PodAffinityTerm): boolean => {
        const under = nodeUnder(world, other);
        const value = labelsOf(node)[topologyKey];
        return under !== undefined && value !== undefined && labelsOf(under)[topologyKey] === value;
      };
      for (const other of world.pods) {
        for (const { weight, term } of weighted(pod))
          if (means(term, pod, other) && isNear(other, term)) sum += weight;
        for (const { weight, term } of weighted(other))
          if (means(term, other, pod) && isNear(other, term)) sum += weight;
        for (const term of requiredTerms(other, "podAffinity"))
          if (means(term, other, pod) && isNear(other, term)) sum += 1;
      }
      return sum;
    });
    const [low, high] = [Math.min(...raw), Math.max(...raw)];
    return raw.map((n) => (high > low ? Math.floor((100 * (n - low)) / (high - low)) : 0));
  },
};

const weighted = (pod: Pod) => {
  const { podAffinity, podAntiAffinity } = pod.spec.affinity ?? {};
  const of = (affinity: typeof podAffinity | typeof podAntiAffinity, sign: number) =>
    (affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(
      ({ weight, podAffinityTerm }) => ({ weight: sign * weight, term: podAffinityTerm }),
    );
  return [...of(podAffinity, 1), ...of(podAntiAffinity, -1)];
};

/** Containers that ask for nothing count as 100m and 200Mi. */
const presumed = (pod: Pod, name: string): number =>
  pod.spec.containers.reduce((sum, { resources }) => {
    const own = amount(amountsOf(resources.requests), name);
    return sum + (own || (name === "cpu" ? 100 : 200 * 1_024 * 1_024));
  }, 0);

const serviceConstraints = (pod: Pod, { services }: World): TopologySpreadConstraint[] => {
  const matchLabels = Object.assign(
    {},
    ...services
      .filter(
        ({ metadata, spec }) =>
          metadata.namespace === pod.metadata.namespace &&
          selects({ matchLabels: spec.selector ?? {} }, pod),
      )
      .map(({ spec }) => spec.selector),
  );
  if (Object.keys(matchLabels).length === 0) return [];
  const labelSelector = { matchLabels };
  return [
    {
      topologyKey: "kubernetes.io/hostname",
      maxSkew: 3,
      whenUnsatisfiable: "ScheduleAnyway",
      labelSelector,
    },
    {
      topologyKey: "topology.kubernetes.io/zone",
      maxSkew: 5,
      whenUnsatisfiable: "ScheduleAnyway",
      labelSelector,
    },
  ];
};

// Random clusters.

const driver = "disk.example.com";
const zone = "topology.kubernetes.io/zone";
const host = "kubernetes.io/hostname";
const apps = ["web", "db", "job"] as const;
const namespaces = ["default", "blue"] as const;

const sometimes = <T extends object>(random: Random, share: number, make: () => T): T | object =>
  chance(random, share) ? make() : {};

function randomNode(random: Random, name: string): Node {
  const labels = {
    ...sometimes(random, 0.9, () => ({ [host]: name })),
    ...sometimes(random, 0.8, () => ({ [zone]: pick(random, ["x", "y", "z"]) })),
    ...sometimes(random, 0.5, () => ({ disk: pick(random, ["ssd", "hdd"]) })),
  };
  const taint = () => ({
    key: pick(random, ["a", "b"]),
    effect: pick(random, ["NoSchedule", "PreferNoSchedule", "PreferNoSchedule"]),
  });
  return nodeOf(name, {
    labels,
    allocatable: {
      cpu: pick(random, ["2", "4", "8"]),
      memory: pick(random, ["4Gi", "8Gi"]),
      pods: pick(random, ["3", "6", "20"]),
      ...sometimes(random, 0.3, () => ({ "example.com/gpu": "2" })),
    },
    ...sometimes(random, 0.3, () => ({ taints: [taint()] })),
    ...sometimes(random, 0.1, () => ({ unschedulable: true })),
    ...sometimes(random, 0.5, () => ({
      images: [{ names: [pick(random, ["main:1", "other:1"])], sizeBytes: 400_000_000 }],
    })),
    ...sometimes(random, 0.5, () => ({ declaredFeatures: [restartsAll.feature] })),
  });
}

const randomTerm = (random: Random) => ({
  topologyKey: pick(random, [zone, host]),
  labelSelector: { matchLabels: { app: pick(random, apps) } },
  ...sometimes(random, 0.2, () => ({ namespaceSelector: {} })),
  ...sometimes(random, 0.2, () => ({ namespaces: [pick(random, namespaces)] })),
});

const randomAffinity = (random: Random) => {
  const required = () => ({
    requiredDuringSchedulingIgnoredDuringExecution: [randomTerm(random)],
  });
  const preferred = () => ({
    preferredDuringSchedulingIgnoredDuringExecution: [
      { weight: 1 + below(random, 10), podAffinityTerm: randomTerm(random) },
    ],
  });
  return {
    ...sometimes(random, 0.3, () => ({
      podAffinity: {
        ...sometimes(random, 0.3, required),
        ...sometimes(random, 0.5, preferred),
      },
    })),
    ...sometimes(random, 0.3, () => ({
      podAntiAffinity: {
        ...sometimes(random, 0.3, required),
        ...sometimes(random, 0.5, preferred),
      },
    })),
    ...sometimes(random, 0.2, () => ({
      nodeAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          {
            weight: 5,
            preference: { matchExpressions: [{ key: "disk", operator: "In", values: ["ssd"] }] },
          },
        ],
        ...sometimes(random, 0.3, () => ({
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [
              { matchExpressions: [{ key: zone, operator: "NotIn", values: ["z"] }] },
            ],
          },
        })),
      },
    })),
  };
};

const randomSpread = (random: Random) => ({
  topologySpreadConstraints: [
    {
      maxSkew: 1 + below(random, 2),
      topologyKey: pick(random, [zone, host]),
      whenUnsatisfiable: pick(random, ["DoNotSchedule", "ScheduleAnyway"]),
      labelSelector: { matchLabels: { app: pick(random, apps) } },
      ...sometimes(random, 0.3, () => ({ nodeTaintsPolicy: "Honor" })),
      ...sometimes(random, 0.3, () => ({ nodeAffinityPolicy: "Ignore" })),
    },
  ],
});

/** A few templates, so that shapes come again. */
const randomTemplate = (random: Random) => ({
  namespace: pick(random, namespaces),
  labels: { app: pick(random, apps) },
  ...sometimes(random, 0.8, () => ({
    requests: {
      ...sometimes(random, 0.8, () => ({ cpu: pick(random, ["100m", "500m", "3"]) })),
      ...sometimes(random, 0.8, () => ({ memory: pick(random, ["128Mi", "1Gi"]) })),
      ...sometimes(random, 0.1, () => ({ "example.com/gpu": "1" })),
    },
  })),
  ...sometimes(random, 0.1, () => ({
    container: { ports: [{ containerPort: 80, hostPort: 80 + below(random, 2) }] },
  })),
  ...sometimes(random, 0.1, () => ({ container: restartsAll.container })),
  spec: {
    ...sometimes(random, 0.5, () => ({ affinity: randomAffinity(random) })),
    ...sometimes(random, 0.3, () => randomSpread(random)),
    ...sometimes(random, 0.2, () => ({ nodeSelector: { disk: "ssd" } })),
    ...sometimes(random, 0.3, () => ({ tolerations: [{ key: "a", operator: "Exists" }] })),
    ...sometimes(random, 0.3, () => ({
      volumes: [below(random, 2), 2 + below(random, 2)].map((i) => ({
        name: `v${i}`,
        persistentVolumeClaim: { claimName: `v${i}` },
      })),
    })),
  },
});

/** The same changes for both schedulers. */
class Cluster {
  readonly snapshot: TestSnapshot["snapshot"];
  readonly #objects: TestObjects;
  readonly #random: Random;
  readonly #nodes = new Map<string, Node>();
  readonly #pods = new Map<string, Pod>();
  readonly #volumes = new Map<string, Readonly<Record<string, string>>>();
  readonly #limits = new Map<string, number>();
  readonly #templates: readonly ReturnType<typeof randomTemplate>[];
  #count = 0;

  constructor(random: Random) {
    this.#random = random;
    const { snapshot, objects } = snapshotOf([]);
    this.snapshot = snapshot;
    this.#objects = objects;
    this.#templates = Array.from({ length: 6 }, () => randomTemplate(random));
    for (const namespace of namespaces)
      for (let i = 0; i < 4; i++) this.#putVolume(namespace, `v${i}`);
    for (let i = 0; i < 3 + below(random, 9); i++) this.#setNode(`n${i}`);
    if (chance(random, 0.5))
      objects.put(Service, {
        metadata: { name: "web", namespace: "default" },
        spec: { selector: { app: "web" }, ports: [{ port: 80 }] },
      });
  }

  get world(): World {
    // In the order in which the fast one looks at them.
    const nodes = this.snapshot.nodes.map(({ name }) => this.#nodes.get(name)!);
    const [volumes, limits] = [this.#volumes, this.#limits];
    const services = this.#objects.list(Service);
    return { nodes, pods: [...this.#pods.values()], services, volumes, limits };
  }

  newPod(): Pod {
    const template = this.#templates[below(this.#random, this.#templates.length)];
    return podOf(`p${++this.#count}`, template);
  }

  bind(pod: Pod, node: string): void {
    const bound = { ...pod, spec: { ...pod.spec, nodeName: node } };
    this.#pods.set(pod.metadata.uid ?? "", bound);
    place(this.snapshot, bound);
  }

  change(): void {
    const random = this.#random;
    const pods = [...this.#pods.values()];
    const names = [...this.#nodes.keys()];
    const pod = pods[below(random, pods.length)];
    const name = names[below(random, names.length)] ?? "n0";
    const dice = random.next();
    if (dice < 0.3 && pod) this.#remove(pod);
    else if (dice < 0.4 && pod) this.#relabel(pod);
    else if (dice < 0.5 && pod) this.#terminate(pod);
    else if (dice < 0.65) this.#setNode(name);
    else if (dice < 0.7 && names.length > 2) this.#removeNode(name);
    else if (dice < 0.75) this.#setNode(`n${20 + below(random, 5)}`);
  }

  #putVolume(namespace: string, name: string): void {
    const random = this.#random;
    const volume = `${namespace}-${name}`;
    const labels = sometimes(random, 0.5, () => ({ [zone]: pick(random, ["x", "y__z"]) }));
    this.#volumes.set(volume, labels as Readonly<Record<string, string>>);
    const spec = { accessModes: ["ReadWriteMany"] };
    this.#objects.put(PersistentVolume, {
      metadata: { name: volume, labels },
      spec: { ...spec, capacity: { storage: "1Gi" }, csi: { driver, volumeHandle: volume } },
    });
    const annotations = { "pv.kubernetes.io/bind-completed": "yes" };
    this.#objects.put(PersistentVolumeClaim, {
      metadata: { name, namespace, annotations },
      spec: { ...spec, resources: { requests: { storage: "1Gi" } }, volumeName: volume },
    });
  }

  #setLimit(name: string): void {
    const count = below(this.#random, 4);
    this.#limits.set(name, count);
    const onNode = { name: driver, nodeID: name, topologyKeys: [], allocatable: { count } };
    this.#objects.put(CSINode, { metadata: { name }, spec: { drivers: [onNode] } });
    this.snapshot.objectsChanged(false);
  }

  #setNode(name: string): void {
    if (chance(this.#random, 0.4)) this.#setLimit(name);
    const node = randomNode(this.#random, name);
    this.#nodes.set(name, node);
    this.snapshot.setNode(node);
  }

  /** Its pods stay, as they do until they are collected. */
  #removeNode(name: string): void {
    this.#nodes.delete(name);
    this.snapshot.removeNode(name);
  }

  #remove({ metadata: { uid = "" } }: Pod): void {
    this.#pods.delete(uid);
    this.snapshot.remove(uid);
  }

  #relabel(pod: Pod): void {
    this.#replace({
      ...pod,
      metadata: { ...pod.metadata, labels: { app: pick(this.#random, apps) } },
    });
  }

  #terminate(pod: Pod): void {
    const deletionTimestamp = "2030-01-01T00:00:00Z";
    this.#replace({ ...pod, metadata: { ...pod.metadata, deletionTimestamp } });
  }

  #replace(pod: Pod): void {
    this.#pods.set(pod.metadata.uid ?? "", pod);
    place(this.snapshot, pod);
  }
}

const weightOf = (name: string): number =>
  (defaultWeights as Readonly<Record<string, number>>)[name] ?? 1;

function expectedVerdict(pod: Pod, node: Node, world: World): string {
  for (const filter of Object.values(filters)) {
    const [reason] = filter(pod, node, world);
    if (reason) return reason;
  }
  return "fine";
}

const byName = (nodes: readonly Node[], values: readonly (number | string)[]): object =>
  Object.fromEntries(nodes.map((node, i) => [nameOf(node), values[i]]));

const clock = new VirtualClock();

/** Hands out the nodes that a decision chose from. */
function spyOn(seen: { feasible: readonly string[] }) {
  return definePlugin({
    name: "Spy",
    dependsOn: "cluster",
    preScore(_pod, _cluster, feasible) {
      seen.feasible = feasible.map(({ name }) => name);
      return undefined;
    },
    score: () => 0,
  });
}

function compare(seed: number): { decisions: number; refusals: number; choices: number } {
  const random = seededRandom(seed);
  const cluster = new Cluster(random);
  const { snapshot } = cluster;
  const seen = { feasible: [] as readonly string[] };
  const framework = new Framework({
    schedulerName: "default-scheduler",
    plugins: [...defaultPlugins, spyOn(seen)],
    weights: defaultWeights,
    percentageOfNodesToScore: 100,
  });
  const trace = new Trace(clock, () => {});
  const decider = new Decider({ framework, snapshot, random, trace });
  const examiner = new Examiner(snapshot, defaultPlugins, defaultWeights);
  const alone = new Map(
    defaultPlugins
      .filter(({ name }) => name in scores)
      .map((plugin) => [plugin.name, new Examiner(snapshot, [plugin], { [plugin.name]: 1 })]),
  );
  const tally = { decisions: 0, refusals: 0, choices: 0 };
  for (let step = 0; step < 40; step++) {
    cluster.change();
    const pod = cluster.newPod();
    const world = cluster.world;
    const at = `seed ${seed}, step ${step}`;
    const verdicts = world.nodes.map((node) => expectedVerdict(pod, node, world));
    deepEqual(examiner.filter(pod), byName(world.nodes, verdicts), `verdicts, ${at}`);
    const feasible = world.nodes.filter((_, i) => verdicts[i] === "fine");
    const names = feasible.map(nameOf);
    const totals = feasible.map(() => 0);
    for (const [name, plugin] of alone) {
      if (feasible.length === 0) break;
      const expected = scores[name]!(pod, feasible, world);
      deepEqual(plugin.score(pod, names), byName(feasible, expected), `${name}, ${at}`);
      expected.forEach((score, i) => (totals[i] = totals[i]! + score * weightOf(name)));
    }
    tally.decisions++;
    const decision = decider.decide(snapshot.podInfos.of(pod));
    if (decision.is === "fit") {
      tally.choices++;
      if (feasible.length > 1) {
        deepEqual(seen.feasible.toSorted(), names.toSorted(), `feasible nodes, ${at}`);
        equal(totals[names.indexOf(decision.node.name)], Math.max(...totals), `choice, ${at}`);
      }
      cluster.bind(pod, decision.node.name);
    } else {
      tally.refusals++;
      equal(feasible.length, 0, `${JSON.stringify(decision)}, ${at}`);
      ok(decision.is === "unfit");
      const count = decision.verdicts.counts().reduce((sum, { count: n }) => sum + n, 0);
      equal(count, world.nodes.length, `one verdict per node, ${at}`);
    }
  }
  return tally;
}

test("random clusters get the same verdicts and scores from the slow and the fast scheduler", () => {
  const sum = { decisions: 0, refusals: 0, choices: 0 };
  for (let seed = 1; seed <= 150; seed++) {
    const tally = compare(seed);
    sum.decisions += tally.decisions;
    sum.refusals += tally.refusals;
    sum.choices += tally.choices;
  }
  ok(sum.refusals > 200 && sum.choices > 2_000, JSON.stringify(sum));
});
