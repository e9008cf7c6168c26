import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "#api/core/pod.ts";
import { PodDisruptionBudget } from "#api/policy/poddisruptionbudget.ts";
import { formatTime } from "#base/clock.ts";
import { below, chance, pick, type Random, seededRandom } from "#base/random.ts";
import { VirtualClock } from "#sim/clock.ts";
import { Decider, type Unfit } from "../cycle/decide.ts";
import { Framework } from "../cycle/framework.ts";
import { Trace } from "../cycle/trace.ts";
import { defaultProfile } from "../profile.ts";
import { nodeOf, place, podOf, snapshotOf, type TestSnapshot } from "../snapshot/testing.ts";

const deciderOf = ({ snapshot }: TestSnapshot, random: Random = seededRandom(1)): Decider => {
  const framework = new Framework(defaultProfile);
  const trace = new Trace(new VirtualClock(), () => {});
  return new Decider({ framework, snapshot, random, trace });
};

const decide = (world: TestSnapshot, pod: Pod, random?: Random): Unfit => {
  const decision = deciderOf(world, random).decide(world.snapshot.podInfos.of(pod));
  ok(decision.is === "unfit", `it is ${decision.is}`);
  return decision;
};

/** `node: victims`, or the message. */
const outcome = ({ postFilter, message }: Unfit): string =>
  postFilter?.nominatedNodeName
    ? `${postFilter.nominatedNodeName}: ${postFilter.victims?.map(({ name }) => name).join(" ")}`
    : message;

const podWith = (name: string, priority: number, parts: object = {}): Pod => {
  const { cpu = "1", spec, ...others } = parts as { cpu?: string; spec?: object };
  return podOf(name, { requests: { cpu }, ...others, spec: { priority, ...spec } });
};

test("it is said why making room would not help", () => {
  const nodes = [
    nodeOf("small", { allocatable: { cpu: "1" } }),
    nodeOf("cordoned", { unschedulable: true }),
    nodeOf("full", { allocatable: { cpu: "2" } }),
    nodeOf("shared", { allocatable: { cpu: "2" } }),
  ];
  const pods = [
    podWith("equal", 5, { cpu: "2", on: "full" }),
    podWith("low", 1, { on: "shared" }),
    podWith("high", 9, { on: "shared" }),
  ];
  equal(
    outcome(decide(snapshotOf(nodes, pods), podWith("p", 5, { cpu: "2" }))),
    "0/4 nodes are available: 1 node(s) were unschedulable, 3 Insufficient cpu. " +
      "preemption: 0/4 nodes are available: 1 Insufficient cpu, " +
      "1 No preemption victims found for incoming pod, " +
      "2 Preemption is not helpful for scheduling.",
  );
});

test("a pod that may not displace others says so", () => {
  const world = snapshotOf([nodeOf("a")], [podWith("low", 1, { cpu: "4", on: "a" })]);
  equal(
    outcome(decide(world, podWith("p", 5, { spec: { preemptionPolicy: "Never" } }))),
    "0/1 nodes are available: 1 Insufficient cpu. preemption: not eligible due to preemptionPolicy=Never.",
  );
});

test("no more pods have to leave than needed, and the least important ones", () => {
  const pods = [
    podWith("a", 1, { on: "n" }),
    podWith("b", 2, { on: "n" }),
    podWith("c", 3, { on: "n" }),
    podWith("d", 4, { on: "n" }),
  ];
  equal(outcome(decide(snapshotOf([nodeOf("n")], pods), podWith("p", 9, { cpu: "2" }))), "n: b a");
});

test("pods of which budgets can spare none are the last to leave", () => {
  const pods = [
    podWith("guarded", 1, { on: "n", labels: { app: "guarded" } }),
    podWith("free", 2, { cpu: "3", on: "n" }),
  ];
  const world = snapshotOf([nodeOf("n")], pods);
  guard(world, "guarded", 0);
  equal(outcome(decide(world, podWith("p", 9))), "n: free");
  equal(outcome(decide(world, podWith("p", 9, { cpu: "4" }))), "n: free guarded");
  guard(world, "guarded", 1);
  equal(outcome(decide(world, podWith("p", 9))), "n: guarded");
});

