import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { Job } from "#api/batch/job.ts";
import { isPodActive, isPodTerminal } from "#api/core/pod-conditions.ts";
import { Pod } from "#api/core/pod.ts";
import { ApiError } from "#api/errors.ts";
import { minutes, seconds, sleep } from "#base/clock.ts";
import { type Log, type LogFields, silent } from "#base/log.ts";
import { below, chance, type Random, seededRandom } from "#base/random.ts";
import type { Client } from "#client/client.ts";
import { InformerSet } from "#client/informer.ts";
import { admin, startTestApi, type TestApi } from "#client/testing.ts";
import { inProcess } from "#client/transports/in-process.ts";
import { createClient } from "#client/typed.ts";
import { drain } from "#sim/clock.ts";
import { jobController } from "./job.ts";
import { type RunOptions, runController } from "./runtime/run.ts";

const at = { namespace: "default", name: "work" };

const work = (spec: object) => ({
  metadata: { ...at, uid: "u" },
  spec: {
    ...spec,
    template: {
      spec: { restartPolicy: "Never" as const, containers: [{ name: "app", image: "work" }] },
    },
  },
});

/** The controller alone, which may end at any moment and begin again, and whoever ends the pods. */
class Bench implements AsyncDisposable {
  readonly api: TestApi;
  readonly client: Client;
  readonly #random: Random;
  readonly #through: (client: Client) => Client;
  #stop = new AbortController();
  #running: Promise<unknown> = Promise.resolve();
  /** What the server would not have at all. */
  readonly refused: string[] = [];

  constructor(api: TestApi, random: Random, through: (client: Client, api: TestApi) => Client) {
    this.api = api;
    this.#random = random;
    this.client = createClient(inProcess(api.handle, admin));
    this.#through = (client) => through(client, api);
    this.start();
  }

  start(): void {
    const stop = new AbortController();
    this.#stop = stop;
    const client = this.#through(this.client);
    const warn = (message: string, fields?: LogFields): void => {
      if (message === "refused as invalid") this.refused.push(String(fields?.["cause"]));
    };
    const log: Log = { ...silent, warn, with: () => log };
    const ports = { client, clock: this.api.clock, random: this.#random, log };
    const informers = new InformerSet(ports, stop.signal);
    this.#running = this.#run({ ...ports, informers, signal: stop.signal });
  }

  async #run(options: RunOptions & { readonly informers: InformerSet }): Promise<void> {
    await using _informers = options.informers;
    await runController(jobController, options);
  }

  async restart(): Promise<void> {
    this.#stop.abort();
    await drain();
    await this.#running;
    this.start();
  }

  job = (): Promise<Job> => this.client.get(Job, at);

  pods = async (): Promise<readonly Pod[]> => (await this.client.list(Pod)).items;

