/**
 * Random clusters: what `why` counts adds up, and what it suggests helps. A suggestion is done as a user would do
 * it, by its words, to a copy of the cluster; then the scheduler itself decides.
 */
import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { countOf, countText } from "#api/core/resources.ts";
import type { Node } from "#api/core/node.ts";
import type { PodPlacement, Suggestion } from "#api/core/pod-placement.ts";
import type { Pod } from "#api/core/pod.ts";
import { quantityOf } from "#base/quantity.ts";
import { below, chance, pick, type Random, seededRandom } from "#base/random.ts";
import { VirtualClock } from "#sim/clock.ts";
import type { Lane } from "../cycle/course.ts";
import { Decider } from "../cycle/decide.ts";
import { Framework } from "../cycle/framework.ts";
import { Trace } from "../cycle/trace.ts";
import { defaultPlugins, defaultWeights } from "../profile.ts";
import { nodeOf, podOf, snapshotOf } from "../snapshot/testing.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import { explain } from "./explain.ts";
import { Examination } from "./examination.ts";

interface World {
  readonly nodes: readonly Node[];
  readonly pods: readonly Pod[];
  readonly pod: Pod;
}

const zone = "topology.kubernetes.io/zone";
const hostname = "kubernetes.io/hostname";
const cordoned = { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" };
const isSometimes = (random: Random, parts: object, share = 0.3): object =>
  chance(random, share) ? parts : {};

function randomNode(random: Random, name: string): Node {
  const isOff = chance(random, 0.2);
  const taints = [
    ...(chance(random, 0.3) ? [{ key: "gpu", value: "yes", effect: "NoSchedule" }] : []),
    ...(chance(random, 0.2)
      ? [{ key: "old", effect: pick(random, ["NoExecute", "NoSchedule"]) }]
      : []),
    ...(isOff ? [cordoned] : []),
  ];
  return nodeOf(name, {
    labels: {
      [hostname]: name,
      ...isSometimes(random, { [zone]: pick(random, ["a", "b"]) }, 0.8),
      ...isSometimes(random, { disk: pick(random, ["ssd", "hdd"]) }, 0.6),
    },
    ...(taints.length > 0 ? { taints } : {}),
    ...(isOff ? { unschedulable: true } : {}),
    allocatable: {
      cpu: pick(random, ["500m", "1", "2"]),
      memory: pick(random, ["512Mi", "1Gi", "4Gi"]),
      pods: pick(random, ["2", "5"]),
    },
  });
}

const apps = ["web", "db"] as const;

function randomPod(random: Random, name: string, on?: string): Pod {
  const app = pick(random, apps);
  const requests = (): object => ({
    cpu: pick(random, ["100m", "300m", "700m", "1500m"]),
    memory: pick(random, ["100Mi", "400Mi", "2Gi"]),
  });
  const term = {
    labelSelector: { matchLabels: { app: pick(random, apps) } },
    topologyKey: pick(random, [zone, hostname] as const),
  };
  const rule = pick(random, ["podAffinity", "podAntiAffinity"]);
  const spread = {
    maxSkew: 1,
    topologyKey: zone,
    whenUnsatisfiable: "DoNotSchedule",
    labelSelector: { matchLabels: { app } },
  };
  const main = { name: "main", image: "main:1", resources: { requests: requests() } };
  const beside = { name: "beside", image: "main:1", resources: { requests: requests() } };
  return podOf(name, {
    labels: { app },
    spec: {
      containers: chance(random, 0.3) ? [main, beside] : [main],
      priority: below(random, 4),
      ...isSometimes(random, { nodeSelector: { disk: "ssd" } }),
      ...isSometimes(random, { tolerations: [{ key: "gpu", operator: "Exists" }] }),
      ...isSometimes(random, { overhead: { cpu: "50m" } }, 0.1),
      ...isSometimes(
        random,
        { affinity: { [rule]: { requiredDuringSchedulingIgnoredDuringExecution: [term] } } },
        0.2,
      ),
      ...isSometimes(random, { topologySpreadConstraints: [spread] }, 0.2),
    },
    ...(on ? { on } : {}),
  });
}

/** Nodes that are full enough for some pods to be in the way. */
function randomWorld(random: Random): World {
  const nodes = Array.from({ length: 1 + below(random, 6) }, (_, i) => randomNode(random, `n${i}`));
  const pods: Pod[] = [];
  for (let i = 0; i < nodes.length * 3; i++) {
    const { snapshot, lane } = schedulerOf({ nodes, pods });
    const pod = randomPod(random, `p${i}`);
    const node = nodes.find(({ metadata: { name = "" } }) => {
      const view = snapshot.nodes.find((one) => one.name === name);
      const info = snapshot.podInfos.of(pod);
      return view && new Examination(lane.framework, snapshot, info).fits(view);
    });
    if (node) pods.push({ ...pod, spec: { ...pod.spec, nodeName: node.metadata.name ?? "" } });
  }
  return { nodes, pods, pod: randomPod(random, "new") };
}

const clock = new VirtualClock();
const trace = new Trace(clock, () => {});

function schedulerOf({ nodes, pods }: Pick<World, "nodes" | "pods">): {
  snapshot: Snapshot;
  lane: Lane;
} {
  const { snapshot } = snapshotOf(nodes, pods);
  const framework = new Framework({
    schedulerName: "default-scheduler",
    plugins: defaultPlugins,
    weights: defaultWeights,
    percentageOfNodesToScore: 100,
  });
  const decider = new Decider({ framework, snapshot, random: seededRandom(1), trace });
  return { snapshot, lane: { framework, decider, trace } };
}

function explained(world: World): PodPlacement {
  const { snapshot, lane } = schedulerOf(world);
  return explain({ pod: world.pod, lane, snapshot, queued: undefined, message: undefined });
}

/** The node that the scheduler gives to the pod. */
function chosen(world: World): string | undefined {
  const { snapshot, lane } = schedulerOf(world);
  const decision = lane.decider.decide(snapshot.podInfos.of(world.pod));
  return decision.is === "fit" ? decision.node.name : undefined;
}

function fits(world: World, name: string): boolean {
  const { snapshot, lane } = schedulerOf(world);
  const node = snapshot.nodes.find((one) => one.name === name);
  const info = snapshot.podInfos.of(world.pod);
  return node !== undefined && new Examination(lane.framework, snapshot, info).fits(node);
}

const withSpec = (world: World, spec: object): World => ({
  ...world,
  pod: { ...world.pod, spec: { ...world.pod.spec, ...spec } },
});

const withNode = (world: World, name: string, change: (node: Node) => Node): World => ({
  ...world,
  nodes: world.nodes.map((node) => (node.metadata.name === name ? change(node) : node)),
});

function lowered(world: World, resource: string, by: number): World {
  const { containers } = world.pod.spec;
  const askedBy = ({ resources }: (typeof containers)[number]): number =>
    countOf(resource, quantityOf(resources?.requests?.[resource] ?? "0"));
  const [largest] = containers.toSorted((a, b) => askedBy(b) - askedBy(a));
  return withSpec(world, {
    containers: containers.map((container) => {
      if (container !== largest) return container;
      const less = countText(resource, askedBy(container) - by);
      const requests = { ...container.resources?.requests, [resource]: less };
      return { ...container, resources: { ...container.resources, requests } };
    }),
  });
}

function unselecting(world: World, key: string): World {
  const { [key]: _dropped, ...nodeSelector } = world.pod.spec.nodeSelector ?? {};
  return withSpec(world, { nodeSelector });
}

/** All the ways that the sentence names. */
type Doing = (world: World, words: readonly string[], node: string) => readonly World[];

/** What each sentence tells a user to do. */
const doings: readonly (readonly [sentence: RegExp, doing: Doing])[] = [
  [
    /^lower the (\S+) request from (\S+) to (\S+)$/,
    (world, [, resource = "", from = "", to = ""]) => {
      const count = (text: string): number => countOf(resource, quantityOf(text));
      return [lowered(world, resource, count(from) - count(to))];
    },
  ],
  [
    /^tolerate the taint ([^=:]+)(?:=([^:]*))?:(\S+)$/,
    (world, [, key, value = "", effect]) => {
      const own = world.pod.spec.tolerations ?? [];
      const more = { key, operator: "Equal", value, effect };
      return [withSpec(world, { tolerations: [...own, more] })];
    },
  ],
  [
    /^uncordon node (\S+)$/,
    (world, [, name = ""]) => [
      withNode(world, name, (node) => {
        const { unschedulable: _off, taints = [], ...spec } = node.spec;
        const left = taints.filter(({ key }) => key !== cordoned.key);
        return { ...node, spec: { ...spec, taints: left } };
      }),
    ],
  ],
  [
    /^label the node ([^=]+)=(\S+), or drop that from the nodeSelector$/,
    (world, [, key = "", value = ""], name) => [
      unselecting(world, key),
      withNode(world, name, (node) => {
        const labels = { ...node.metadata.labels, [key]: value };
        return { ...node, metadata: { ...node.metadata, labels } };
      }),
    ],
  ],
  [/^drop ([^=]+)=\S+ from the nodeSelector$/, (world, [, key = ""]) => [unselecting(world, key)]],
  [
    /^evict pod default\/(\S+) \(priority \d+\)$/,
    (world, [, name]) => {
      const pods = world.pods.filter(({ metadata }) => metadata.name !== name);
      equal(pods.length, world.pods.length - 1);
      return [{ ...world, pods }];
    },
  ],
];

const done = (world: World, changes: readonly string[], node: string): readonly World[] =>
  changes.reduce<readonly World[]>(
    (worlds, change) => {
      const [sentence, doing] = doings.find(([one]) => one.test(change)) ?? [];
      ok(sentence && doing, `nobody knows how to: ${change}`);
      return worlds.flatMap((before) => doing(before, sentence.exec(change) ?? [], node));
    },
    [world],
  );

function checkHelp(world: World, { changes, nodes }: Suggestion, about: string): void {
  for (const name of nodes)
    for (const after of done(world, changes, name)) {
      ok(fits(after, name), `${about}: ${changes.join(" + ")} → ${name}`);
      ok(chosen(after), `${about}: ${changes.join(" + ")}`);
    }
}

test("counts add up to the nodes, and every suggestion makes the pod schedulable where it says", () => {
  const tried = new Map<string, number>();
  for (let seed = 1; seed <= 330; seed++) {
    const world = randomWorld(seededRandom(seed));
    const { nodeCount, nodes, counts, suggestions, state } = explained(world);
    const total = counts.reduce((sum, count) => sum + count.nodes, 0);
    equal(nodeCount, world.nodes.length, `seed ${seed}`);
    equal(total, nodeCount, `seed ${seed}: ${JSON.stringify(counts)}`);
    equal(nodes.length, nodeCount, `seed ${seed}`);
    equal(chosen(world) !== undefined, state === "Schedulable", `seed ${seed}: ${state}`);
    for (const suggestion of suggestions) {
      checkHelp(world, suggestion, `seed ${seed}`);
      for (const change of suggestion.changes) {
        const [kind = ""] = change.split(" ");
        tried.set(kind, (tried.get(kind) ?? 0) + 1);
      }
    }
  }
  for (const kind of ["lower", "tolerate", "uncordon", "label", "drop", "evict"])
    ok((tried.get(kind) ?? 0) >= 10, `${kind}: ${tried.get(kind)}`);
});
