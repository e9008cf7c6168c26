/** The cluster of `cluster.ts`, at work. */
import { Node } from "#api/core/node.ts";
import { ServiceAccount } from "#api/core/serviceaccount.ts";
import { FeatureGates } from "#api/feature-gates.ts";
import type { AnyKind, ApiObject } from "#api/kind.ts";
import { findCondition } from "#api/meta/conditions.ts";
import type { User } from "#api/request.ts";
import { type WebhookFunction, webhookFunctions } from "#apiserver/admission/webhooks/functions.ts";
import type { SigningKey } from "#apiserver/authn/token-issuer.ts";
import { type Inheritance, shared } from "#apiserver/cache/watch-cache.ts";
import { createHttpHandler } from "#apiserver/http.ts";
import { serverVersion } from "#apiserver/version.ts";
import { silent } from "#base/log.ts";
import { type Random, type SeededRandom, seededRandom } from "#base/random.ts";
import type { Client } from "#client/client.ts";
import { memoryStore } from "#store/backends/memory.ts";
import type { Store } from "#store/store.ts";
import { Activity } from "./activity.ts";
import { applyManifest } from "./apply.ts";
import { backKubeConfig, type KubeConfigLike } from "./client-node.ts";
import { VirtualClock } from "./clock.ts";
import { checkOptions } from "./checked-options.ts";
import type { Cluster, ClusterOptions, IdleOptions } from "./cluster.ts";
import { Supervised } from "./components.ts";
import {
  componentNames,
  type ControlPlane,
  type ControlPlaneOptions,
  createControlPlane,
} from "./control-plane.ts";
import { durationMs } from "./duration.ts";
import type { FaultWorld } from "./faults/fault.ts";
import { Faults } from "./faults/faults.ts";
import { Gateway } from "./gateway.ts";
import { Checker } from "./invariants/checker.ts";
import { Guests } from "./guests.ts";
import { type Applicable, manifestsOf } from "./manifests.ts";
import { Behaviours } from "./nodes/behaviour.ts";
import { createSimulatedNodes, type NodeHandle, type SimulatedNodes } from "./nodes/nodes.ts";
import { noOutsideWorld, type OutsideWorld, type Served } from "./outside-world.ts";
import { ServerProcess } from "./server-process.ts";
import { serve, type ServeOptions } from "./serving.ts";
import { settingsFor } from "./settings.ts";
import { seededSigningKey } from "./signing-key.ts";
import { testAuthority } from "./test-authority.ts";
import { StoreGate } from "./store-gate.ts";
import { follow } from "./watch.ts";
import { admin, kubeletOf, userOf } from "./users.ts";
import { WebhookGate, webhooksBehindUrls } from "./webhook-gate.ts";
import { Webhooks } from "./webhooks.ts";

const fieldManager = "k8ts-testing";

/** What a cluster goes on from. */
interface Beginnings {
  readonly store: Store;
  /** It has what every cluster has. */
  readonly isBootstrapped?: boolean;
  /** What a server over the store's origin had read. */
  readonly inherited?: Inheritance | undefined;
  readonly clock?: VirtualClock;
  readonly random?: SeededRandom;
  readonly nodes?: SimulatedNodes;
  readonly webhooks?: Readonly<Record<string, WebhookFunction>>;
}

/** What every cluster has, as the first one of this process made it: the others that start then begin with a fork. */
const made: { first: (() => Beginnings) | undefined } = { first: undefined };

/** Resolves when all nodes are ready. */
export async function createCluster(options: ClusterOptions = {}): Promise<Cluster> {
  checkOptions(options);
  const template = isUsual(options) ? made.first : undefined;
  const cluster = new SimulatedCluster(options, template?.() ?? { store: memoryStore() });
  try {
    await cluster.start();
    return cluster;
  } catch (cause) {
    await cluster[Symbol.asyncDispose]();
    throw cause;
  }
}

/** It begins like most: other gates make other roles, another time shows in every object, another authority in some. */
const isUsual = ({ startsAt, authority, featureGates = {} }: ClusterOptions): boolean =>
  !startsAt && !authority && Object.keys(featureGates).length === 0;

