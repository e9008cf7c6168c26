/** Extenders in the whole scheduler, in virtual time: their answers are functions. */
import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import { Event } from "#api/core/event.ts";
import { Node } from "#api/core/node.ts";
import { Pod } from "#api/core/pod.ts";
import { isReason } from "#api/errors.ts";
import { FeatureGates } from "#api/feature-gates.ts";
import { PodGroup } from "#api/scheduling/podgroup.ts";
import { seconds } from "#base/clock.ts";
import { answerOf } from "#base/http-answer.ts";
import type { HttpCall } from "#base/http.ts";
import { startTestCluster, type TestCluster } from "../testing.ts";
import type { ExtenderSettings } from "./settings.ts";

const namespace = "default";
const url = "http://extender";

interface Asked {
  readonly Pod: Pod;
  readonly NodeNames: readonly string[];
}

/** What it answers, by verb; a promise that never resolves is one that hangs. */
type Answers = Readonly<Record<string, (args: Asked) => unknown>>;

const settingsOf = (answers: Answers, more: Partial<ExtenderSettings> = {}): ExtenderSettings => ({
  urlPrefix: url,
  ...Object.fromEntries(Object.keys(answers).map((verb) => [`${verb}Verb`, verb])),
  weight: 1,
  isNodeCacheCapable: true,
  isIgnorable: false,
  timeoutMs: seconds(5),
  managedResources: new Set(),
  ...more,
});

async function start(
  answers: Answers,
  more?: Partial<ExtenderSettings>,
  gates?: FeatureGates,
): Promise<TestCluster> {
  const call = async ({ url: target, body }: HttpCall) => {
    const args = JSON.parse(new TextDecoder().decode(body as Uint8Array)) as Asked;
    const said = await answers[target.slice(url.length + 1)]?.(args);
    if (said === undefined) return answerOf({ status: 500, headers: {} });
    return answerOf({ status: 200, headers: {}, body: Buffer.from(JSON.stringify(said)) });
  };
  const cluster = await startTestCluster({
    extenders: [settingsOf(answers, more)],
    http: { call },
    gates,
  });
  for (const name of ["a", "b", "c"]) await addNode(cluster, name);
  return cluster;
}

async function addNode({ client }: TestCluster, name: string): Promise<void> {
  const allocatable = { cpu: "4", memory: "8Gi", pods: "110", "example.com/gpu": "1" };
  await client.create(Node, {
    metadata: { name, labels: { "kubernetes.io/hostname": name } },
    status: { capacity: allocatable, allocatable },
  });
}

interface PodParts {
  readonly spec?: object;
  readonly requests?: Readonly<Record<string, string>>;
}

async function addPod(
  { client, settle }: TestCluster,
  name: string,
  { spec = {}, requests = {} }: PodParts = {},
): Promise<void> {
  const resources = { requests, limits: requests };
  await client.create(Pod, {
    metadata: { namespace, name },
    spec: { containers: [{ name: "main", image: "main:1", resources }], ...spec },
  });
  await settle();
}

const nodeOfPod = async ({ client }: TestCluster, name: string): Promise<string> =>
  (await client.get(Pod, { namespace, name })).spec.nodeName ?? "-";

const whyOf = async ({ client }: TestCluster, name: string): Promise<readonly string[]> =>
  (await client.list(Event)).items
    .filter(({ involvedObject, type }) => involvedObject.name === name && type === "Warning")
    .map(({ message = "" }) => message);

const only = (name: string) => () => ({ NodeNames: [name] });

test("nodes that an extender leaves out are not chosen", async () => {
  await using cluster = await start({ filter: only("b") });
  for (const name of ["p", "q", "r"]) await addPod(cluster, name);
  for (const name of ["p", "q", "r"]) equal(await nodeOfPod(cluster, name), "b");
});

test("its scores count ten times, times the weight", async () => {
  const prioritize = ({ NodeNames }: Asked) =>
    NodeNames.map((name) => ({ Host: name, Score: name === "c" ? 10 : 0 }));
  await using cluster = await start({ prioritize }, { weight: 5 });
  for (const name of ["p", "q", "r"]) await addPod(cluster, name, { requests: { cpu: "1" } });
  for (const name of ["p", "q", "r"]) equal(await nodeOfPod(cluster, name), "c");
});