  /** Some pods end, well or badly; those that are asked to go do. */
  async endSome(share: number, failing: number): Promise<void> {
    for (const pod of await this.pods()) {
      const { name = "", namespace } = pod.metadata;
      if (isPodTerminal(pod)) continue;
      if (pod.metadata.deletionTimestamp) {
        await this.client.delete(Pod, { namespace, name }, { gracePeriodSeconds: 0 });
      } else if (chance(this.#random, share)) {
        const phase = chance(this.#random, failing) ? "Failed" : "Succeeded";
        const change = { status: { phase } };
        const to = { namespace, name, subresource: "status" };
        await this.client.patch(Pod, to, { is: "merge", change });
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await drain();
    await this.#running;
    await this.api[Symbol.asyncDispose]();
  }
}

/** Everything takes its time, and watches break off, but nothing that is written can be doubted. */
const slow =
  (random: Random) =>
  (client: Client, { clock }: TestApi): Client => {
    /** Who ends meanwhile has not written. */
    const late = async <T>(signal: AbortSignal | undefined, call: () => Promise<T>): Promise<T> => {
      await sleep(clock, 300 * random.next(), signal ?? new AbortController().signal);
      signal?.throwIfAborted();
      return call();
    };
    return {
      ...client,
      create: (kind, object, options) =>
        late(options?.signal, () => client.create(kind, object, options)),
      updateStatus: (kind, object, options) =>
        late(options?.signal, () => client.updateStatus(kind, object, options)),
      patch: (kind, to, change) => late(change.signal, () => client.patch(kind, to, change)),
      delete: (kind, name, options) =>
        late(options?.signal, () => client.delete(kind, name, options)),
      watch: async function* (kind, options) {
        for await (const batch of client.watch(kind, options)) {
          const { signal = new AbortController().signal } = options;
          await sleep(clock, seconds(2) * random.next(), signal);
          yield batch;
          if (chance(random, 0.05)) return;
        }
      },
    };
  };

/** Requests and replies are lost as well, as long as it storms. */
const stormy =
  (random: Random, isCalm: () => boolean) =>
  (client: Client, api: TestApi): Client => {
    const lossy = async <T>(call: () => Promise<T>): Promise<T> => {
      if (!isCalm() && chance(random, 0.1)) throw new ApiError("ServiceUnavailable", "lost");
      const reply = await call();
      if (!isCalm() && chance(random, 0.1)) throw new ApiError("ServiceUnavailable", "reply lost");
      return reply;
    };
    const late = slow(random)(client, api);
    return {
      ...late,
      create: (...call) => lossy(() => late.create(...call)),
      updateStatus: (...call) => lossy(() => late.updateStatus(...call)),
      patch: (...call) => lossy(() => late.patch(...call)),
      delete: (...call) => lossy(() => late.delete(...call)),
    };
  };

const phases = (pods: readonly Pod[], phase: string): number =>
  pods.filter(({ status }) => status.phase === phase).length;

const isHeld = ({ metadata }: Pod): boolean => (metadata.finalizers ?? []).length > 0;

/** Somebody else writes to the job all the time. */
async function meddle({ client }: Bench, step: number): Promise<void> {
  const change = { metadata: { labels: { step: String(step) } } };
  await client.patch(Job, at, { is: "merge", change });
}

test("killed at any point and slow to see, it never overshoots and counts each pod once", async () => {
  for (let seed = 1; seed <= 10; seed++) {
    const random = seededRandom(seed);
    await using bench = new Bench(await startTestApi(), random, slow(random));
    const { clock } = bench.api;
    await bench.client.create(Job, work({ completions: 12, parallelism: 4, backoffLimit: 100 }));
    for (let step = 0; step < 150; step++) {
      await clock.advance(seconds(2) * random.next());
      await bench.endSome(0.3, 0.2);
      if (chance(random, 0.3)) await meddle(bench, step);
      if (chance(random, 0.2)) await bench.restart();
      const pods = await bench.pods();
      const active = pods.filter(isPodActive).length;
      ok(active <= 4, `${active} active at step ${step}, seed ${seed}`);
      const { succeeded = 0, failed = 0 } = (await bench.job()).status;
      ok(succeeded <= phases(pods, "Succeeded"), `seed ${seed}`);
      ok(failed <= phases(pods, "Failed"), `seed ${seed}`);
    }
    for (let step = 0; step < 40; step++) {
      await clock.advance(minutes(1));
      await bench.endSome(1, 0);
    }
    const { status } = await bench.job();
    const pods = await bench.pods();
    equal(status.conditions?.at(-1)?.type, "Complete", `seed ${seed}`);
    equal(status.succeeded, 12, `seed ${seed}`);
    equal(phases(pods, "Succeeded"), 12, `seed ${seed}`);
    equal(status.failed ?? 0, phases(pods, "Failed"), `seed ${seed}`);
    deepEqual(pods.filter(isHeld), []);
    deepEqual(bench.refused, []);
  }
});

test("whatever the network does, every index succeeds and nothing is left behind", async () => {
  for (let seed = 1; seed <= 10; seed++) {
    let isCalm = false;
    const random = seededRandom(seed);
    const through = stormy(random, () => isCalm);
    await using bench = new Bench(await startTestApi(), random, through);
    const { clock } = bench.api;
    const spec = { completionMode: "Indexed" as const, backoffLimitPerIndex: 50 };
    await bench.client.create(Job, work({ ...spec, completions: 9, parallelism: 3 }));
    for (let step = 0; step < 100; step++) {
      await clock.advance(seconds(3) * random.next());
      await bench.endSome(0.3, 0.3);
      if (chance(random, 0.2)) await bench.restart();
      if (step === 20 || step === 40) {
        const change = { spec: { suspend: step === 20 } };
        await bench.client.patch(Job, at, { is: "merge", change });
      }
    }
    isCalm = true;
    for (let step = 0; step < 60; step++) {
      await clock.advance(minutes(1));
      await bench.endSome(1, 0);
    }
    const { status } = await bench.job();
    equal(status.conditions?.at(-1)?.type, "Complete", `seed ${seed}`);
    equal(status.completedIndexes, "0-8", `seed ${seed}`);
    const pods = await bench.pods();
    deepEqual(pods.filter(isHeld), []);
    deepEqual(bench.refused, []);
    deepEqual(pods.filter(isPodActive), []);
  }
});

test("deleted in the middle of it all, a job lets go of every pod", async () => {
  for (let seed = 1; seed <= 6; seed++) {
    const random = seededRandom(seed);
    await using bench = new Bench(await startTestApi(), random, slow(random));
    const { clock } = bench.api;
    await bench.client.create(Job, work({ completions: 30, parallelism: 6 }));
    const end = below(random, 20);
    for (let step = 0; step < 40; step++) {
      await clock.advance(seconds(1) * random.next());
      await bench.endSome(0.4, 0.1);
      const isHere = step < end;
      if (step === end) await bench.client.delete(Job, at, { propagationPolicy: "Background" });
      if (!isHere && chance(random, 0.3)) await bench.restart();
    }
    await clock.advance(minutes(5));
    deepEqual((await bench.pods()).filter(isHeld), [], `seed ${seed}`);
  }
});

/** How often the controller writes for a job whose pods end within a second. */
async function costOf(
  completions: number,
): Promise<{ readonly status: number; readonly pods: number }> {
  const cost = { status: 0, pods: 0 };
  const counting = (client: Client): Client => ({
    ...client,
    create: (kind, ...call) => {
      if (kind.kind === Pod.kind) cost.pods++;
      return client.create(kind, ...call);
    },
    updateStatus: (...call) => {
      cost.status++;
      return client.updateStatus(...call);
    },
  });
  await using bench = new Bench(await startTestApi(), seededRandom(1), counting);
  await bench.client.create(Job, work({ completions, parallelism: 50 }));
  for (let step = 0; step < completions / 50 + 2; step++) {
    await bench.api.clock.advance(seconds(1));
    await bench.endSome(1, 0);
  }
  const { status } = await bench.job();
  deepEqual([status.succeeded, status.conditions?.at(-1)?.type], [completions, "Complete"]);
  return cost;
}

test("ten times the completions cost ten times the work", async () => {
  const small = await costOf(100);
  const large = await costOf(1_000);
  deepEqual([small.pods, large.pods], [100, 1_000]);
  // A second of swarming pods: one look that counts and adds, and few that see them come.
  ok(large.status <= 22 * 6, `${large.status} writes of the status`);
  ok(large.status <= small.status * 10, `${small.status} and ${large.status}`);
});