class SimulatedCluster implements Cluster {
  readonly clock: VirtualClock;
  readonly webhooks: Webhooks;
  readonly #options: ClusterOptions;
  readonly #gates: FeatureGates;
  readonly #outside: OutsideWorld;
  readonly #guests = new Guests();
  readonly #store: Store;
  readonly #activity: Activity;
  readonly #nodes: SimulatedNodes;
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  readonly #gateway = new Gateway(() => this.#server.handle);
  readonly #storeGate = new StoreGate();
  readonly #webhookGate = new WebhookGate();
  readonly #server: ServerProcess;
  readonly #supervised = new Map<string, Supervised>();
  readonly #faults: Faults;
  #checker: Checker | undefined;
  #client: Client | undefined;
  #random: SeededRandom;
  /** Made for the first token: most tests have none. */
  #signingKey: SigningKey | undefined;
  #running: Promise<unknown> | undefined;
  #failure: { readonly cause: unknown } | undefined;
  readonly #chance: Random = {
    next: () => this.#random.next(),
    bytes: (count) => this.#random.bytes(count),
  };

  constructor(options: ClusterOptions, from: Beginnings) {
    const { signal } = options;
    this.#options = options;
    this.#gates = new FeatureGates(options.featureGates);
    this.#signal = signal ? AbortSignal.any([signal, this.#stop.signal]) : this.#stop.signal;
    this.#store = from.store;
    this.#outside = options.outside ?? noOutsideWorld;
    this.webhooks = new Webhooks(from.webhooks ?? options.webhooks ?? {}, this.apply);
    const hooks = {
      check: () => this.#check(),
      moving: () => this.#begin(),
      isBusy: () => this.#guests.isBusy(),
    };
    this.clock = from.clock?.fork(hooks) ?? new VirtualClock(options.startsAt?.getTime(), hooks);
    this.#random = from.random ?? seededRandom(0);
    this.#activity = new Activity(this.#store, this.clock);
    this.#nodes = this.#createNodes(from);
    this.#server = new ServerProcess({
      store: this.#store,
      isBootstrapped: from.isBootstrapped ?? false,
      inherited: from.inherited,
      gateway: this.#gateway,
      storeGate: this.#storeGate,
      signal: this.#signal,
      create: (start) => this.#createControl(start),
    });
    this.#faults = new Faults(this.#faultWorld());
  }

  #createNodes(from: Beginnings): SimulatedNodes {
    const { nodes = 0, kubelets = "whole", behaviours = [], log = silent } = this.#options;
    return createSimulatedNodes({
      nodes,
      behaviours: from.nodes?.behaviours.fork() ?? new Behaviours(behaviours),
      clock: this.clock,
      random: this.#chance,
      log,
      kubelets,
      clientFor: (user, manager, gate) =>
        this.#gateway.clientFor({ component: kubeletOf(user), user, fieldManager: manager, gate }),
      version: serverVersion.gitVersion,
      clusterDns: ["10.96.0.10"],
      origin: from.nodes,
    });
  }

  async start(): Promise<void> {
    const { clock } = this;
    await this.#server.start();
    if (isUsual(this.#options)) made.first ??= this.#template();
    this.#random = seededRandom(this.seed);
    if (this.#options.invariants) await this.#startChecker();
    const limit = clock.now() + durationMs("2 minutes");
    this.#begin();
    await clock.settle();
    while (!this.#isReady()) {
      this.#check();
      if (!(await clock.step(limit))) throw new Error("not all nodes became ready");
    }
  }

  readonly fork = (): Cluster => {
    this.#check();
    const store = this.#store.fork?.();
    if (!store) throw new TypeError("this store has no forks");
    const inherited = this.#server.inheritance();
    return new SimulatedCluster(this.#options, {
      store,
      isBootstrapped: true,
      inherited,
      clock: this.clock,
      random: this.#random.fork(),
      nodes: this.#nodes,
      webhooks: this.webhooks.functions,
    });
  };

  readonly serve = (options: ServeOptions = {}): Promise<Served> => {
    this.#begin();
    const { authority } = this.#options;
    return serve(this.#outside, this.#gateway, { ...options, ...(authority ? { authority } : {}) });
  };

  readonly kubeConfig = <T extends KubeConfigLike>(config: T, user: string | User = admin): T => {
    const who = typeof user === "string" ? userOf(user) : user;
    const handler = createHttpHandler(this.#gateway.handlerFor("client", who));
    return backKubeConfig(config, { handler, user: who.name, touch: this.#guests.touch });
  };

  get seed(): number {
    return this.#options.seed ?? 1;
  }

  get faults(): Faults {
    return this.#faults;
  }

  get trace(): string {
    if (this.#checker) return this.#checker.trace;
    throw new TypeError("only a cluster with `invariants: true` keeps a trace");
  }

  get client(): Client {
    return (this.#client ??= this.clientFor(admin));
  }

  get nodes(): readonly NodeHandle[] {
    return this.#nodes.nodes;
  }

  get behaviours(): Behaviours {
    return this.#nodes.behaviours;
  }

  readonly clientFor = (user: string | User): Client =>
    this.#gateway.clientFor({
      component: "client",
      user: typeof user === "string" ? userOf(user) : user,
      fieldManager,
    });

  readonly apply = async (what: Applicable): Promise<readonly ApiObject[]> => {
    this.#begin();
    const applied: ApiObject[] = [];
    for (const manifest of await manifestsOf(what, this.#outside.read)) {
      applied.push(await this.#during(applyManifest(this.client, manifest, this.#kinds())));
      // A new namespace gets what it needs before something is put into it.
      await this.clock.settle();
    }
    return applied;
  };

  readonly idle = async ({ quiet = "10s", limit = "1h" }: IdleOptions = {}): Promise<void> => {
    const { clock } = this;
    const [quietMs, limitMs] = [durationMs(quiet), clock.now() + durationMs(limit)];
    const askedMs = clock.now();
    this.#begin();
    await clock.settle();
    while (true) {
      this.#check();
      const sinceMs = Math.max(askedMs, this.#activity.lastMs);
      if (sinceMs > limitMs)
        throw new Error(`still busy after ${limit}: ${this.#activity.lastKey} changed just now`);
      if (await clock.step(sinceMs + quietMs)) continue;
      await clock.advance(Math.max(sinceMs + quietMs - clock.now(), 0));
      this.#activity.rested();
      if (this.#faults.isCalm) this.#checker?.rest();
      return;
    }
  };

  get isBusy(): boolean {
    return this.#activity.isNew;
  }

  readonly watch: Cluster["watch"] = (kind, options = {}) => {
    const { signal = this.#signal } = options;
    return follow(this.client, kind, {
      ...options,
      signal: AbortSignal.any([signal, this.#signal]),
    });
  };

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    if (this.#running) await this.#during(this.#running);
    this.#activity[Symbol.dispose]();
    this.#checker?.[Symbol.dispose]();
    await this.#server[Symbol.asyncDispose]();
    await this.#store[Symbol.asyncDispose]();
    if (this.#failure) throw this.#failure.cause;
  }

  /** Components start when time first moves, and not before: a fork is to cost nothing. */
  #begin(): void {
    if (this.#running || this.#stop.signal.aborted) return;
    const components = this.#server.control.components;
    for (const each of components)
      this.#supervised.set(each.name, new Supervised(each, this.#gateway));
    this.#running = Promise.all([
      ...Array.from(this.#supervised.values(), (component) => component.run(this.#signal)),
      this.#nodes.run(this.#signal),
    ]).catch((cause: unknown) => {
      this.#failure = { cause };
      this.#stop.abort();
    });
  }

  #faultWorld(): FaultWorld {
    const nodes = this.#nodes.nodes;
    const kubelets = nodes.map(({ name }) => `kubelet/${name}`);
    return {
      clock: this.clock,
      random: seededRandom(this.seed ^ faultSeed),
      gateway: this.#gateway,
      store: this.#storeGate,
      webhooks: this.#webhookGate,
      nodes,
      components: ["kube-apiserver", ...componentNames, ...kubelets],
      crash: (name) => this.#crash(name),
    };
  }

  #crash(name: string): Disposable {
    this.#begin();
    if (name === "kube-apiserver") {
      this.#server.crash();
      return { [Symbol.dispose]: () => this.#server.restart() };
    }
    const component = this.#supervised.get(name);
    if (component) {
      component.crash();
      return { [Symbol.dispose]: () => component.restart() };
    }
    const node = this.#nodes.find(name.replace("kubelet/", ""));
    const stopped = node?.stopKubelet();
    this.#gateway.cut(name);
    return {
      [Symbol.dispose]: () => void stopped?.then(() => node?.isOn && node.startKubelet()),
    };
  }

  async #startChecker(): Promise<void> {
    this.#checker = await Checker.start({
      store: this.#store,
      gateway: this.#gateway,
      nodes: this.nodes,
      clock: this.clock,
      random: seededRandom(this.seed ^ faultSeed),
      log: this.#options.log ?? silent,
      seed: this.seed,
      signal: this.#signal,
    });
  }

  #createControl(start: Pick<ControlPlaneOptions, "store">): ControlPlane {
    const { clock } = this;
    const others = webhooksBehindUrls(this.#outside, clock);
    const { log = silent } = this.#options;
    return createControlPlane({
      ...start,
      ...settingsFor(this.nodes.length, this.#options.authority ?? testAuthority),
      clock,
      gates: this.#gates,
      random: this.#chance,
      log,
      http: this.#outside.http,
      kubelets: this.#nodes.dialer,
      webhooks: this.#webhookGate.open(webhookFunctions(this.webhooks.functions, others)),
      signingKey: () => (this.#signingKey ??= seededSigningKey(seededRandom(this.seed))),
      outside: clock.outside,
      isFreezing: true,
    });
  }

  /** Without a clock: no two runs are to differ. */
  #template(): (() => Beginnings) | undefined {
    const store = this.#store.fork?.();
    const inherited = this.#server.inheritance();
    if (!store || !inherited) return undefined;
    const twin = (): Store => store.fork?.() ?? memoryStore();
    return () => ({ store: twin(), isBootstrapped: true, inherited: shared(inherited) });
  }

  /** All that are served now, custom ones as well. */
  #kinds(): readonly AnyKind[] {
    return Array.from(this.#server.control.server.kinds.all(), ({ kind }) => kind);
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
    const { reader } = this.#server.control.server.registry;
    const isNodeReady = ({ name }: NodeHandle): boolean => {
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
    this.#checker?.step();
  }
}

/** What goes wrong is drawn from the same seed, but not from the same numbers. */
const faultSeed = 0x5eed;
