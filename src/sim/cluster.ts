/**
 * A whole cluster in the process of a test: the real API server, scheduler, controllers and kubelets
 * over a store in memory, on a clock that moves when told to. The same seed makes the same run.
 *
 *   await using cluster = await createCluster({ nodes: 3, seed: 7 });
 *   await cluster.apply(deployment);
 *   await cluster.idle();
 *   const branch = cluster.fork();
 */
import type { GateSettings } from "#api/feature-gates.ts";
import type { ApiObject, Kind } from "#api/kind.ts";
import type { User } from "#api/request.ts";
import type { WebhookFunction } from "#apiserver/admission/webhooks/functions.ts";
import type { Log } from "#base/log.ts";
import type { Client, Selection, WatchEvent } from "#client/client.ts";
import type { KubeConfigLike } from "./client-node.ts";
import type { VirtualClock } from "./clock.ts";
import type { Duration } from "./duration.ts";
import type { Faults } from "./faults/faults.ts";
import type { Authority } from "#controllers/certificates/signer.ts";
import type { Applicable } from "./manifests.ts";
import type { Behaviour, Behaviours } from "./nodes/behaviour.ts";
import type { OutsideWorld, Served } from "./outside-world.ts";
import type { ServeOptions } from "./serving.ts";
import type { Webhooks } from "./webhooks.ts";
import type { NodeOptions } from "./nodes/machine.ts";
import type { NodeHandle } from "./nodes/nodes.ts";

export interface ClusterOptions {
  /** How many alike, or each on its own; none when absent. */
  readonly nodes?: number | readonly NodeOptions[];
  /** Light ones are for many nodes: see docs/guides/simulate.md. Whole unless said. */
  readonly kubelets?: "whole" | "light";
  /** Feature gates that are on or off otherwise than by default: `{ GenericWorkload: true }`. */
  readonly featureGates?: GateSettings;
  /** Everything that is left to chance comes from it; 1 when absent. */
  readonly seed?: number;
  /** What its clock shows first; the first of January 2030 when absent, so that every run shows the same. */
  readonly startsAt?: Date;
  /** What containers do; by default they start in about a second and run for ever. */
  readonly behaviours?: readonly Behaviour[];
  /**
   * Admission webhooks, by the URL that their configurations name, or
   * `https://name.namespace.svc:443/path` behind a Service.
   */
  readonly webhooks?: Readonly<Record<string, WebhookFunction>>;
  /**
   * After every step it is checked that what always has to hold holds: see `invariants/`. A violation
   * ends the run, with the seed in its message.
   */
  readonly invariants?: boolean;
  /** What the components say; nobody listens when absent. */
  readonly log?: Log;
  /**
   * Signs its certificates: those that are requested and approved, and the one that `serve()` shows. One
   * whose key everybody knows when absent: `serve()` then shows a certificate of an authority of its own.
   */
  readonly authority?: Authority;
  /** Files, ports and programs that the cluster may reach: `k8ts/testing` hands them in. */
  readonly outside?: OutsideWorld;
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
  readonly seed: number;
  /** What goes wrong: nothing, unless told to. */
  readonly faults: Faults;
  /** The hash of all changes so far; only with `invariants`. The same one: the same run. */
  readonly trace: string;
  /** The administrator's. */
  readonly client: Client;
  /** A name, or a name with groups; `system:serviceaccount:<namespace>:<name>` brings its groups. */
  readonly clientFor: (user: string | User) => Client;
  readonly clock: VirtualClock;
  readonly nodes: readonly NodeHandle[];
  /** Rules may be added and taken away while the cluster runs. */
  readonly behaviours: Behaviours;
  /** Creates or changes what is described, and resolves with the objects as they are stored. */
  readonly apply: (what: Applicable) => Promise<readonly ApiObject[]>;
  /** Lets time pass until nothing happens any more but heartbeats. Throws when that never comes. */
  readonly idle: (options?: IdleOptions) => Promise<void>;
  /** Something was changed since it was last idle. */
  readonly isBusy: boolean;
  /** What happens to objects of a kind, one by one, until the signal or the cluster ends. */
  readonly watch: <T extends ApiObject>(
    kind: Kind<T>,
    options?: FollowOptions,
  ) => AsyncIterable<Exclude<WatchEvent<T>, { readonly type: "BOOKMARK" }>>;
  /**
   * A twin in O(1), that shares with this one whatever neither changes: objects, time, chance,
   * containers, rules. Independent from here on. Its components start when its time first moves, as
   * after a restart; what was under way in this one's is not under way there.
   */
  readonly fork: () => Cluster;
  /** Functions and programs that are asked before something is stored. */
  readonly webhooks: Webhooks;
  /** An HTTPS port, and a kubeconfig for it. Time goes on standing still until it is moved. */
  readonly serve: (options?: ServeOptions) => Promise<Served>;
  /**
   * Points a configuration of npm's @kubernetes/client-node to this cluster, without a socket, and
   * gives it back; as the administrator unless said.
   */
  readonly kubeConfig: <T extends KubeConfigLike>(config: T, user?: string | User) => T;
}
