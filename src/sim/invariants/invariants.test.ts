/** Each invariant is seen to be broken when it is, by what is put into a store behind the server's back. */
import { match, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import { silent } from "#base/log.ts";
import { seededRandom } from "#base/random.ts";
import type { ApiHandler, ApiResponse } from "#api/request.ts";
import { memoryStore } from "#store/backends/memory.ts";
import type { Store } from "#store/store.ts";
import { VirtualClock } from "../clock.ts";
import { Gateway } from "../gateway.ts";
import type { NodeHandle } from "../nodes/nodes.ts";
import { createCluster } from "../testing.ts";
import { Checker } from "./checker.ts";

interface Stage extends AsyncDisposable {
  readonly store: Store;
  readonly clock: VirtualClock;
  readonly gateway: Gateway;
  readonly checker: Checker;
  readonly put: (key: string, object: object | undefined) => Promise<number>;
}

interface Scene {
  readonly handle?: ApiHandler;
  readonly nodes?: readonly { readonly name: string; readonly pods: readonly string[] }[];
}

const nowhere: ApiHandler = async () => ({ status: 503, body: { is: "none" } });

async function stage({ handle = nowhere, nodes = [] }: Scene = {}): Promise<Stage> {
  const store = memoryStore();
  const clock = new VirtualClock();
  const gateway = new Gateway(() => handle);
  const stop = new AbortController();
  const machines = nodes.map(({ name, pods }) => ({ name, isOn: true, runningPods: () => pods }));
  const checker = await Checker.start({
    store,
    gateway,
    clock,
    nodes: machines as unknown as readonly NodeHandle[],
    random: seededRandom(1),
    log: silent,
    seed: 7,
    signal: stop.signal,
  });
  const put: Stage["put"] = async (key, object) => {
    const value = object && Buffer.from(JSON.stringify(object));
    const done = await store.commit({ guards: [], writes: [{ key, value }] });
    ok(done.ok);
    return done.revision;
  };
  return {
    store,
    clock,
    gateway,
    checker,
    put,
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      checker[Symbol.dispose]();
      await store[Symbol.asyncDispose]();
    },
  };
}

const meta = (name: string, more: object = {}) => ({
  namespace: "default",
  name,
  uid: `uid-${name}`,
  ...more,
});

const pod = (name: string, { spec = {}, status = {}, metadata = {} } = {}) => ({
  kind: "Pod",
  apiVersion: "v1",
  metadata: meta(name, metadata),
  spec: { containers: [{ name: "app", resources: { requests: { cpu: "300m" } } }], ...spec },
  status,
});

const key = (resource: string, name: string): string => `/registry/${resource}/default/${name}`;
const isBroken = (says: string, { checker }: Stage, when: "step" | "rest" = "step"): void =>
  throws(
    () => checker[when](),
    (cause) => {
      match(
        String(cause),
        new RegExp(`^InvariantViolated: ${says}: .*\\(seed 7, .*trace [0-9a-f]{16}\\)`),
      );
      return true;
    },
  );

test("a pod that moves to another node", async () => {
  await using it = await stage();
  await it.put(key("pods", "a"), pod("a", { spec: { nodeName: "one" } }));
  it.checker.step();
  await it.put(key("pods", "a"), pod("a", { spec: { nodeName: "two" } }));
  isBroken("no pod is on two nodes", it);
});

test("a pod that runs on two nodes", async () => {
  const nodes = ["one", "two"].map((name) => ({ name, pods: ["uid-a"] }));
  await using it = await stage({ nodes });
  isBroken("no pod is on two nodes", it);
});

test("something left of an owner that is gone", async () => {
  await using it = await stage();
  const ownerReferences = [{ kind: "Job", name: "j", uid: "uid-j" }];
  await it.put(key("pods", "a"), pod("a", { metadata: { ownerReferences } }));
  it.checker.step();
  isBroken("no orphan after idle", it, "rest");
});

test("a ReplicaSet with too few pods", async () => {
  await using it = await stage();
  const spec = { replicas: 2 };
  const set = { kind: "ReplicaSet", metadata: meta("set"), spec, status: { replicas: 2 } };
  await it.put(key("replicasets", "set"), set);
  it.checker.step();
  isBroken("a ReplicaSet converges", it, "rest");
});

for (const hard of [{ pods: "1" }, { "requests.cpu": "500m" }])
  test(`one pod more than a quota of ${JSON.stringify(hard)}`, async () => {
    await using it = await stage();
    const quota = { kind: "ResourceQuota", metadata: meta("quota"), spec: { hard } };
    await it.put(key("resourcequotas", "quota"), quota);
    await it.put(key("pods", "a"), pod("a"));
    it.checker.step();
    await it.put(key("pods", "b"), pod("b"));
    isBroken("a quota is never exceeded", it);
  });

