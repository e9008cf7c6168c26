import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { ControllerRevision } from "#api/apps/controllerrevision.ts";
import { DaemonSet } from "#api/apps/daemonset.ts";
import { Node } from "#api/core/node.ts";
import { Pod } from "#api/core/pod.ts";
import type { ApiObject } from "#api/kind.ts";
import { daemonsetController } from "./daemonset.ts";
import { all, made, type Moment, one, testNow, told, viewOf } from "./runtime/testing.ts";

const templateOf = (image: string, spec: object = {}): object => ({
  metadata: { labels: { app: "agent" } },
  spec: { containers: [{ name: "c", image }], ...spec },
});

interface Facts {
  readonly image?: string;
  readonly pods?: object;
  readonly spec?: object;
}

const agent = ({ image = "agent:1", pods = {}, spec = {} }: Facts = {}): DaemonSet =>
  made(DaemonSet, {
    metadata: {
      name: "agent",
      generation: 3,
      annotations: { "deprecated.daemonset.template.generation": "7" },
    },
    spec: {
      selector: { matchLabels: { app: "agent" } },
      template: templateOf(image, pods),
      ...spec,
    },
  });

const owner = {
  apiVersion: "apps/v1",
  kind: "DaemonSet",
  name: "agent",
  uid: "uid-of-agent",
  controller: true,
  blockOwnerDeletion: true,
};

const revisionOf = (image: string, revision: number, pods: object = {}): ControllerRevision =>
  made(ControllerRevision, {
    metadata: {
      name: `agent-${image.slice(6)}`,
      labels: { app: "agent", "controller-revision-hash": image.slice(6) },
      ownerReferences: [owner],
    },
    data: { spec: { template: { ...templateOf(image, pods), $patch: "replace" } } },
    revision,
  });

interface NodeFacts {
  readonly labels?: Record<string, string>;
  readonly taints?: readonly object[];
}

const node = (name: string, { labels = {}, taints = [] }: NodeFacts = {}): Node =>
  made(Node, { metadata: { name, labels }, spec: { taints } });

interface PodFacts {
  readonly name?: string;
  readonly image?: string;
  readonly state?: "ready" | "running" | "failed" | "succeeded" | "going";
  readonly createdAgo?: number;
  readonly readyAgo?: number;
  /** Not bound yet. */
  readonly isWaiting?: true;
}

const timeAgo = (seconds: number): string => new Date(testNow - seconds * 1_000).toISOString();

function podOn(nodeName: string, facts: PodFacts = {}): Pod {
  const { image = "agent:1", state = "ready", createdAgo = 1_000, readyAgo = 900 } = facts;
  const isReady = state === "ready" || state === "going";
  const required = { nodeSelectorTerms: [{ matchFields: [fieldOf(nodeName)] }] };
  return made(Pod, {
    metadata: {
      name: facts.name ?? `on-${nodeName}`,
      creationTimestamp: timeAgo(createdAgo),
      labels: { app: "agent", "controller-revision-hash": image.slice(6) },
      ownerReferences: [owner],
      ...(state === "going" ? { deletionTimestamp: timeAgo(1) } : {}),
    },
    spec: {
      containers: [{ name: "c", image }],
      ...(facts.isWaiting ? {} : { nodeName }),
      affinity: {
        nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: required },
      },
    },
    status: {
      phase:
        { failed: "Failed", succeeded: "Succeeded", ready: "", running: "", going: "" }[state] ||
        "Running",
      conditions: isReady
        ? [{ type: "Ready", status: "True", lastTransitionTime: timeAgo(readyAgo) }]
        : [],
    },
  });
}

const fieldOf = (nodeName: string) => ({
  key: "metadata.name",
  operator: "In" as const,
  values: [nodeName],
});

const decide = (
  set: DaemonSet,
  others: readonly ApiObject[],
  {
    revisions = [revisionOf("agent:1", 1)],
    ...moment
  }: Moment & {
    readonly revisions?: readonly ControllerRevision[];
  } = {},
) => daemonsetController.reconcile(set, viewOf([set, ...revisions, ...others], moment));

/** Without events and the status. */
const deeds = (...call: Parameters<typeof decide>): string[] =>
  told(decide(...call)).filter((line) => !/^(event Normal Successful|setStatus)/.test(line));

const placed = (set: DaemonSet, nodes: readonly Node[], pods: object = {}): string[] =>
  all(decide(set, nodes, { revisions: [revisionOf("agent:1", 1, pods)] }), "create").map(
    ({ object }) =>
      (object as Pod).spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
        ?.nodeSelectorTerms[0]?.matchFields?.[0]?.values?.[0] ?? "",
  );

