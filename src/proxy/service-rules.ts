/**
 * One service and its endpoints → the rules that bring traffic from its addresses to them.
 * upstream: pkg/proxy/nftables/proxier.go#syncProxyRules
 */
import type { Service, ServicePort, ServiceSpec } from "#api/core/service.ts";
import type { EndpointSlice } from "#api/discovery/endpointslice.ts";
import { contains, ipOf, parseCidr, parseIp } from "#base/ip.ts";
import { choose, type Choice, endpointsOf, type Place } from "./endpoints.ts";
import { chains, sets } from "./layout.ts";
import {
  type Condition,
  type Destination,
  Fragment,
  type Protocol,
  type Rule,
  type Verdict,
} from "./rules.ts";

export interface ProxyFacts extends Place {
  readonly podCidrs: readonly string[];
  /** This node's own addresses. */
  readonly nodeAddresses: readonly string[];
}

/** What one port of a service leads to, for whoever has to end old connections. */
export interface Route {
  readonly protocol: Protocol;
  readonly port: number;
  readonly nodePort: number | undefined;
  /** Of the service, and those from outside. */
  readonly addresses: readonly string[];
  readonly destinations: readonly Destination[];
}

export interface ServiceRules {
  readonly fragment: Fragment;
  readonly routes: readonly Route[];
  /** How many ready endpoints this node has, for load balancers that ask. */
  readonly localEndpoints: number;
}

export const keyOf = ({ metadata }: Service): string =>
  `${metadata.namespace ?? ""}/${metadata.name ?? ""}`;

export function serviceRules(
  service: Service,
  slices: readonly EndpointSlice[],
  facts: ProxyFacts,
): ServiceRules {
  const fragment = new Fragment(`${service.metadata.creationTimestamp ?? ""} ${keyOf(service)}`);
  const routes: Route[] = [];
  const localAddresses = new Set<string>();
  const clusterIp = clusterIpOf(service.spec);
  if (clusterIp === undefined) return { fragment, routes, localEndpoints: 0 };
  fragment.element(sets.clusterIps.name, [clusterIp]);
  for (const port of service.spec.ports ?? []) {
    const choice = choose(endpointsOf(slices, port, facts), facts);
    const work = new PortRules({ fragment, service, port, clusterIp, choice, facts });
    work.add();
    routes.push(work.route());
    for (const { address, isReady } of choice.local) if (isReady) localAddresses.add(address);
  }
  return { fragment, routes, localEndpoints: localAddresses.size };
}

/** The IPv4 address that we handle; none for headless services and names of others. */
function clusterIpOf({ type, clusterIP, clusterIPs = [] }: ServiceSpec): string | undefined {
  if (type === "ExternalName") return undefined;
  return [clusterIP ?? "", ...clusterIPs].find(isV4);
}

const isV4 = (address: string): boolean => parseIp(address)?.version === 4;

interface PortWork {
  readonly fragment: Fragment;
  readonly service: Service;
  readonly port: ServicePort;
  readonly clusterIp: string;
  readonly choice: Choice;
  readonly facts: ProxyFacts;
}

const affinitySecondsDefault = 10_800;

/** The rules of one port. */
class PortRules {
  readonly #work: PortWork;
  readonly #protocol: Protocol;
  /** Tells its chains from those of all others: `default/web/tcp/80`. */
  readonly #name: string;
  readonly #externalIps: readonly string[];
  readonly #balancerIps: readonly string[];

  constructor(work: PortWork) {
    this.#work = work;
    const { service, port } = work;
    this.#protocol = (port.protocol ?? "TCP").toLowerCase() as Protocol;
    this.#name = `${keyOf(service)}/${this.#protocol}/${port.port}`;
    this.#externalIps = (service.spec.externalIPs ?? []).filter(isV4);
    this.#balancerIps = balancerIpsOf(service);
  }

