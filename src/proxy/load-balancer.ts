/**
 * Gives services of type LoadBalancer the addresses of the cluster's own nodes, for clusters that
 * nobody's cloud balances loads for. The service proxies do the rest. It has nothing to tear down:
 * an address is free again as soon as the service is gone.
 */
import { Node } from "#api/core/node.ts";
import { Service } from "#api/core/service.ts";
import { isReason } from "#api/errors.ts";
import type { PolicyRule } from "#api/rbac/rules.ts";
import { unreachable } from "#base/assert.ts";
import { backoffDelay } from "#base/backoff.ts";
import { type Clock, seconds, sleep } from "#base/clock.ts";
import type { Log } from "#base/log.ts";
import type { Random } from "#base/random.ts";
import { Bell } from "#base/signal.ts";
import type { Client } from "#client/client.ts";
import { createRecorder, type EventRecorder, type EventText } from "#client/events.ts";
import type { Informer, InformerSet } from "#client/informer.ts";
import { aborted } from "#base/signal.ts";
import { type Grant, grants, ingressOf, type ReservedPort } from "./load-balancer-claims.ts";
import { keyOf } from "./service-rules.ts";

/** In kube-system: of several replicas, the one that holds it works. */
export const loadBalancerLease = "cloud-controller-manager";

const leases = { apiGroups: ["coordination.k8s.io"], resources: ["leases"] };

/** Its service account in kube-system, and what that may do. */
export const loadBalancerRole: {
  readonly identity: string;
  readonly rules: readonly Partial<PolicyRule>[];
} = {
  identity: "service-controller",
  rules: [
    { verbs: ["get", "list", "watch"], apiGroups: [""], resources: ["services", "nodes"] },
    { verbs: ["patch", "update"], apiGroups: [""], resources: ["services/status"] },
    {
      verbs: ["create", "patch", "update"],
      apiGroups: ["", "events.k8s.io"],
      resources: ["events"],
    },
    { verbs: ["create"], ...leases },
    { verbs: ["get", "update"], ...leases, resourceNames: [loadBalancerLease] },
  ],
};

export interface LoadBalancerOptions {
  /** With the identity and the role above. */
  readonly client: Client;
  readonly informers: InformerSet;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Ports of the nodes' own programs; that of SSH when absent. */
  readonly reservedPorts?: readonly ReservedPort[];
}

const sshOnly: readonly ReservedPort[] = [{ port: 22, protocol: "TCP" }];
const retry = { firstMs: seconds(1), maxMs: seconds(60) };

/** Until `signal` aborts. */
export const runLoadBalancer = (options: LoadBalancerOptions, signal: AbortSignal): Promise<void> =>
  new LoadBalancer(options, signal).run(signal);

class LoadBalancer {
  readonly #options: LoadBalancerOptions;
  readonly #services: Informer<Service>;
  readonly #nodes: Informer<Node>;
  readonly #recorder: EventRecorder;
  readonly #bell = new Bell();
  #isStale = true;
  #failures = 0;
  /** The revision of the last write to each service: what is older is no news. */
  readonly #written = new Map<string, number>();
  /** What each service was told last about what it did not get. */
  readonly #told = new Map<string, string>();

