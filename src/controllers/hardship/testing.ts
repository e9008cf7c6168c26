/**
 * What every controller has to bear, written once: work, restarts at any moment, writes that are
 * refused or whose answer is lost, others who write at the same time, and deletion in the middle. In
 * virtual time, from a seed.
 */
import { Pod } from "#api/core/pod.ts";
import { ApiError, isReason } from "#api/errors.ts";
import type { AnyKind, ApiObject } from "#api/kind.ts";
import { servedKinds } from "#api/served-kinds.ts";
import { minutes, seconds } from "#base/clock.ts";
import { below, chance, type Random, seededRandom } from "#base/random.ts";
import type { Client } from "#client/client.ts";
import type { Authority } from "../certificates/signer.ts";
import { startTestCluster, type TestCluster } from "../testing.ts";

export interface Scenario {
  readonly name: string;
  /** Made in this order; with the first one that is deleted, everything has to go. */
  readonly objects: readonly (readonly [kind: AnyKind, manifest: object])[];
  /** What a user or a kubelet does on the way, each second. */
  readonly act?: (client: Client) => Promise<void>;
  /** Comes out the same whatever happened. */
  readonly outcome: (client: Client) => Promise<readonly string[]>;
  readonly expected: readonly string[];
  /** Signs certificates. */
  readonly authority?: Authority;
}

export interface Trouble {
  readonly seed: number;
  readonly restarts?: boolean;
  readonly faults?: boolean;
  /** Somebody else changes what a controller is about to write, a moment before. */
  readonly rivals?: boolean;
}

/** Once: as a user would. */
export function once(
  work: (client: Client) => Promise<unknown>,
): (client: Client) => Promise<void> {
  const asked = new WeakSet<Client>();
  return async (client) => {
    if (asked.has(client)) return;
    asked.add(client);
    await work(client);
  };
}

const calmMs = minutes(2);
const troubledSeconds = 12;
const restartShare = 0.3;
const faultShare = 0.25;
const rivalShare = 0.5;

/** Everything is as it should be, after so much trouble. */
export async function endure(scenario: Scenario, trouble: Trouble): Promise<readonly string[]> {
  await using run = await Run.start(scenario, trouble);
  await run.make(scenario);
  await run.troubled(scenario);
  await run.calm(scenario);
  return scenario.outcome(run.cluster.client);
}

/** What is left of it when it is deleted at a moment that the seed says. */
export async function vanish(scenario: Scenario, trouble: Trouble): Promise<readonly string[]> {
  await using run = await Run.start(scenario, trouble);
  await run.make(scenario);
  await run.cluster.advance(below(run.random, seconds(4)));
  const [[kind, manifest] = [Pod, {}]] = scenario.objects;
  const { metadata } = manifest as ApiObject;
  const at = { namespace: metadata.namespace, name: metadata.name ?? "" };
  const policies = ["Background", "Foreground"] as const;
  const propagationPolicy = policies[below(run.random, policies.length)] ?? "Background";
  await run.cluster.client.delete(kind, at, { propagationPolicy });
  await run.troubled({ ...scenario, act: async () => undefined });
  await run.cluster.advance(calmMs);
  return run.owned();
}

const namespace = "default";

class Run implements AsyncDisposable {
  readonly cluster: TestCluster;
  readonly random: Random;
  readonly #trouble: Trouble;
  readonly #weather: Weather;

  private constructor(cluster: TestCluster, trouble: Trouble, weather: Weather) {
    this.cluster = cluster;
    this.#trouble = trouble;
    this.#weather = weather;
    this.random = seededRandom(trouble.seed * 31);
  }

  static async start({ authority }: Scenario, trouble: Trouble): Promise<Run> {
    const weather = new Weather(seededRandom(trouble.seed * 17));
    const cluster = await startTestCluster({
      seed: trouble.seed,
      podsReadyAfterMs: 500,
      through: weather.through,
      ...(authority ? { authority } : {}),
    });
    if (trouble.rivals) weather.rival = cluster.client;
    return new Run(cluster, trouble, weather);
  }

  async make({ objects }: Scenario): Promise<void> {
    this.#weather.isBad = this.#trouble.faults ?? false;
    for (const [kind, manifest] of objects) await this.cluster.client.create(kind, manifest);
  }

  async troubled({ act }: Scenario): Promise<void> {
    for (let second = 0; second < troubledSeconds; second++) {
      await this.cluster.advance(below(this.random, seconds(2)));
      if (this.#trouble.restarts && chance(this.random, restartShare)) await this.cluster.restart();
      await act?.(this.cluster.client);
    }
    this.#weather.isBad = false;
    this.#weather.rival = undefined;
  }

  async calm({ act }: Scenario): Promise<void> {
    for (let step = 0; step < 4; step++) {
      await this.cluster.advance(calmMs / 4);
      await act?.(this.cluster.client);
    }
    await this.cluster.advance(seconds(5));
  }

  /** Objects that were made for others. */
  async owned(): Promise<readonly string[]> {
    const kinds = servedKinds().filter(({ scope, storage }) => scope === "Namespaced" && storage);
    const found = await Promise.all(
      kinds.map(async (kind) => {
        const { items } = await this.cluster.client.list<ApiObject>(kind, { namespace });
        return items
          .filter(({ metadata }) => metadata.ownerReferences?.length)
          .map(({ metadata }) => `${kind.kind} ${metadata.name}`);
      }),
    );
    return found.flat();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cluster[Symbol.asyncDispose]();
  }
}

/** On the way between the controllers and the server. */
class Weather {
  isBad = false;
  rival: Client | undefined;
  #disturbances = 0;
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  readonly through = (client: Client): Client => ({
    ...client,
    create: (...call) => this.#write(() => client.create(...call)),
    update: async (kind, object, options) => {
      await this.#disturb(kind, object.metadata);
      return this.#write(() => client.update(kind, object, options));
    },
    updateStatus: async (kind, object, options) => {
      await this.#disturb(kind, object.metadata);
      return this.#write(() => client.updateStatus(kind, object, options));
    },
    patch: async (kind, at, change) => {
      await this.#disturb(kind, at);
      return this.#write(() => client.patch(kind, at, change));
    },
    delete: (...call) => this.#write(() => client.delete(...call)),
    raw: (request) =>
      request.method === "GET" ? client.raw(request) : this.#write(() => client.raw(request)),
  });

  /** What is about to be written is not what it was looked at as any more. */
  async #disturb(kind: AnyKind, metadata: ApiObject["metadata"]): Promise<void> {
    if (!this.rival || !chance(this.#random, rivalShare)) return;
    const annotations = { rival: String(++this.#disturbances) };
    try {
      const at = { namespace: metadata.namespace, name: metadata.name ?? "" };
      await this.rival.patch(kind, at, { is: "merge", change: { metadata: { annotations } } });
    } catch (cause) {
      if (!isReason(cause, "NotFound")) throw cause;
    }
  }

  /** Refused because somebody else was faster, or done and nobody hears of it. */
  async #write<T>(write: () => Promise<T>): Promise<T> {
    if (!this.isBad || !chance(this.#random, faultShare)) return write();
    if (chance(this.#random, 0.5)) throw new ApiError("Conflict", "somebody else was faster");
    await write();
    throw new ApiError("Timeout", "the answer was lost");
  }
}