  add(): void {
    const { fragment, choice } = this.#work;
    if (this.#usesCluster && choice.cluster.length > 0) {
      this.#addTargets(`svc/${this.#name}`, choice.cluster);
    }
    if (this.#usesLocal && choice.local.length > 0) {
      this.#addTargets(`local/${this.#name}`, choice.local);
    }
    const used = this.#reachable();
    for (const { address } of used) fragment.element(sets.hairpins.name, [address, address]);
    if (this.#affinitySeconds !== undefined) for (const one of used) this.#addSticky(one);
    this.#addInside();
    if (this.#isOpenOutside) this.#addOutside();
  }

  route(): Route {
    const { port, clusterIp } = this.#work;
    return {
      protocol: this.#protocol,
      port: port.port,
      nodePort: port.nodePort,
      addresses: [clusterIp, ...this.#externalIps, ...this.#balancerIps],
      destinations: this.#reachable(),
    };
  }

  get #spec(): ServiceSpec {
    return this.#work.service.spec;
  }

  get #isLocalInside(): boolean {
    return this.#spec.internalTrafficPolicy === "Local";
  }

  get #isLocalOutside(): boolean {
    return this.#spec.externalTrafficPolicy === "Local";
  }

  get #isOpenOutside(): boolean {
    const outside = this.#externalIps.length + this.#balancerIps.length;
    return outside > 0 || (this.#work.port.nodePort ?? 0) > 0;
  }