const user = { name: "someone", groups: [] };

for (const [isLeaving, what] of [
  [false, "an eviction that a budget does not allow"],
  [true, "an eviction of a pod that is on its way out needs no budget: seed 973"],
] as const)
  test(what, async () => {
    const done: ApiResponse = { status: 201, body: { is: "none" } };
    const labels = { app: "web" };
    const deleted = pod("a", { metadata: { labels, deletionTimestamp: "now" } });
    await using it = await stage({
      handle: async () => {
        await it.put(key("pods", "a"), deleted);
        return done;
      },
    });
    const budget = {
      kind: "PodDisruptionBudget",
      metadata: meta("budget"),
      spec: { selector: { matchLabels: labels } },
      status: { currentHealthy: 1, desiredHealthy: 1, disruptedPods: { a: "now" } },
    };
    await it.put(key("poddisruptionbudgets", "budget"), budget);
    await it.put(key("pods", "a"), isLeaving ? deleted : pod("a", { metadata: { labels } }));
    it.checker.step();
    const client = it.gateway.clientFor({ component: "client", user, fieldManager: "test" });
    const path = "/api/v1/namespaces/default/pods/a/eviction";
    await client.raw({ method: "POST", path });
    if (isLeaving) it.checker.step();
    else isBroken("a PodDisruptionBudget is never violated by an eviction", it);
  });

test("a write that was acknowledged and is not there", async () => {
  const object = {
    kind: "ConfigMap",
    apiVersion: "v1",
    metadata: meta("x", { resourceVersion: "99" }),
  };
  const sealed = {
    object,
    revision: 99,
    json: () => Buffer.from(""),
    typeMetaLength: 0,
    proto: () => Buffer.from(""),
  };
  const done: ApiResponse = { status: 201, body: { is: "object", kind: undefined, sealed } };
  await using it = await stage({ handle: async () => done });
  const client = it.gateway.clientFor({ component: "client", user, fieldManager: "test" });
  await client.raw({ method: "POST", path: "/api/v1/namespaces/default/configmaps" });
  it.checker.step();
  isBroken("no acknowledged write is lost", it, "rest");
});

test("a change that a watch does not tell, and one that it tells twice", async () => {
  for (const [told, when] of [
    [[], "rest"],
    [[2, 2], "step"],
  ] as const) {
    const handle: ApiHandler = async ({ query, path }) => {
      const isPods = path === "/api/v1/pods";
      if (!query.has("watch"))
        return {
          status: 200,
          body: {
            is: "list",
            kind: undefined as never,
            list: { metadata: { resourceVersion: "1" }, items: [] },
          },
        };
      async function* events() {
        await wrote.promise;
        const object = { kind: "Pod", apiVersion: "v1", metadata: {} };
        const sealedAt = (revision: number) => ({
          object,
          revision,
          json: () => Buffer.from(""),
          typeMetaLength: 0,
          proto: () => Buffer.from(""),
        });
        yield (isPods ? told : []).map((revision) => ({
          type: "ADDED" as const,
          sealed: sealedAt(revision),
        }));
        await new Promise(() => undefined);
      }
      return { status: 200, body: { is: "watch", kind: undefined as never, events: events() } };
    };
    const wrote = Promise.withResolvers<void>();
    await using it = await stage({ handle });
    await it.clock.settle();
    await it.put(key("pods", "a"), pod("a"));
    wrote.resolve();
    await it.clock.settle();
    isBroken("watchers see every change once and in order", it, when);
  }
});

test("only a cluster that checks invariants keeps a trace", async () => {
  await using cluster = await createCluster();
  throws(() => cluster.trace, /only a cluster with `invariants: true` keeps a trace/);
});

test("a pod that never ends, one that never runs, a namespace that is never gone", async () => {
  const spec = { nodeName: "one" };
  const deletionTimestamp = "2030-01-01T00:00:00Z";
  const nodes = [{ name: "one", pods: [] }];
  for (const [where, object] of [
    [key("pods", "a"), pod("a", { spec, metadata: { deletionTimestamp } })],
    [key("pods", "a"), pod("a", { spec, status: { phase: "Pending" } })],
    ["/registry/namespaces/a", { kind: "Namespace", metadata: { name: "a", deletionTimestamp } }],
  ] as const) {
    await using it = await stage({ nodes });
    await it.put(where, object);
    it.checker.step();
    isBroken("what begins comes to its end", it, "rest");
  }
});