test("who keeps the pod away by its labels can be made to leave", () => {
  const labels = { app: "web" };
  const term = { labelSelector: { matchLabels: labels }, topologyKey: "kubernetes.io/hostname" };
  const affinity = {
    podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] },
  };
  const pods = [
    podWith("other", 1, { on: "n" }),
    podWith("twin", 1, { on: "n", labels, spec: { affinity } }),
  ];
  const world = snapshotOf([nodeOf("n")], pods);
  equal(outcome(decide(world, podWith("p", 9, { labels, spec: { affinity } }))), "n: twin");
  equal(world.snapshot.findPod("default/twin")?.node.name, "n", "it is only a supposition");
});

test("a node that was promised to a pod counts as taken by it", () => {
  const world = snapshotOf([nodeOf("n")], [podWith("low", 1, { cpu: "4", on: "n" })]);
  const { snapshot } = world;
  snapshot.nominate(snapshot.podInfos.of(podWith("first", 9, { cpu: "3" })), "n");
  const second = podWith("second", 9, { cpu: "2" });
  equal(
    outcome(decide(world, second)),
    "0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 Insufficient cpu.",
  );
  snapshot.remove("default/low");
  equal(
    outcome(decide(world, second)),
    "0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.",
  );
  equal(outcome(decide(world, podWith("vip", 10, { cpu: "5" }))).startsWith("0/1"), true);
  snapshot.nominate(snapshot.podInfos.of(second), undefined);
});

test("whoever made room already waits for it", () => {
  const leaving = podWith("low", 1, {
    cpu: "4",
    on: "n",
    metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" },
    status: {
      conditions: [{ type: "DisruptionTarget", status: "True", reason: "PreemptionByScheduler" }],
    },
  });
  const world = snapshotOf([nodeOf("n")], [leaving]);
  const pod = podWith("p", 9);
  world.snapshot.nominate(world.snapshot.podInfos.of(pod), "n");
  equal(
    outcome(decide(world, pod)),
    "0/1 nodes are available: 1 Insufficient cpu. preemption: not eligible due to a terminating pod on the nominated node.",
  );
});

function guard({ objects }: TestSnapshot, app: string, disruptionsAllowed: number): void {
  objects.put(PodDisruptionBudget, {
    metadata: { name: app, namespace: "default" },
    spec: { selector: { matchLabels: { app } }, minAvailable: 1 },
    status: { disruptionsAllowed, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1 },
  });
}

// The reference: as plainly as possible, over plain lists.

interface Case {
  readonly nodes: readonly string[];
  readonly pods: readonly Pod[];
  readonly allowed: ReadonlyMap<string, number>;
  /** Pods that wait for their victims to leave. */
  readonly promised?: ReadonlyMap<Pod, string>;
}

const cpu = ({ spec }: Pod): number => Number(spec.containers[0]?.resources?.requests?.["cpu"]);
const priority = ({ spec }: Pod): number => spec.priority ?? 0;
const started = ({ status }: Pod): number => Date.parse(status.startTime ?? "9999-01-01T00:00:00Z");
const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
const capacity = 4;

/** What it would cost to make room on this node; the smaller, the better, from left to right. */
function costOn(node: string, pod: Pod, { pods, allowed, promised = new Map() }: Case) {
  const expected = [...promised].filter(([one, at]) => at === node && one !== pod);
  const reserved = sum(expected.map(([one]) => (priority(one) >= priority(pod) ? cpu(one) : 0)));
  const here = pods.filter(({ spec }) => spec.nodeName === node);
  const lower = here
    .filter((one) => priority(one) < priority(pod))
    .sort((a, b) => priority(b) - priority(a) || started(a) - started(b));
  const staying = here.filter((one) => !lower.includes(one));
  const fits = (): boolean => sum([reserved, ...staying.map(cpu)]) + cpu(pod) <= capacity;
  if (lower.length === 0 || !fits()) return undefined;
  const left = new Map(allowed);
  const violating = lower.filter(({ metadata: { labels = {} } }) => {
    const app = labels["app"] ?? "";
    if (!left.has(app)) return false;
    left.set(app, (left.get(app) ?? 0) - 1);
    return (left.get(app) ?? 0) < 0;
  });
  const victims: Pod[] = [];
  for (const one of [...violating, ...lower.filter((other) => !violating.includes(other))]) {
    staying.push(one);
    if (fits()) continue;
    staying.pop();
    victims.push(one);
  }
  const highest = Math.max(...victims.map(priority));
  const top = victims.filter((one) => priority(one) === highest);
  return {
    victims: victims.map(({ metadata }) => metadata.name ?? "").sort(),
    cost: [
      victims.filter((one) => violating.includes(one)).length,
      highest,
      sum(victims.map((one) => priority(one) + 2 ** 31)),
      victims.length,
      -Math.min(...top.map(started)),
    ],
  };
}

