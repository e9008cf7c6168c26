/** Services, endpoints and rule sets for tests. */
import { Service } from "#api/core/service.ts";
import { EndpointSlice } from "#api/discovery/endpointslice.ts";
import { below, type Random } from "#base/random.ts";
import { canonical } from "#client/canonical.ts";
import { DesiredRules } from "./desired.ts";
import { layout } from "./layout.ts";
import { Fragment } from "./rules.ts";
import { keyOf, type ProxyFacts, serviceRules } from "./service-rules.ts";

export const podCidr = "10.244.0.0/16";

export const facts: ProxyFacts = {
  nodeName: "here",
  podCidrs: [podCidr],
  nodeAddresses: ["192.168.1.10"],
};

export interface ServiceText {
  readonly name?: string;
  readonly spec?: object;
  readonly ingress?: readonly object[];
  readonly createdAt?: string;
}

/** `web` in `default` at 10.96.0.10, port 80, unless said otherwise. */
export const service = ({ name = "web", spec, ingress, createdAt }: ServiceText = {}): Service =>
  canonical(
    Service,
    {
      metadata: { namespace: "default", name, ...(createdAt && { creationTimestamp: createdAt }) },
      spec: { clusterIP: "10.96.0.10", ports: [{ port: 80 }], ...spec },
      ...(ingress && { status: { loadBalancer: { ingress } } }),
    },
    { defaults: true },
  );

export interface EndpointText {
  readonly at: string;
  readonly conditions?: object;
  readonly nodeName?: string;
  readonly hints?: object;
}

interface SlicePort {
  readonly port: number;
  readonly name?: string;
  readonly protocol?: "TCP" | "UDP" | "SCTP";
}

export interface SliceText {
  readonly of?: string;
  readonly ports?: readonly SlicePort[];
}

/** A slice of `web` whose port 8080 serves the service's unnamed port, unless said otherwise. */
export const slice = (
  endpoints: readonly (string | EndpointText)[],
  { of = "web", ports = [{ port: 8080 }] }: SliceText = {},
): EndpointSlice =>
  canonical(
    EndpointSlice,
    {
      metadata: {
        namespace: "default",
        name: `${of}-1`,
        labels: { "kubernetes.io/service-name": of },
      },
      addressType: "IPv4",
      endpoints: endpoints.map((endpoint) => {
        const { at, ...rest } = typeof endpoint === "string" ? { at: endpoint } : endpoint;
        return { addresses: [at], nodeName: "here", ...rest };
      }),
      ports,
    },
    { defaults: true },
  );

/** The frame, and these services. */
export function rulesFor(
  services: readonly (readonly [Service, ...EndpointSlice[]])[],
  at: ProxyFacts = facts,
): DesiredRules {
  const desired = new DesiredRules();
  desired.replace("", layout({ podCidrs: at.podCidrs }));
  for (const [one, ...slices] of services) {
    desired.replace(keyOf(one), serviceRules(one, slices, at).fragment);
  }
  return desired;
}

/** Any sound rule set: what it names is there. */
export function randomRules(random: Random): DesiredRules {
  const desired = new DesiredRules();
  const fragment = new Fragment("");
  fragment.chain("target-0", []);
  fragment.sets.push({ name: "map", key: ["destination", "protocol", "port"], isMap: true });
  fragment.sets.push({ name: "set", key: ["source", "destination"] });
  const targets = 1 + below(random, 4);
  for (let i = 1; i <= targets; i++) addRandomTarget(fragment, random, i);
  for (let i = below(random, 8); i > 0; i--) addRandomElement(fragment, random, targets);
  desired.replace("", fragment);
  return desired;
}

function addRandomTarget(fragment: Fragment, random: Random, i: number): void {
  const to = Array.from({ length: 1 + below(random, 3) }, () => ({
    address: `10.244.0.${1 + below(random, 9)}`,
    port: 8080 + below(random, 2),
  }));
  if (random.next() < 0.3) {
    const set = `seen-${i}/${below(random, 2)}`;
    fragment.sets.push({ name: set, key: ["source"], forgetsAfterSeconds: 60 });
    fragment.chain(`target-${i}`, [
      { does: { is: "remember", set } },
      { does: { is: "goto", chain: `target-${below(random, i)}` } },
    ]);
  } else {
    fragment.chain(`target-${i}`, [{ does: { is: "forward", protocol: "tcp", to } }]);
  }
}

function addRandomElement(fragment: Fragment, random: Random, targets: number): void {
  const address = `10.96.0.${1 + below(random, 9)}`;
  const key = [address, "tcp", 80 + below(random, 2)];
  if (fragment.elements.some((known) => known.key === key.join(" "))) return;
  const target = below(random, targets + 1);
  fragment.element("map", key, target === 0 ? "drop" : `goto target-${target}`);
  if (!fragment.elements.some((known) => known.key === `${address} ${address}`)) {
    fragment.element("set", [address, address]);
  }
}