  /** A port that is open outside serves this node and its pods from everywhere. */
  get #usesCluster(): boolean {
    return !this.#isLocalInside || this.#isOpenOutside;
  }

  get #usesLocal(): boolean {
    return this.#isLocalInside || (this.#isLocalOutside && this.#isOpenOutside);
  }

  get #affinitySeconds(): number | undefined {
    const { sessionAffinity, sessionAffinityConfig } = this.#spec;
    if (sessionAffinity !== "ClientIP") return undefined;
    return sessionAffinityConfig?.clientIP?.timeoutSeconds ?? affinitySecondsDefault;
  }

  #reachable(): readonly Destination[] {
    const { cluster, local } = this.#work.choice;
    const used = [...(this.#usesCluster ? cluster : []), ...(this.#usesLocal ? local : [])];
    return [...new Map(used.map((one) => [`${one.address} ${one.port}`, one])).values()];
  }

  /** A chain that leads to one of them. */
  #addTargets(name: string, to: readonly Destination[]): void {
    const rules = this.#affinitySeconds === undefined ? [this.#forward(to)] : this.#stick(to);
    this.#work.fragment.chain(name, [...this.#masqueradeStrangers(), ...rules]);
  }

  #forward = (to: readonly Destination[]): Rule => ({
    does: {
      is: "forward",
      protocol: this.#protocol,
      to: to.map(({ address, port }) => ({ address, port })),
    },
  });

  /** Whoever comes to the inner address from outside has to get the answer from here. */
  *#masqueradeStrangers(): Generator<Rule> {
    const { clusterIp, facts } = this.#work;
    if (facts.podCidrs.length === 0) return;
    yield {
      when: [
        { is: "to", cidrs: [`${clusterIp}/32`] },
        { is: "not from", cidrs: facts.podCidrs },
      ],
      does: { is: "jump", chain: chains.toMasquerade },
    };
  }

  /** First to where the client was before, then anywhere. */
  #stick(to: readonly Destination[]): readonly Rule[] {
    const targets = to.map((one) => this.#stickyName(one));
    return [
      ...targets.map((chain, i): Rule => ({
        when: [{ is: "in", set: this.#seenName(to[i] as Destination), key: ["source"] }],
        does: { is: "goto", chain },
      })),
      { does: { is: "pick", chains: targets } },
    ];
  }

  #addSticky(to: Destination): void {
    const { fragment } = this.#work;
    const set = this.#seenName(to);
    const forgetsAfterSeconds = this.#affinitySeconds ?? affinitySecondsDefault;
    fragment.sets.push({ name: set, key: ["source"], forgetsAfterSeconds });
    fragment.chain(this.#stickyName(to), [{ does: { is: "remember", set } }, this.#forward([to])]);
  }

  readonly #stickyName = ({ address, port }: Destination): string =>
    `to/${this.#name}/${address}/${port}`;

  /** The time is part of the name: a set cannot change it. */
  readonly #seenName = ({ address, port }: Destination): string =>
    `seen/${this.#name}/${address}/${port}/${this.#affinitySeconds}`;

  /** The service's own address. */
  #addInside(): void {
    const { fragment, choice, clusterIp, port } = this.#work;
    const key = [clusterIp, this.#protocol, port.port];
    const targets = this.#isLocalInside ? choice.local : choice.cluster;
    if (targets.length === 0) {
      fragment.element(sets.refused.name, key, this.#refusal());
    } else {
      const chain = this.#isLocalInside ? "local" : "svc";
      fragment.element(sets.services.name, key, `goto ${chain}/${this.#name}`);
    }
  }

  /** Where others have endpoints, the sender shall try them; where nobody has, it shall know. */
  #refusal = (): Verdict => (this.#work.choice.hasAny ? "drop" : `goto ${chains.reject}`);

  #addOutside(): void {
    const { fragment, choice, port } = this.#work;
    const isServed = (this.#isLocalOutside ? choice.local : choice.cluster).length > 0;
    const verdict: Verdict = `goto ext/${this.#name}`;
    if (choice.hasAny) fragment.chain(`ext/${this.#name}`, [...this.#external(isServed)]);
    for (const address of new Set([...this.#externalIps, ...this.#balancerIps])) {
      const key = [address, this.#protocol, port.port];
      if (choice.hasAny) fragment.element(sets.services.name, key, verdict);
      if (!isServed) fragment.element(sets.refused.name, key, this.#refusal());
    }
    if (port.nodePort) {
      const key = [this.#protocol, port.nodePort];
      if (choice.hasAny) fragment.element(sets.nodePorts.name, key, verdict);
      if (!isServed) fragment.element(sets.refusedNodePorts.name, key, this.#refusal());
    }
    this.#addGuard();
  }

  *#external(isServed: boolean): Generator<Rule> {
    const masquerade: Rule["does"] = { is: "jump", chain: chains.toMasquerade };
    const cluster: Rule["does"] = { is: "goto", chain: `svc/${this.#name}` };
    if (!this.#isLocalOutside) {
      yield { does: masquerade };
      yield { does: cluster };
      return;
    }
    // Pods and the node itself are inside, whatever address they use: any endpoint will do.
    const { podCidrs } = this.#work.facts;
    if (podCidrs.length > 0) yield { when: [{ is: "from", cidrs: podCidrs }], does: cluster };
    const fromNode: readonly Condition[] = [{ is: "from node" }];
    yield { when: fromNode, does: masquerade };
    yield { when: fromNode, does: cluster };
    if (isServed) yield { does: { is: "goto", chain: `local/${this.#name}` } };
  }

  #addGuard(): void {
    const { fragment, facts, port } = this.#work;
    const ranges = (this.#spec.loadBalancerSourceRanges ?? []).map((text) => text.trim());
    const cidrs = ranges.filter((text) => parseCidr(text)?.version === 4);
    const isOpen = ranges.length === 0 || cidrs.some((text) => parseCidr(text)?.bits === 0);
    if (isOpen || this.#balancerIps.length === 0) return;
    // A node that may come comes from the balancer's address, where that is the node's own.
    const isForNode = facts.nodeAddresses.some((address) => isInside(address, cidrs));
    const own = isForNode ? this.#balancerIps.map((address) => `${address}/32`) : [];
    const allowed = [...new Set([...cidrs, ...own])];
    const guard = `guard/${this.#name}`;
    const when: Rule["when"] = allowed.length > 0 ? [{ is: "not from", cidrs: allowed }] : [];
    fragment.chain(guard, [{ when, does: { is: "drop" } }]);
    for (const address of this.#balancerIps) {
      const key = [address, this.#protocol, port.port];
      fragment.element(sets.guarded.name, key, `goto ${guard}`);
    }
  }
}

/** Those whose packets arrive here as they were sent. */
const balancerIpsOf = ({ status }: Service): readonly string[] =>
  (status.loadBalancer.ingress ?? [])
    .filter(({ ip, ipMode = "VIP" }) => ip !== undefined && isV4(ip) && ipMode === "VIP")
    .map(({ ip = "" }) => ip);

const isInside = (address: string, cidrs: readonly string[]): boolean =>
  isV4(address) &&
  cidrs.some((text) => {
    const cidr = parseCidr(text);
    return cidr !== undefined && contains(cidr, ipOf(address));
  });