test("every node that it refuses counts, and the pod is tried again when anything changes", async () => {
  let chosen: string | undefined;
  const filter = ({ NodeNames }: Asked) =>
    chosen
      ? { NodeNames: [chosen] }
      : {
          NodeNames: [],
          FailedNodes: Object.fromEntries(NodeNames.slice(1).map((name) => [name, "too loud"])),
          FailedAndUnresolvableNodes: { [NodeNames[0] ?? ""]: "too old" },
        };
  await using cluster = await start({ filter });
  await addPod(cluster, "p");
  deepEqual(await whyOf(cluster, "p"), [
    "0/3 nodes are available: 1 too old, 2 too loud. preemption: 0/3 nodes are available: 1 Preemption is not helpful for scheduling, 2 No preemption victims found for incoming pod.",
  ]);
  chosen = "d";
  await addNode(cluster, "d");
  await cluster.clock.advance(seconds(2));
  await cluster.settle();
  equal(await nodeOfPod(cluster, "p"), "d");
});

test("one that is broken fails the attempt, is named, and stops nobody for good", async () => {
  let isBroken = true;
  const filter = ({ NodeNames, Pod: { metadata } }: Asked) =>
    isBroken && metadata.name === "p" ? undefined : { NodeNames };
  await using cluster = await start({ filter });
  await addPod(cluster, "p");
  await addPod(cluster, "q");
  deepEqual(await whyOf(cluster, "p"), [
    "failed filter with extender at URL http://extender/filter, code 500",
  ]);
  equal(await nodeOfPod(cluster, "p"), "-");
  match(await nodeOfPod(cluster, "q"), /[abc]/);
  isBroken = false;
  await cluster.clock.advance(seconds(2));
  await cluster.settle();
  match(await nodeOfPod(cluster, "p"), /[abc]/);
});

for (const verb of ["filter", "bind"])
  test(`one that may be ignored is when it cannot ${verb}`, async () => {
    await using cluster = await start({ [verb]: () => undefined }, { isIgnorable: true });
    await addPod(cluster, "p");
    match(await nodeOfPod(cluster, "p"), /[abc]/);
    match(cluster.complaints.join(), /Skipping extender .*http:\/\/extender/);
  });

test("scores that cannot be had are no obstacle, whoever does not give them", async () => {
  await using cluster = await start({ prioritize: () => undefined });
  await addPod(cluster, "p");
  match(await nodeOfPod(cluster, "p"), /[abc]/);
  match(cluster.complaints.join(), /an extender gave no scores .*http:\/\/extender/);
});

for (const isIgnorable of [true, false])
  test(`one that cannot say who is evicted ${isIgnorable ? "is not asked" : "is named"}`, async () => {
    await using cluster = await start({ preempt: () => undefined }, { isIgnorable });
    for (const name of ["x", "y", "z"]) await addPod(cluster, name, { requests: { cpu: "4" } });
    await addPod(cluster, "p", { spec: { priority: 10 }, requests: { cpu: "4" } });
    const { status } = await cluster.client.get(Pod, { namespace, name: "p" });
    const why = (await whyOf(cluster, "p")).join();
    if (isIgnorable) match(status.nominatedNodeName ?? "", /[abc]/);
    else
      match(
        why,
        /preemption: failed preempt with extender at URL http:\/\/extender\/preempt, code 500/,
      );
  });

test("one that hangs is given up after its time", async () => {
  const never = new Promise<never>(() => {});
  const filter = ({ NodeNames, Pod: { metadata } }: Asked) =>
    metadata.name === "p" ? never : { NodeNames };
  await using cluster = await start({ filter });
  await addPod(cluster, "p");
  await addPod(cluster, "q");
  equal(await nodeOfPod(cluster, "q"), "-");
  await cluster.clock.advance(seconds(5));
  await cluster.settle();
  deepEqual(await whyOf(cluster, "p"), [
    'Post "http://extender/filter": context deadline exceeded',
  ]);
  match(await nodeOfPod(cluster, "q"), /[abc]/);
});

test("it is asked only about pods that want what it manages", async () => {
  const asked: string[] = [];
  const filter = ({ NodeNames, Pod: { metadata } }: Asked) => {
    asked.push(metadata.name ?? "");
    return { NodeNames };
  };
  const managedResources = new Set(["example.com/gpu"]);
  await using cluster = await start({ filter }, { managedResources });
  await addPod(cluster, "plain");
  await addPod(cluster, "wants", { requests: { "example.com/gpu": "1" } });
  deepEqual(asked, ["wants"]);
  match(await nodeOfPod(cluster, "plain"), /[abc]/);
  match(await nodeOfPod(cluster, "wants"), /[abc]/);
});

test("it binds in the scheduler's place; when it cannot, the pod comes back", async () => {
  let isAble = false;
  const bound: unknown[] = [];
  const bind = (args: object) => {
    bound.push(args);
    return isAble ? {} : { Error: "no hands" };
  };
  await using cluster = await start({ bind });
  await addPod(cluster, "p");
  deepEqual(await whyOf(cluster, "p"), [`extender "${url}": no hands`]);
  isAble = true;
  await cluster.clock.advance(seconds(2));
  await cluster.settle();
  equal(bound.length, 2);
  // It said that it did: nobody else binds it.
  equal(await nodeOfPod(cluster, "p"), "-");
});