  constructor(options: LoadBalancerOptions, signal: AbortSignal) {
    this.#options = options;
    this.#services = options.informers.of(Service);
    this.#nodes = options.informers.of(Node);
    this.#recorder = createRecorder({
      ...options,
      source: { component: "service-controller" },
      signal,
    });
  }

  async run(signal: AbortSignal): Promise<void> {
    using _services = this.#services.onChange(({ object, old, isGone }) => {
      if (isGone) this.#forget(keyOf(object));
      if (concerns(object) || (old && concerns(old))) this.#ring();
    });
    using _nodes = this.#nodes.onChange(() => this.#ring());
    await Promise.race([this.#synced(), aborted(signal)]);
    while (!signal.aborted) {
      if (!this.#isStale) await this.#bell.heard(signal);
      await this.#turn(signal);
      if (this.#failures > 0) await sleep(this.#options.clock, this.#delayMs(), signal);
    }
  }

  async #synced(): Promise<void> {
    await Promise.all([this.#services.synced, this.#nodes.synced]);
  }

  #ring(): void {
    this.#isStale = true;
    this.#bell.ring();
  }

  #forget(key: string): void {
    this.#written.delete(key);
    this.#told.delete(key);
  }

  #delayMs = (): number => backoffDelay(retry, this.#failures);

  async #turn(signal: AbortSignal): Promise<void> {
    const { reservedPorts = sshOnly, log } = this.#options;
    this.#isStale = false;
    const services = this.#services.list().filter(concerns);
    const given = grants(services, this.#nodes.list(), reservedPorts);
    try {
      for (const service of services) {
        if (signal.aborted) return;
        await this.#settle(service, given.get(keyOf(service)));
      }
      this.#failures = 0;
    } catch (cause) {
      if (signal.aborted) return;
      this.#failures++;
      this.#isStale = true;
      log.warn("load balancer status could not be written", { cause: String(cause) });
    }
  }

  async #settle(service: Service, grant: Grant | undefined): Promise<void> {
    const key = keyOf(service);
    if ((this.#written.get(key) ?? 0) > Number(service.metadata.resourceVersion)) return;
    const has = ingressOf(service);
    const wanted = grant?.is === "given" ? grant.addresses : [];
    if (has.join() !== wanted.join()) await this.#write(service, wanted);
    const complaint = grant && complaintOf(grant);
    if (!complaint) this.#told.delete(key);
    else if (this.#told.get(key) !== complaint.message) {
      this.#told.set(key, complaint.message);
      this.#recorder.record(service, complaint);
    }
  }

  async #write(service: Service, addresses: readonly string[]): Promise<void> {
    const has = ingressOf(service);
    const { namespace, name = "", uid } = service.metadata;
    const ingress = addresses.map((ip) => ({ ip, ipMode: "VIP" }));
    const change = {
      // A service that took the place of this one has another uid, and is left alone.
      metadata: { uid },
      status: { loadBalancer: { ingress: ingress.length > 0 ? ingress : null } },
    };
    if (has.length === 0) this.#tell(service, "EnsuringLoadBalancer", "Ensuring load balancer");
    try {
      const at = { namespace, name, subresource: "status" };
      const now = await this.#options.client.patch(Service, at, { is: "merge", change });
      this.#written.set(keyOf(service), Number(now.metadata.resourceVersion));
    } catch (cause) {
      if (isReason(cause, "NotFound") || isReason(cause, "Conflict")) return this.#ring();
      throw cause;
    }
    if (addresses.length === 0) return;
    if (has.length === 0) this.#tell(service, "EnsuredLoadBalancer", "Ensured load balancer");
    const text = `Updated LoadBalancer with new IPs: [${has.join(" ")}] -> [${addresses.join(" ")}]`;
    this.#tell(service, "UpdatedLoadBalancer", text); // exact: k3s servicelb
  }

  #tell(service: Service, reason: string, message: string): void {
    this.#recorder.record(service, { type: "Normal", reason, message });
  }
}

/** Is a load balancer, or was one. */
const concerns = (service: Service): boolean =>
  (service.spec.type === "LoadBalancer" && !service.spec.loadBalancerClass) ||
  (service.spec.type !== "LoadBalancer" && ingressOf(service).length > 0);

/** exact: cloud-provider */
function complaintOf(grant: Grant): EventText | undefined {
  switch (grant.is) {
    case "given":
      return undefined;
    case "no nodes":
      return {
        type: "Warning",
        reason: "UnAvailableLoadBalancer",
        message: "There are no available nodes for LoadBalancer",
      };
    case "taken":
      return {
        type: "Warning",
        reason: "SyncLoadBalancerFailed",
        message: `Error syncing load balancer: failed to ensure load balancer: port ${grant.port} is taken by ${grant.by}`,
      };
    default:
      return unreachable(grant);
  }
}
