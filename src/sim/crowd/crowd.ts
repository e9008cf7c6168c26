/**
 * Many simulated nodes in one process: they share one watch of pods and one of nodes, and a pod
 * costs something only while something happens to it. `nodes/` has the other kind, which are whole
 * kubelets: for a few nodes whose every detail matters.
 */
import { Node } from "#api/core/node.ts";
import { Pod } from "#api/core/pod.ts";
import type { Clock } from "#base/clock.ts";
import type { Log } from "#base/log.ts";
import type { Random } from "#base/random.ts";
import type { Index } from "#client/cache.ts";
import type { Client } from "#client/client.ts";
import { type Informer, InformerSet } from "#client/informer.ts";
import type { Behaviours } from "../nodes/behaviour.ts";
import { CrowdNode } from "./crowd-node.ts";
import type { NodeOptions, Place } from "../nodes/machine.ts";

export type CrowdEvents = "all" | "warnings" | "none";

export interface CrowdPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly behaviours: Behaviours;
  /** Acts as this node. */
  readonly clientFor: (nodeName: string) => Client;
  readonly version: string;
  /** Which events about pods the nodes write. */
  readonly events: CrowdEvents;
  readonly nodes: Pick<Informer<Node>, "get">;
  readonly podsOf: (nodeName: string) => readonly Pod[];
  /** In a fork: the node of that name that this one goes on from. */
  readonly origin?: (name: string) => CrowdNode | undefined;
  /** Told about a node that ended on a bug. */
  readonly failed: (cause: unknown) => void;
}

export interface CrowdOptions extends Omit<CrowdPorts, "nodes" | "podsOf"> {
  readonly nodes: readonly (Place & { readonly options: NodeOptions })[];
  /** May list and watch pods and nodes; asked when the crowd starts. */
  readonly reader: () => Client;
}

const byNode: Index<Pod> = ({ spec }) => (spec.nodeName ? [spec.nodeName] : []);

export class Crowd {
  readonly nodes: readonly CrowdNode[];
  readonly #options: CrowdOptions;
  readonly #byName: ReadonlyMap<string, CrowdNode>;
  #informers: { readonly nodes: Informer<Node>; readonly pods: Informer<Pod> } | undefined;

  constructor(options: CrowdOptions) {
    this.#options = options;
    const ports: CrowdPorts = {
      ...options,
      nodes: { get: (_, name) => this.#informers?.nodes.get(undefined, name) },
      podsOf: (name) => this.#informers?.pods.by(byNode, name) ?? [],
    };
    this.nodes = options.nodes.map((place) => new CrowdNode(place, place.options, ports));
    this.#byName = new Map(this.nodes.map((node) => [node.name, node]));
  }

  /** Follows the cluster for all nodes; they may be switched on when it resolves. */
  readonly follow = async (signal: AbortSignal): Promise<AsyncDisposable> => {
    const { clock, random, log, reader, behaviours } = this.#options;
    const informers = new InformerSet({ client: reader(), clock, random, log }, signal);
    const [nodes, pods] = [informers.of(Node), informers.of(Pod)];
    this.#informers = { nodes, pods };
    nodes.onChange((change) =>
      this.#byName.get(change.object.metadata.name ?? "")?.observeNode(change),
    );
    pods.onChange((change) =>
      this.#byName.get(change.object.spec.nodeName ?? "")?.observePod(change),
    );
    const rules = behaviours.onChange(() => {
      for (const node of this.nodes) node.rulesChanged();
    });
    const stopped = Promise.withResolvers<void>();
    signal.addEventListener("abort", () => stopped.resolve(), { once: true });
    await Promise.race([informers.synced(), stopped.promise]);
    return {
      [Symbol.asyncDispose]: async () => {
        rules[Symbol.dispose]();
        await informers[Symbol.asyncDispose]();
      },
    };
  };
}