test("every node gets a pod, tied to it by name, with what daemons put up with", () => {
  const preferred = { weight: 1, preference: { matchFields: [fieldOf("x")] } };
  const pods = {
    hostNetwork: true,
    tolerations: [{ key: "mine", operator: "Exists" }],
    affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [preferred] } },
  };
  const set = agent({ pods });
  deepEqual(placed(set, [node("a"), node("b")], pods), ["a", "b"]);
  const creation = one(
    decide(set, [node("a")], { revisions: [revisionOf("agent:1", 1, pods)] }),
    "create",
  );
  const { metadata, spec } = creation.object as Pod;
  equal(metadata.generateName, "agent-");
  deepEqual(metadata.labels, {
    app: "agent",
    "controller-revision-hash": "1",
    "pod-template-generation": "7",
  });
  equal(spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution?.length, 1);
  deepEqual(
    spec.tolerations?.map(({ key, effect }) => `${key}:${effect ?? ""}`),
    [
      "mine:",
      "node.kubernetes.io/not-ready:NoExecute",
      "node.kubernetes.io/unreachable:NoExecute",
      "node.kubernetes.io/disk-pressure:NoSchedule",
      "node.kubernetes.io/memory-pressure:NoSchedule",
      "node.kubernetes.io/pid-pressure:NoSchedule",
      "node.kubernetes.io/unschedulable:NoSchedule",
      "node.kubernetes.io/network-unavailable:NoSchedule",
    ],
  );
});