test("a node that went away while the extender thought is not chosen", async () => {
  const answer = Promise.withResolvers<void>();
  let isAsked = false;
  const filter = async ({ NodeNames }: Asked) => {
    if (!isAsked) {
      isAsked = true;
      await answer.promise;
      return { NodeNames: ["b"] };
    }
    return { NodeNames };
  };
  await using cluster = await start({ filter });
  await addPod(cluster, "p");
  await cluster.client.delete(Node, { name: "b" });
  await cluster.settle();
  answer.resolve();
  await cluster.settle();
  match(await nodeOfPod(cluster, "p"), /[ac]/);
  deepEqual(await whyOf(cluster, "p"), []);
});

test("a pod that was deleted while the extender thought is let go", async () => {
  const answer = Promise.withResolvers<void>();
  const filter = async ({ NodeNames, Pod: { metadata } }: Asked) => {
    if (metadata.name === "p") await answer.promise;
    return { NodeNames };
  };
  await using cluster = await start({ filter });
  await addPod(cluster, "p");
  await cluster.client.delete(Pod, { namespace, name: "p" }, { gracePeriodSeconds: 0 });
  await addPod(cluster, "q");
  answer.resolve();
  await cluster.settle();
  match(await nodeOfPod(cluster, "q"), /[abc]/);
  deepEqual(await whyOf(cluster, "p"), []);
  deepEqual(cluster.complaints, []);
});

test("it has its say in who is evicted", async () => {
  interface Offered {
    readonly NodeNameToMetaVictims: Readonly<Record<string, unknown>>;
  }
  const preempt = (args: unknown) => ({
    NodeNameToMetaVictims: { c: (args as Offered).NodeNameToMetaVictims["c"] },
  });
  await using cluster = await start({ preempt });
  for (const name of ["x", "y", "z"]) await addPod(cluster, name, { requests: { cpu: "4" } });
  const spec = { priority: 10, terminationGracePeriodSeconds: 0 };
  const onC = (await cluster.client.list(Pod)).items.find((pod) => pod.spec.nodeName === "c");
  await addPod(cluster, "p", { spec, requests: { cpu: "4" } });
  await cluster.clock.advance(seconds(40));
  await cluster.settle();
  const victim = onC?.metadata.name ?? "";
  const fate = await cluster.client
    .get(Pod, { namespace, name: victim })
    .catch((cause: unknown) => {
      if (!isReason(cause, "NotFound")) throw cause;
      return undefined;
    });
  const left = fate?.metadata.deletionTimestamp;
  equal(fate === undefined || left !== undefined, true);
  const { status, spec: placed } = await cluster.client.get(Pod, { namespace, name: "p" });
  equal(placed.nodeName ?? status.nominatedNodeName, "c");
});

test("without anybody to evict that it agrees to, there is no preemption", async () => {
  await using cluster = await start({ preempt: () => ({}) });
  for (const name of ["x", "y", "z"]) await addPod(cluster, name, { requests: { cpu: "4" } });
  await addPod(cluster, "p", { spec: { priority: 10 }, requests: { cpu: "4" } });
  deepEqual(await whyOf(cluster, "p"), [
    "0/3 nodes are available: 3 Insufficient cpu. preemption: no candidate node for preemption",
  ]);
});

test("the pods of a gang are asked about one after the other, and bound together or not at all", async () => {
  let names = ["a"];
  const filter = ({ NodeNames }: Asked) => ({
    NodeNames: NodeNames.filter((name) => names.includes(name)),
  });
  const gates = new FeatureGates({ GenericWorkload: true, GangScheduling: true });
  await using cluster = await start({ filter }, {}, gates);
  await cluster.client.create(PodGroup, {
    metadata: { namespace, name: "g" },
    spec: { schedulingPolicy: { gang: { minCount: 2 } } },
  });
  const spec = { schedulingGroup: { podGroupName: "g" } };
  for (const name of ["p", "q"]) await addPod(cluster, name, { spec, requests: { cpu: "3" } });
  await addPod(cluster, "other", { requests: { cpu: "3" } });
  equal(await nodeOfPod(cluster, "p"), "-");
  equal(await nodeOfPod(cluster, "other"), "a", "the gang left the room");
  names = ["b", "c"];
  await addNode(cluster, "d");
  await cluster.clock.advance(seconds(5));
  await cluster.settle();
  deepEqual(
    new Set([await nodeOfPod(cluster, "p"), await nodeOfPod(cluster, "q")]),
    new Set(names),
  );
  deepEqual(cluster.complaints, []);
});