const compare = (a: readonly number[], b: readonly number[]): number =>
  a.map((n, i) => n - (b[i] ?? 0)).find((n) => n !== 0) ?? 0;

function randomCase(random: Random): Case {
  const nodes = Array.from({ length: 1 + below(random, 6) }, (_, i) => `n${i}`);
  const pods: Pod[] = [];
  for (const node of nodes) {
    for (let used = 0; used < capacity;) {
      const size = Math.min(1 + below(random, 2), capacity - used);
      used += size;
      const app = pick(random, ["a", "b", "c"]);
      const second = below(random, 5);
      pods.push(
        podWith(`p${pods.length}`, below(random, 5), {
          cpu: String(size),
          on: node,
          labels: { app },
          ...(chance(random, 0.8) ? { status: { startTime: `2026-01-01T00:00:0${second}Z` } } : {}),
        }),
      );
    }
  }
  const allowed = new Map(
    ["a", "b"].filter(() => chance(random, 0.5)).map((app) => [app, below(random, 3)]),
  );
  return { nodes, pods, allowed };
}

test("the node where it does least harm is chosen, and no pod leaves in vain", () => {
  for (let seed = 1; seed <= 400; seed++) {
    const random = seededRandom(seed);
    const one = randomCase(random);
    const world = snapshotOf(one.nodes.map((name) => nodeOf(name)));
    for (const pod of one.pods) place(world.snapshot, pod);
    for (const [app, allowed] of one.allowed) guard(world, app, allowed);
    const pod = podWith("new", 1 + below(random, 5), { cpu: String(1 + below(random, 4)) });
    const costs = one.nodes.flatMap((node) => {
      const cost = costOn(node, pod, one);
      return cost ? [{ node, ...cost }] : [];
    });
    const [best] = costs.toSorted((a, b) => compare(a.cost, b.cost));
    const { postFilter } = decide(world, pod, random);
    const victims = postFilter?.victims?.map(({ name }) => name).sort();
    const chosen = costs.find(({ node }) => node === postFilter?.nominatedNodeName);
    const is = `seed ${seed}`;
    equal(chosen === undefined, best === undefined, is);
    if (!chosen || !best) continue;
    deepEqual(victims, chosen.victims, is);
    equal(compare(chosen.cost, best.cost), 0, `${is}: ${chosen.node} instead of ${best.node}`);
  }
});

test("nodes that changed are looked at again only when they could be better", () => {
  const names = ["a", "b", "c", "d"];
  const victims = names.map((on, i) => podWith(on, i === 0 ? 2 : 3, { cpu: "4", on }));
  const world = snapshotOf(
    names.map((name) => nodeOf(name)),
    victims,
  );
  const { snapshot } = world;
  const decider = deciderOf(world);
  const rescued = (name: string): string =>
    outcome(decider.decide(snapshot.podInfos.of(podWith(name, 9, { cpu: "4" }))) as Unfit);
  const suppose = snapshot.suppose.bind(snapshot);
  const looked = new Set<string>();
  snapshot.suppose = (node) => (looked.add(node.name), suppose(node));
  equal(rescued("first"), "a: a");
  equal(looked.size, 4);
  for (const { index } of snapshot.nodes.slice(1)) snapshot.changes.note(index);
  looked.clear();
  equal(rescued("second"), "a: a");
  ok(looked.size <= 1, [...looked].join());
  snapshot.place(snapshot.podInfos.of(podWith("b", 1, { cpu: "4", on: "b" })), "b");
  equal(rescued("third"), "b: b");
});

/** A cluster in which pods come, make room, get their places and go; both schedulers are told. */
class Crowd {
  readonly world: TestSnapshot;
  readonly #nodes: readonly string[];
  readonly #pods: Map<string, Pod>;
  readonly #allowed: Map<string, number>;
  readonly #promised = new Map<Pod, string>();
  #started = 0;