for (const [why, pods, facts, expected] of [
  ["a label that is asked for", { nodeSelector: { disk: "ssd" } }, { labels: { disk: "ssd" } }, 1],
  ["not that label", { nodeSelector: { disk: "ssd" } }, {}, 0],
  ["a taint nobody tolerates", {}, { taints: [{ key: "x", effect: "NoSchedule" }] }, 0],
  ["a taint that is only disliked", {}, { taints: [{ key: "x", effect: "PreferNoSchedule" }] }, 1],
  [
    "no room for others",
    {},
    { taints: [{ key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" }] },
    1,
  ],
  ["another name", { nodeName: "b" }, {}, 0],
] as const) {
  test(`a node with ${why} gets ${expected} pods`, () => {
    equal(placed(agent({ pods }), [node("a", facts)], pods).length, expected);
  });
}

test("pods stay on a node where new ones would not be put, and leave one that drives them off", () => {
  const tainted = (effect: string): Node => node("a", { taints: [{ key: "x", effect }] });
  deepEqual(deeds(agent(), [tainted("NoSchedule"), podOn("a")]), []);
  deepEqual(deeds(agent(), [tainted("NoExecute"), podOn("a")]), ["delete Pod on-a"]);
  const status = one(decide(agent(), [tainted("NoSchedule"), podOn("a")]), "setStatus").status;
  equal((status as DaemonSet["status"]).numberMisscheduled, 1);
});

test("of several pods on a node the oldest one that runs stays", () => {
  const pods = [
    podOn("a", { name: "young", createdAgo: 10 }),
    podOn("a", { name: "old", createdAgo: 100 }),
    podOn("a", { name: "oldest-but-waiting", createdAgo: 1_000, isWaiting: true }),
  ];
  deepEqual(deeds(agent(), [node("a"), ...pods]).toSorted(), [
    "delete Pod oldest-but-waiting",
    "delete Pod young",
  ]);
});

test("a node whose pod is going gets the next one when it is gone", () => {
  deepEqual(deeds(agent(), [node("a"), podOn("a", { state: "going" })]), []);
});

test("pods for nodes that are not there go, unless they run", () => {
  const pods = [podOn("gone", { name: "waits", isWaiting: true }), podOn("lost", { name: "runs" })];
  deepEqual(deeds(agent(), pods), ["delete Pod waits"]);
});

test("pods that ended are told of and make room", () => {
  deepEqual(deeds(agent(), [node("a"), podOn("a", { state: "failed" })]), [
    "event Warning FailedDaemonPod: Found failed daemon pod default/on-a on node a, will try to kill it",
    "delete Pod on-a",
  ]);
  deepEqual(deeds(agent(), [node("a"), podOn("a", { state: "succeeded" })]), [
    "event Normal SucceededDaemonPod: Found succeeded daemon pod default/on-a on node a, will try to delete it",
    "delete Pod on-a",
  ]);
});

test("the longer pods keep failing, the longer the next one is waited for", () => {
  const fact = "no daemon on a at 3";
  const waitOf = (troubleAgo: number, createdAgo: number): string[] =>
    deeds(agent(), [node("a"), podOn("a", { state: "failed", createdAgo })], {
      since: { [fact]: testNow - troubleAgo * 1_000 },
    }).slice(-1);
  deepEqual(waitOf(0, 0), ["wakeIn 1s"]);
  deepEqual(waitOf(40, 5), ["wakeIn 30s"]);
  deepEqual(waitOf(40, 20), ["delete Pod on-a"]);
  deepEqual(waitOf(100_000, 10), ["wakeIn 890s"]);
});

test("as long as a node has no pod that is ready, that is kept in mind", () => {
  const asked = (...pods: readonly Pod[]): readonly string[] => {
    const facts: string[] = [];
    const set = agent();
    const view = viewOf([set, revisionOf("agent:1", 1), node("a"), ...pods]);
    const since = (fact: string): number => {
      facts.push(fact);
      return testNow;
    };
    daemonsetController.reconcile(set, { ...view, since });
    return facts;
  };
  const fact = "no daemon on a at 3";
  deepEqual(asked(), [fact]);
  deepEqual(asked(podOn("a", { state: "running" })), [fact]);
  deepEqual(asked(podOn("a", { state: "going" })), [fact]);
  deepEqual(asked(podOn("a")), []);
});

const newer = (rollingUpdate?: object): DaemonSet =>
  agent({
    image: "agent:2",
    spec: rollingUpdate ? { updateStrategy: { type: "RollingUpdate", rollingUpdate } } : {},
  });

const revisions = [revisionOf("agent:1", 1), revisionOf("agent:2", 2)];
const three = [node("a"), node("b"), node("c")];
const old = [podOn("a"), podOn("b"), podOn("c")];

test("an update takes as many pods away as may be missing", () => {
  deepEqual(deeds(newer(), [...three, ...old], { revisions }), ["delete Pod on-a"]);
  deepEqual(deeds(newer({ maxUnavailable: "50%" }), [...three, ...old], { revisions }), [
    "delete Pod on-a",
    "delete Pod on-b",
  ]);
  const sick = podOn("c", { state: "running", image: "agent:2" });
  deepEqual(deeds(newer(), [...three, ...old.slice(0, 2), sick], { revisions }), []);
});

test("an update that leaves no room may take one pod away all the same", () => {
  const stuck = newer({ maxUnavailable: 0, maxSurge: 0 });
  deepEqual(deeds(stuck, [...three, ...old], { revisions }), ["delete Pod on-a"]);
});

test("old pods that are not available go at once", () => {
  const pods = [podOn("a"), podOn("b", { state: "running" }), podOn("c", { state: "running" })];
  deepEqual(deeds(newer(), [...three, ...pods], { revisions }), [
    "delete Pod on-b",
    "delete Pod on-c",
  ]);
});

test("an update that is gone back on leaves alone what is as it should be", () => {
  const half = [podOn("a"), podOn("b"), podOn("c", { image: "agent:2", state: "running" })];
  const back = [revisionOf("agent:1", 3), revisionOf("agent:2", 2)];
  deepEqual(deeds(agent(), [...three, ...half], { revisions: back }), ["delete Pod on-c"]);
});

test("with surge the new pod comes first, the old one goes when that is available", () => {
  const surging = newer({ maxSurge: 1, maxUnavailable: 0 });
  deepEqual(deeds(surging, [...three, ...old], { revisions }), ["create Pod agent-*"]);
  const fresh = (state: "ready" | "running"): Pod =>
    podOn("a", { name: "new-on-a", image: "agent:2", state, createdAgo: 5, readyAgo: 2 });
  deepEqual(deeds(surging, [...three, ...old, fresh("running")], { revisions }), []);
  deepEqual(deeds(surging, [...three, ...old, fresh("ready")], { revisions }), ["delete Pod on-a"]);
});

test("with surge a pod leaves a node it should not be on when enough others are available", () => {
  const surging = newer({ maxSurge: 1, maxUnavailable: 0 });
  const taints = [{ key: "x", effect: "NoSchedule" }];
  const nodes = [...three.slice(0, 2), node("c", { taints })];
  const fresh = (nodeName: string, state: "ready" | "running"): Pod =>
    podOn(nodeName, { image: "agent:2", state });
  const misplaced = podOn("c");
  const waiting = [...nodes, misplaced, fresh("a", "ready"), fresh("b", "running")];
  deepEqual(deeds(surging, waiting, { revisions }), []);
  const served = [...nodes, misplaced, fresh("a", "ready"), fresh("b", "ready")];
  deepEqual(deeds(surging, served, { revisions }), ["delete Pod on-c"]);
});

test("with surge a node whose pod is going gets another one right away", () => {
  const surging = newer({ maxSurge: 1, maxUnavailable: 0 });
  const pods = [...old.slice(1), podOn("a", { state: "going" })];
  deepEqual(deeds(surging, [...three, ...pods], { revisions }), ["create Pod agent-*"]);
});

test("with OnDelete nobody but the user deletes pods", () => {
  const set = agent({ image: "agent:2", spec: { updateStrategy: { type: "OnDelete" } } });
  deepEqual(deeds(set, [...three, ...old], { revisions }), []);
});

test("the status counts nodes", () => {
  const set = agent({ image: "agent:2", spec: { minReadySeconds: 30 } });
  const pods = [
    podOn("a"),
    podOn("b", { image: "agent:2", readyAgo: 10 }),
    podOn("e", { state: "running" }),
  ];
  const nodes = [...three, node("e", { taints: [{ key: "x", effect: "NoSchedule" }] })];
  const effects = decide(set, [...nodes, ...pods], { revisions });
  deepEqual(one(effects, "setStatus").status, {
    currentNumberScheduled: 2,
    numberMisscheduled: 1,
    desiredNumberScheduled: 3,
    numberReady: 2,
    observedGeneration: 3,
    updatedNumberScheduled: 1,
    numberAvailable: 1,
    numberUnavailable: 2,
  });
});

test("of two revisions of one template the newer stays and takes over the pods", () => {
  const double = {
    ...revisionOf("agent:1", 5),
    metadata: { ...revisionOf("agent:9", 5).metadata },
  };
  const effects = decide(agent(), [node("a"), podOn("a")], {
    revisions: [revisionOf("agent:1", 1), double],
  });
  deepEqual(told(effects), ["patch Pod on-a", "delete ControllerRevision agent-1"]);
});

test("old revisions beyond the limit go, those that pods have do not", () => {
  const history = [1, 2, 3, 4].map((i) => revisionOf(`agent:old-${i}`, i));
  const set = agent({ spec: { revisionHistoryLimit: 2, updateStrategy: { type: "OnDelete" } } });
  const effects = deeds(set, [node("a"), podOn("a", { image: "agent:old-1" })], {
    revisions: [...history, revisionOf("agent:1", 5)],
  });
  deepEqual(effects, [
    "delete ControllerRevision agent-old-2",
    "delete ControllerRevision agent-old-3",
  ]);
});

test("a set that would select every pod is refused", () => {
  const [effect] = told(decide(agent({ spec: { selector: {} } }), [node("a")]));
  equal(
    effect,
    "event Warning SelectingAll: This daemon set is selecting all pods. A non-empty selector is required.",
  );
});

test("a set that is being deleted does nothing", () => {
  const set = agent();
  const going = { ...set, metadata: { ...set.metadata, deletionTimestamp: timeAgo(1) } };
  deepEqual(told(decide(going, [node("a")])), []);
});

test("only what decides about running on a node wakes the sets", () => {
  const [, nodes] = (daemonsetController.watches ?? [])
    .filter(({ kind }) => kind !== Pod)
    .toReversed();
  const set = agent({ pods: { nodeSelector: { disk: "ssd" } } });
  const before = node("a");
  const wakes = (after: Node): string[] => [
    ...(nodes?.wakes(after, before, viewOf([set, after])) ?? []),
  ];
  deepEqual(wakes({ ...before, status: { ...before.status, phase: "Running" } }), []);
  deepEqual(wakes(node("a", { labels: { zone: "x" } })), []);
  deepEqual(wakes(node("a", { labels: { disk: "ssd" } })), ["default/agent"]);
  const there = node("a", { labels: { disk: "ssd" } });
  deepEqual([...(nodes?.wakes(there, there, viewOf([set])) ?? [])], ["default/agent"]);
});

test("many nodes get their pods in bursts, and looks stay cheap", () => {
  const nodes = Array.from({ length: 600 }, (_, i) => node(`n${i}`));
  equal(placed(agent(), nodes).length, 250);
  ok(
    deeds(agent(), [...nodes, ...nodes.map(({ metadata }) => podOn(metadata.name ?? ""))])
      .length === 0,
  );
});
