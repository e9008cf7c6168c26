import { deepEqual, equal, match, ok } from "node:assert/strict";
import { test } from "node:test";
import { Deployment } from "#api/apps/deployment.ts";
import { Lease } from "#api/coordination/lease.ts";
import type { PodPlacement } from "#api/core/pod-placement.ts";
import { Pod } from "#api/core/pod.ts";
import type { Status } from "#api/meta/status.ts";
import { silent } from "#base/log.ts";
import { seededRandom } from "#base/random.ts";
import type { Client } from "#client/client.ts";
import { memoryStore } from "#store/backends/memory.ts";
import type { Store } from "#store/store.ts";
import { VirtualClock } from "./clock.ts";
import { type ControlPlane, createControlPlane } from "./control-plane.ts";
import { createSimulatedNodes } from "./nodes/nodes.ts";
import { seededSigningKey } from "./signing-key.ts";
import { StoreGate } from "./store-gate.ts";

const unused = async (): Promise<never> => {
  throw new Error("not part of this test");
};

/** A control plane over the common store; `kill` takes it away from it, as the end of its process would. */
class Replica {
  readonly client: Client;
  readonly control: ControlPlane;
  readonly #kill = new AbortController();
  readonly #stop = new AbortController();
  readonly #clock: VirtualClock;
  #running: Promise<void> = Promise.resolve();

