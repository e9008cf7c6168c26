/**
 * A whole cluster in the process of a test: the real API server, scheduler, controllers and kubelets
 * over a store in memory, on a clock that moves when told to. The same seed makes the same run.
 *
 *   await using cluster = await createCluster({ nodes: 3, seed: 7 });
 *   await cluster.apply(deployment);
 *   await cluster.idle();
 */
import { Node } from "#api/core/node.ts";
import { ServiceAccount } from "#api/core/serviceaccount.ts";
import type { ApiObject, Kind } from "#api/kind.ts";
import { findCondition } from "#api/meta/conditions.ts";
import type { User } from "#api/request.ts";
import { serverVersion } from "#apiserver/version.ts";
import { type Log, silent } from "#base/log.ts";
import { type Random, seededRandom } from "#base/random.ts";
import type { Client, Selection, WatchEvent } from "#client/client.ts";
import { memoryStore } from "#store/backends/memory.ts";
import { type WebhookFunction, webhookFunctions } from "#apiserver/admission/webhooks/functions.ts";
import type { Store } from "#store/store.ts";
import { Activity } from "./activity.ts";
import { VirtualClock } from "./clock.ts";
import { type ControlPlane, createControlPlane } from "./control-plane.ts";
import { type Duration, durationMs } from "./duration.ts";
import { type Applicable, kindOf, type Manifest, manifestsOf } from "./manifests.ts";
import type { Behaviour, Behaviours } from "./nodes/behaviour.ts";
import type { NodeOptions } from "./nodes/machine.ts";
import type { SimulatedNode } from "./nodes/node.ts";
import { createSimulatedNodes, type SimulatedNodes } from "./nodes/nodes.ts";
import { seededSigningKey } from "./signing-key.ts";
import { follow } from "./watch.ts";

export interface ClusterOptions {
  /** How many alike, or each on its own; none when absent. */
  readonly nodes?: number | readonly NodeOptions[];
  /** Everything that is left to chance comes from it; 1 when absent. */
  readonly seed?: number;
  /** What containers do; by default they start in about a second and run for ever. */
  readonly behaviours?: readonly Behaviour[];
  /**
   * Admission webhooks, by the URL that their configurations name, or
   * `https://name.namespace.svc:443/path` behind a Service.
   */
  readonly webhooks?: Readonly<Record<string, WebhookFunction>>;
  /** What the components say; nobody listens when absent. */
  readonly log?: Log;
  /** Ends what is under way, and the cluster with it. */
  readonly signal?: AbortSignal;
}

export interface IdleOptions {
  /** So long nothing may change before the cluster counts as idle: 10 s when absent. */
  readonly quiet?: Duration;
  /** When it is still busy after so long, it never will be idle: an hour when absent. */
  readonly limit?: Duration;
}

export interface FollowOptions extends Selection {
  /** Changes after it; the state first, as ADDED, when absent. */
  readonly resourceVersion?: string;
  readonly signal?: AbortSignal;
}

export interface Cluster extends AsyncDisposable {
  /** The administrator's. */
  readonly client: Client;
  /** A name, or a name with groups; `system:serviceaccount:<namespace>:<name>` brings its groups. */
  readonly clientFor: (user: string | User) => Client;
  readonly clock: VirtualClock;
  readonly nodes: readonly SimulatedNode[];
  /** Rules may be added and taken away while the cluster runs. */
  readonly behaviours: Behaviours;
  /** Creates or changes what is described, and resolves with the objects as they are stored. */
  readonly apply: (what: Applicable) => Promise<readonly ApiObject[]>;
  /** Lets time pass until nothing happens any more but heartbeats. Throws when that never comes. */
  readonly idle: (options?: IdleOptions) => Promise<void>;
  /** What happens to objects of a kind, one by one, until the signal or the cluster ends. */
  readonly watch: <T extends ApiObject>(
    kind: Kind<T>,
    options?: FollowOptions,
  ) => AsyncIterable<Exclude<WatchEvent<T>, { readonly type: "BOOKMARK" }>>;
}

