/**
 * What every service wants of the table. Follows the API; computes again only the services that
 * something happened to.
 */
import type { Node } from "#api/core/node.ts";
import type { Service } from "#api/core/service.ts";
import type { EndpointSlice } from "#api/discovery/endpointslice.ts";
import type { Index } from "#client/cache.ts";
import type { Change, Informer } from "#client/informer.ts";
import { DesiredRules } from "./desired.ts";
import type { Move } from "./flows.ts";
import type { HealthCheck, HealthChecks } from "./health-checks.ts";
import { layout } from "./layout.ts";
import { keyOf, type ProxyFacts, type Route, serviceRules } from "./service-rules.ts";

export interface ServiceTableOptions {
  readonly nodeName: string;
  readonly podCidrs: readonly string[];
  readonly nodePortAddresses?: readonly string[];
  readonly checks: HealthChecks;
}

export interface Followed {
  readonly services: Informer<Service>;
  readonly slices: Informer<EndpointSlice>;
  readonly nodes: Informer<Node>;
}

const serviceLabel = "kubernetes.io/service-name";
const triggerAnnotation = "endpoints.kubernetes.io/last-change-trigger-time";

const serviceOf = ({ metadata }: EndpointSlice): string | undefined => {
  const name = metadata.labels?.[serviceLabel];
  return name && `${metadata.namespace ?? ""}/${name}`;
};

const byService: Index = (object) => {
  const key = serviceOf(object as EndpointSlice);
  return key === undefined ? [] : [key];
};

export class ServiceTable {
  readonly desired = new DesiredRules();
  readonly #options: ServiceTableOptions;
  readonly #dirty = new Set<string>();
  readonly #routes = new Map<string, readonly Route[]>();
  #followed: Followed | undefined;
  #facts: ProxyFacts;
  #sharesBridge = false;
  #isFrameDirty = true;
  /** By service. */
  #moves = new Map<string, Move>();
  #triggers: number[] = [];

  constructor(options: ServiceTableOptions) {
    this.#options = options;
    this.#facts = factsOf(options, undefined);
  }

  /** Pods of this node hear each other without us: the bridge does not show us their packets. */
  set sharesBridge(value: boolean) {
    this.#sharesBridge = value;
    this.#isFrameDirty = true;
  }

  get isChanged(): boolean {
    return this.#dirty.size > 0 || this.#isFrameDirty;
  }

  get node(): Node | undefined {
    return this.#followed?.nodes.get(undefined, this.#options.nodeName);
  }

  follow(followed: Followed): void {
    this.#followed = followed;
    followed.services.onChange(({ object }) => this.#dirty.add(keyOf(object)));
    followed.slices.onChange((change) => this.#sliceChanged(change));
    followed.nodes.onChange(({ object, isGone }) => this.#nodeChanged(isGone ? undefined : object));
  }

  /** Brings `desired` up to what is known. */
  update(): void {
    if (this.#isFrameDirty) this.#updateFrame();
    for (const key of this.#dirty) this.#updateService(key);
    this.#dirty.clear();
  }

  /** What moved since the last call. */
  takeMoves(): readonly Move[] {
    const moves = [...this.#moves.values()];
    this.#moves = new Map();
    return moves;
  }

  get routes(): readonly Route[] {
    return [...this.#routes.values()].flat();
  }

  get nodeAddresses(): readonly string[] {
    return this.#facts.nodeAddresses;
  }

  /** When what is in force since the last call was asked for. */
  takeTriggers(): readonly number[] {
    const triggers = this.#triggers;
    this.#triggers = [];
    return triggers;
  }

  #sliceChanged({ object, old, isGone }: Change<EndpointSlice>): void {
    for (const slice of [object, old]) {
      const key = slice && serviceOf(slice);
      if (key) this.#dirty.add(key);
    }
    const trigger = object.metadata.annotations?.[triggerAnnotation];
    if (old && !isGone && trigger) this.#triggers.push(Date.parse(trigger));
  }

  /** Nodes report often, and rarely something new. */
  #nodeChanged(node: Node | undefined): void {
    const facts = factsOf(this.#options, node);
    if (JSON.stringify(facts) === JSON.stringify(this.#facts)) return;
    this.#facts = facts;
    this.#isFrameDirty = true;
    for (const service of this.#followed?.services.list() ?? []) this.#dirty.add(keyOf(service));
  }

  #updateFrame(): void {
    const { podCidrs, nodePortAddresses } = this.#options;
    this.#isFrameDirty = false;
    this.desired.replace(
      "",
      layout({
        podCidrs,
        ...(nodePortAddresses && { nodePortAddresses }),
        ...(this.#sharesBridge && { bridgedCidrs: podCidrs }),
      }),
    );
  }

  #updateService(key: string): void {
    const [namespace = "", name = ""] = key.split("/");
    const service = this.#followed?.services.get(namespace, name);
    const slices = this.#followed?.slices.by(byService, key) ?? [];
    const rules = service && serviceRules(service, slices, this.#facts);
    this.desired.replace(key, rules?.fragment);
    this.#options.checks.set(key, service && rules && checkOf(service, rules.localEndpoints));
    this.#move(key, rules?.routes ?? []);
  }

  #move(key: string, after: readonly Route[]): void {
    const before = this.#routes.get(key) ?? [];
    if (after.length > 0) this.#routes.set(key, after);
    else this.#routes.delete(key);
    this.#moves.set(key, { before: this.#moves.get(key)?.before ?? before, after });
  }
}

function checkOf({ metadata, spec }: Service, localEndpoints: number): HealthCheck | undefined {
  const { type, externalTrafficPolicy, healthCheckNodePort: port } = spec;
  if (type !== "LoadBalancer" || externalTrafficPolicy !== "Local" || !port) return undefined;
  return { port, localEndpoints, namespace: metadata.namespace ?? "", name: metadata.name ?? "" };
}

const zoneLabel = "topology.kubernetes.io/zone";

const factsOf = (
  { nodeName, podCidrs }: ServiceTableOptions,
  node: Node | undefined,
): ProxyFacts => ({
  nodeName,
  podCidrs,
  zone: node?.metadata.labels?.[zoneLabel],
  nodeAddresses: (node?.status.addresses ?? [])
    .filter(({ type, address }) => type.endsWith("IP") && !address.includes(":"))
    .map(({ address }) => address),
});