  constructor({ nodes, pods: all, allowed }: Case) {
    const pods = all.map((pod) => this.#begun(pod));
    this.#nodes = nodes;
    this.#pods = new Map(pods.map((pod) => [pod.metadata.name ?? "", pod]));
    this.#allowed = new Map(allowed);
    this.world = snapshotOf(
      nodes.map((name) => nodeOf(name)),
      pods,
    );
    for (const [app, count] of allowed) guard(this.world, app, count);
  }

  get case(): Case {
    const { nodes, pods } = { nodes: this.#nodes, pods: [...this.#pods.values()] };
    return { nodes, pods, allowed: this.#allowed, promised: this.#promised };
  }

  change(random: Random): void {
    const dice = random.next();
    const names = [...this.#pods.keys()];
    const name = names[below(random, names.length)];
    if (dice < 0.3 && name) this.remove(name);
    if (dice > 0.9) {
      this.#allowed.set("a", below(random, 3));
      guard(this.world, "a", this.#allowed.get("a") ?? 0);
    }
    // Victims left: some of those who wait get their places.
    for (const [pod, node] of this.#promised) {
      if (chance(random, 0.5)) this.place(pod, node);
    }
  }

  remove(name: string): void {
    this.#pods.delete(name);
    this.world.snapshot.remove(`default/${name}`);
  }

  promise(pod: Pod, node: string): void {
    this.#promised.set(pod, node);
    this.world.snapshot.nominate(this.world.snapshot.podInfos.of(pod), node);
  }

  place(pod: Pod, node: string): void {
    this.#promised.delete(pod);
    const bound = this.#begun({ ...pod, spec: { ...pod.spec, nodeName: node } });
    this.#pods.set(pod.metadata.name ?? "", bound);
    const info = place(this.world.snapshot, bound);
    this.world.snapshot.nominate(info, undefined);
  }

  /** No two at the same time: equals may go in any order. */
  #begun(pod: Pod): Pod {
    const startTime = formatTime(Date.UTC(2026, 0, 1) + 1_000 * this.#started++);
    return { ...pod, status: { ...pod.status, startTime } };
  }
}

/** Where there is room, beside those to whom it is promised. */
const hasRoom = (node: string, pod: Pod, { pods, promised = new Map() }: Case): boolean => {
  const here = pods.filter(({ spec }) => spec.nodeName === node);
  const expected = [...promised].filter(
    ([one, at]) => at === node && priority(one) >= priority(pod),
  );
  return sum([...here, ...expected.map(([one]) => one), pod].map(cpu)) <= capacity;
};

type Outcome = "placed" | "rescued" | "in vain";

/** One pod comes: both must come to the same. */
function rescue(crowd: Crowd, { decider, pod, is }: { decider: Decider; pod: Pod; is: string }) {
  const now = crowd.case;
  const roomy = now.nodes.filter((node) => hasRoom(node, pod, now));
  const decision = decider.decide(crowd.world.snapshot.podInfos.of(pod));
  equal(decision.is === "fit", roomy.length > 0, `${is}: ${JSON.stringify(roomy)}`);
  if (decision.is === "fit") {
    ok(roomy.includes(decision.node.name), is);
    crowd.place(pod, decision.node.name);
    return "placed";
  }
  ok(decision.is === "unfit");
  const costs = new Map(now.nodes.map((node) => [node, costOn(node, pod, now)]));
  const possible = [...costs.values()].filter((cost) => cost !== undefined);
  const [best] = possible.toSorted((a, b) => compare(a.cost, b.cost));
  const { nominatedNodeName: node = "", victims = [] } = decision.postFilter ?? {};
  const chosen = costs.get(node);
  equal(chosen === undefined, best === undefined, is);
  if (!chosen || !best) return "in vain";
  equal(compare(chosen.cost, best.cost), 0, `${is}: ${node}`);
  deepEqual(victims.map(({ name }) => name).sort(), chosen.victims, is);
  for (const { name } of victims) crowd.remove(name);
  crowd.promise(pod, node);
  return "rescued";
}

test("what is remembered from one pod to the next is never out of date", () => {
  const counts: Record<Outcome, number> = { placed: 0, rescued: 0, "in vain": 0 };
  for (let seed = 1; seed <= 150; seed++) {
    const random = seededRandom(seed);
    const crowd = new Crowd(randomCase(random));
    const { snapshot } = crowd.world;
    const trace = new Trace(new VirtualClock(), () => {});
    const framework = new Framework(defaultProfile);
    const decider = new Decider({ framework, snapshot, random, trace });
    const ranks = [2 + below(random, 4), 2 + below(random, 4)];
    for (let step = 0; step < 20; step++) {
      if (chance(random, 0.6)) crowd.change(random);
      const size = below(random, 2);
      const labels = { app: pick(random, ["a", "b"]) };
      const pod = podWith(`new-${step}`, ranks[size] ?? 0, { cpu: String(size + 1), labels });
      const is = `seed ${seed}, step ${step}`;
      counts[rescue(crowd, { decider, pod, is })]++;
    }
  }
  ok(
    Object.values(counts).every((count) => count > 300),
    JSON.stringify(counts),
  );
});