const admin: User = { name: "kubernetes-admin", groups: ["system:masters"] };
const fieldManager = "k8ts-testing";

/** Resolves when all nodes are ready. */
export async function createCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const cluster = new SimulatedCluster(options);
  try {
    await cluster.start();
    return cluster;
  } catch (cause) {
    await cluster[Symbol.asyncDispose]();
    throw cause;
  }
}

const startMs = Date.UTC(2030, 0, 1);

/** What every cluster has, as the first one of this process made it: the others begin with a fork. */
const made: { store: Store | undefined } = { store: undefined };

class SimulatedCluster implements Cluster {
  readonly clock = new VirtualClock(startMs, () => this.#check());
  readonly client: Client;
  readonly #store: Store;
  readonly #activity: Activity;
  readonly #nodes: SimulatedNodes;
  readonly #control: ControlPlane;
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  #random: Random = seededRandom(0);
  readonly #seed: number;
  #running: Promise<unknown> = Promise.resolve();
  #failure: { readonly cause: unknown } | undefined;

  constructor(options: ClusterOptions) {
    const { nodes = 0, seed = 1, behaviours = [], webhooks = {}, log = silent, signal } = options;
    this.#seed = seed;
    this.#signal = signal ? AbortSignal.any([signal, this.#stop.signal]) : this.#stop.signal;
    const fork = made.store?.fork?.();
    // Without a clock: a fork keeps that of the first cluster, and no two runs are to differ.
    this.#store = fork ?? memoryStore();
    this.#activity = new Activity(this.#store, this.clock);
    const { clock } = this;
    const random: Random = {
      next: () => this.#random.next(),
      bytes: (count) => this.#random.bytes(count),
    };
    this.#nodes = createSimulatedNodes({
      nodes,
      behaviours,
      clock,
      random,
      log,
      clientFor: (user, manager) => this.#control.clientFor(user, manager),
      version: serverVersion.gitVersion,
      clusterDns: ["10.96.0.10"],
    });
    this.#control = createControlPlane({
      store: this.#store,
      isBootstrapped: fork !== undefined,
      clock,
      random,
      log,
      http: noNetwork,
      kubelets: this.#nodes.dialer,
      webhooks: webhookFunctions(webhooks),
      address: { host: "172.18.0.1", port: 6443 },
      serverUrl: "https://172.18.0.1:6443",
      ca: noCertificate,
      signingKey: seededSigningKey(seededRandom(seed)),
      serviceCidr: "10.96.0.0/12",
      podCidr: podCidrFor(this.#nodes.nodes.length),
      clusterDomain: "cluster.local",
      outside: clock.outside,
      isFreezing: true,
    });
    this.client = this.clientFor(admin);
  }

  async start(): Promise<void> {
    const { clock } = this;
    await this.#control.start(this.#signal);
    made.store ??= this.#store.fork?.();
    this.#random = seededRandom(this.#seed);
    this.#running = Promise.all([
      this.#control.run(this.#signal),
      this.#nodes.run(this.#signal),
    ]).catch((cause: unknown) => {
      this.#failure = { cause };
      this.#stop.abort();
    });
    const limit = clock.now() + durationMs("2 minutes");
    await clock.settle();
    while (!this.#isReady()) {
      this.#check();
      if (!(await clock.step(limit))) throw new Error("not all nodes became ready");
    }
  }

  get nodes(): readonly SimulatedNode[] {
    return this.#nodes.nodes;
  }

  get behaviours(): Behaviours {
    return this.#nodes.behaviours;
  }

  readonly clientFor = (user: string | User): Client =>
    this.#control.clientFor(typeof user === "string" ? userOf(user) : user, fieldManager);

  readonly apply = async (what: Applicable): Promise<readonly ApiObject[]> => {
    const applied: ApiObject[] = [];
    for (const manifest of manifestsOf(what)) {
      applied.push(await this.#during(this.#applyOne(manifest)));
      // A new namespace gets what it needs before something is put into it.
      await this.clock.settle();
    }
    return applied;
  };

  readonly idle = async ({ quiet = "10s", limit = "1h" }: IdleOptions = {}): Promise<void> => {
    const { clock } = this;
    const [quietMs, limitMs] = [durationMs(quiet), clock.now() + durationMs(limit)];
    const askedMs = clock.now();
    await clock.settle();
    while (true) {
      this.#check();
      const sinceMs = Math.max(askedMs, this.#activity.lastMs);
      if (sinceMs > limitMs)
        throw new Error(`still busy after ${limit}: ${this.#activity.lastKey} changed just now`);
      if (await clock.step(sinceMs + quietMs)) continue;
      return clock.advance(Math.max(sinceMs + quietMs - clock.now(), 0));
    }
  };

  readonly watch: Cluster["watch"] = (kind, options = {}) => {
    const { signal = this.#signal } = options;
    return follow(this.client, kind, {
      ...options,
      signal: AbortSignal.any([signal, this.#signal]),
    });
  };

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#during(this.#running);
    this.#activity[Symbol.dispose]();
    await this.#control[Symbol.asyncDispose]();
    await this.#store[Symbol.asyncDispose]();
    if (this.#failure) throw this.#failure.cause;
  }

  #applyOne(manifest: Manifest): Promise<ApiObject> {
    const kind = kindOf(manifest);
    const isNamespaced = kind.scope === "Namespaced";
    const metadata = isNamespaced
      ? { namespace: "default", ...manifest.metadata }
      : manifest.metadata;
    const object = { ...manifest, metadata };
    const { name } = manifest.metadata ?? {};
    if (name === undefined) return this.client.create(kind as Kind, object);
    const at = { name, ...(isNamespaced ? { namespace: metadata?.namespace } : {}) };
    return this.client.patch(kind as Kind, at, { is: "apply", object, force: true });
  }

  /** Time passes while the work waits for it, and only then. */
  async #during<T>(work: Promise<T>): Promise<T> {
    const state = { isOver: false };
    const over = (): void => void (state.isOver = true);
    work.then(over, over);
    const limit = this.clock.now() + durationMs("1h");
    await this.clock.settle();
    while (!state.isOver && (await this.clock.step(limit)));
    return work;
  }

  #isReady(): boolean {
    const { reader } = this.#control.server.registry;
    const isNodeReady = ({ name }: SimulatedNode): boolean => {
      const { conditions = [] } = reader.get(Node, "", name)?.object.status ?? {};
      return findCondition(conditions, "Ready")?.status === "True";
    };
    return (
      Boolean(reader.get(ServiceAccount, "default", "default")) && this.nodes.every(isNodeReady)
    );
  }

  /** A component that ended on a bug ends the run. */
  #check(): void {
    if (this.#failure) throw this.#failure.cause;
    this.#signal.throwIfAborted();
  }
}

/** The usual range has room for 256 nodes. */
const podCidrFor = (nodes: number): string => (nodes <= 256 ? "10.244.0.0/16" : "10.128.0.0/9");

function userOf(name: string): User {
  const [, namespace] = /^system:serviceaccount:([^:]+):[^:]+$/.exec(name) ?? [];
  const accounts = namespace
    ? ["system:serviceaccounts", `system:serviceaccounts:${namespace}`]
    : [];
  return { name, groups: [...accounts, "system:authenticated"] };
}

/** Nobody connects by TLS to a cluster within a test. */
const noCertificate = "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n";

const refuse = async ({ url }: { readonly url: string }): Promise<never> => {
  throw Object.assign(new Error(`${url}: a simulated cluster has no network`), {
    code: "ENETUNREACH",
  });
};

const noNetwork = { call: refuse, upgrade: refuse };