  constructor(name: string, store: Store, clock: VirtualClock) {
    const random = seededRandom(name.charCodeAt(0));
    const signingKey = seededSigningKey(seededRandom(1));
    this.#clock = clock;
    this.control = createControlPlane({
      replica: name,
      store: new StoreGate().open(store, this.#kill.signal),
      clock,
      random,
      log: silent,
      http: { call: unused, upgrade: unused },
      kubelets: { call: unused, upgrade: unused },
      address: { host: "192.0.2.1", port: 6443 },
      serverUrl: "https://192.0.2.1:6443",
      ca: "CA",
      signingKey: () => signingKey,
      serviceCidr: "10.96.0.0/12",
      podCidr: "10.244.0.0/16",
      clusterDomain: "cluster.local",
      outside: clock.outside,
      isFreezing: true,
    });
    const admin = { name: "admin", groups: ["system:masters"] };
    this.client = this.control.clientFor(admin, "test");
  }

  async start(): Promise<void> {
    await this.control.start(this.#stop.signal);
    this.#running = this.control.run(this.#stop.signal);
  }

  kill(): void {
    this.#kill.abort();
  }

  /** Its components come to rest; it still answers. */
  stop(): void {
    this.#stop.abort();
  }

  async end(): Promise<void> {
    this.stop();
    await this.#clock.advance("5s");
    await this.#running;
    await this.control[Symbol.asyncDispose]();
  }
}

interface Bench {
  readonly clock: VirtualClock;
  readonly a: Replica;
  readonly b: Replica;
  readonly runsIn: (limitMs: number, app: string) => Promise<number>;
}

async function withReplicas(run: (bench: Bench) => Promise<void>): Promise<void> {
  const clock = new VirtualClock();
  await using store = memoryStore({ clock });
  const [a, b] = [new Replica("a", store, clock), new Replica("b", store, clock)];
  await a.start();
  await clock.advance("1s");
  await b.start();
  const stop = new AbortController();
  const nodes = createSimulatedNodes({
    nodes: 1,
    behaviours: [{ pullMs: 0, startMs: 0 }],
    clock,
    random: seededRandom(3),
    log: silent,
    clientFor: (user, manager) => b.control.clientFor(user, manager),
    version: "v1.36.0",
  });
  const running = nodes.run(stop.signal);
  await clock.advance("10s");
  await run({ clock, a, b, runsIn: (limitMs, app) => runsIn(b.client, { clock, limitMs, app }) });
  stop.abort();
  await clock.advance("5s");
  await running;
  await a.end();
  await b.end();
}

const workload = (app: string) => ({
  metadata: { name: app, namespace: "default" },
  spec: {
    selector: { matchLabels: { app } },
    template: { metadata: { labels: { app } }, spec: { containers: [{ name: "c", image: "i" }] } },
  },
});

/** How long it takes until a new workload's pod runs: it needs controllers and the scheduler. */
async function runsIn(
  client: Client,
  { clock, limitMs, app }: { clock: VirtualClock; limitMs: number; app: string },
): Promise<number> {
  await client.create(Deployment, workload(app));
  const stepMs = 50;
  for (let passedMs = 0; passedMs <= limitMs; passedMs += stepMs) {
    const { items } = await client.list(Pod, { labelSelector: `app=${app}` });
    if (items.some(({ status }) => status.phase === "Running")) return passedMs;
    await clock.advance(stepMs);
  }
  return Infinity;
}

const leases = ["kube-scheduler", "kube-controller-manager", "cloud-controller-manager"];

const holders = ({ client }: Replica): Promise<readonly (string | undefined)[]> =>
  Promise.all(
    leases.map(async (name) => {
      const lease = await client.get(Lease, { namespace: "kube-system", name });
      return lease.spec.holderIdentity;
    }),
  );

test("Of two control planes over one store one works, both answer", () =>
  withReplicas(async ({ a, b, clock, runsIn: within }) => {
    deepEqual(await holders(b), ["a", "a", "a"]);
    ok((await within(5_000, "web")) < 2_000);
    await clock.advance("10m");
    deepEqual(await holders(a), ["a", "a", "a"]);
    equal((await a.client.list(Deployment)).items.length, 1);
  }));

for (const phaseMs of [0, 100, 200, 300, 400, 450]) {
  test(`When the one that works is killed, the other takes over within three seconds (${phaseMs})`, () =>
    withReplicas(async ({ a, b, clock, runsIn: within }) => {
      const alive = await within(5_000, "before");
      await clock.advance(phaseMs);
      a.kill();
      const afterwards = await within(10_000, "after");
      ok(afterwards - alive <= 3_000, `${afterwards} ms instead of ${alive} ms`);
      // The pod did not need the load balancers, whose turn may come a little later.
      await clock.advance(Math.max(3_000 - afterwards, 0));
      deepEqual(await holders(b), ["b", "b", "b"]);
    }));
}

test("One that ends in good order hands over at once", () =>
  withReplicas(async ({ a, b, clock }) => {
    const ended = a.end();
    await clock.advance("2s");
    deepEqual(await holders(b), ["b", "b", "b"]);
    await ended;
  }));

/** The status of the answer, and its node or its message. */
async function why({ client }: Replica, pod: string): Promise<readonly [number, string]> {
  const path = `/api/v1/namespaces/default/pods/${pod}/why`;
  const { status, body } = await client.raw({ method: "GET", path });
  if (body.is === "object") return [status, (body.sealed.object as Status).message ?? ""];
  ok(body.is === "bytes");
  const answer = JSON.parse(Buffer.concat([body.bytes].flat()).toString()) as PodPlacement;
  return [status, answer.nodeName ?? ""];
}

test("Why a pod is where it is says the one whose scheduler works, and no longer when it has ended", () =>
  withReplicas(async ({ a, b, clock, runsIn: within }) => {
    await within(5_000, "web");
    const [pod] = (await a.client.list(Pod)).items;
    const { metadata: { name = "" } = {}, spec: { nodeName = "" } = {} } = pod ?? {};
    deepEqual(await why(a, name), [200, nodeName]);
    const [status, message] = await why(b, name);
    equal(status, 503);
    match(message, /no scheduler is at work in this control plane.*kube-system\/kube-scheduler/);
    a.stop();
    await clock.advance("2s");
    equal((await why(a, name))[0], 503);
    deepEqual(await why(b, name), [200, nodeName]);
  }));
