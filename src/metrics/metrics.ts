/**
 * `metrics.k8s.io`: what nodes and pods use, computed when somebody asks.
 * upstream: kubernetes-sigs/metrics-server, pkg/api
 */
import { Node } from "#api/core/node.ts";
import { Pod } from "#api/core/pod.ts";
import type { ApiObject, Kind } from "#api/kind.ts";
import { NodeMetrics } from "#api/metrics/nodemetrics.ts";
import { PodMetrics } from "#api/metrics/podmetrics.ts";
import type { PolicyRule } from "#api/rbac/rules.ts";
import { type Clock, formatTime } from "#base/clock.ts";
import type { Log } from "#base/log.ts";
import type { Client } from "#client/client.ts";
import { find } from "#client/find.ts";
import { refuse } from "#client/typed.ts";
import { textOf } from "#client/answers.ts";
import { nodeRate, podRates } from "./rates.ts";
import { Sampler, type Samples } from "./sampler.ts";

/** What it may do, and as whom: the service account in kube-system of that name. */
export const metricsRole: {
  readonly identity: string;
  readonly rules: readonly Partial<PolicyRule>[];
} = {
  identity: "metrics-server",
  rules: [
    { verbs: ["get", "list"], apiGroups: [""], resources: ["nodes", "pods"] },
    { verbs: ["get"], apiGroups: [""], resources: ["nodes/proxy", "nodes/metrics"] },
  ],
};

export interface MetricsOptions {
  /** With the identity and the role above. */
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Log;
}

/** Whose metrics are asked for. */
export interface Wanted {
  /** All namespaces when empty. */
  readonly namespace: string;
  /** All objects when empty. */
  readonly name: string;
  readonly labelSelector: string;
}

export interface ResourceMetrics extends Disposable {
  readonly nodes: (wanted: Wanted) => Promise<readonly NodeMetrics[]>;
  readonly pods: (wanted: Wanted) => Promise<readonly PodMetrics[]>;
}

export function createMetrics({ client, clock, log }: MetricsOptions): ResourceMetrics {
  const sampler = new Sampler({
    clock,
    log,
    read: async (node, signal) => {
      const path = `/api/v1/nodes/${node}/proxy/metrics/resource`;
      const response = await client.raw({ method: "GET", path, signal });
      refuse(response);
      return textOf(response);
    },
  });
  const ports = { client, clock, sampler };
  return {
    nodes: (wanted) => nodeMetrics(ports, wanted),
    pods: (wanted) => podMetrics(ports, wanted),
    [Symbol.dispose]: () => sampler[Symbol.dispose](),
  };
}

interface Ports {
  readonly client: Client;
  readonly clock: Clock;
  readonly sampler: Sampler;
}

async function nodeMetrics(
  { client, clock, sampler }: Ports,
  wanted: Wanted,
): Promise<readonly NodeMetrics[]> {
  const nodes = await selected(client, Node, wanted);
  const names = nodes.map(({ metadata }) => metadata.name ?? "");
  if (wanted.name === "" && wanted.labelSelector === "") sampler.forgetAllBut(new Set(names));
  const samples = await samplesOf(sampler, names);
  const creationTimestamp = formatTime(clock.now());
  return nodes.flatMap(({ metadata: { name = "", labels } }) => {
    const known = samples.get(name);
    const rate = known && nodeRate(known.before, known.after);
    const metadata = { name, creationTimestamp, ...(labels ? { labels } : {}) };
    const { kind, apiVersion } = NodeMetrics;
    return rate ? [{ kind, apiVersion, metadata, ...rate }] : [];
  });
}

async function podMetrics(
  { client, clock, sampler }: Ports,
  wanted: Wanted,
): Promise<readonly PodMetrics[]> {
  const pods = (await selected(client, Pod, wanted)).filter(
    ({ status }) => status.phase === "Running",
  );
  const samples = await samplesOf(sampler, new Set(pods.map(({ spec }) => spec.nodeName ?? "")));
  const creationTimestamp = formatTime(clock.now());
  return pods.flatMap(({ metadata: { name = "", namespace = "", labels }, spec }) => {
    const known = samples.get(spec.nodeName ?? "");
    const rates = known && podRates(known.before, known.after, `${namespace}/${name}`);
    const [first] = rates ?? [];
    if (!rates || !first) return [];
    const { timestamp, window } = first;
    const metadata = { name, namespace, creationTimestamp, ...(labels ? { labels } : {}) };
    const containers = rates.map(({ name: container, usage }) => ({ name: container, usage }));
    const { kind, apiVersion } = PodMetrics;
    return [{ kind, apiVersion, metadata, timestamp, window, containers }];
  });
}

async function selected<T extends ApiObject>(
  client: Client,
  kind: Kind<T>,
  { namespace, name, labelSelector }: Wanted,
): Promise<readonly T[]> {
  const place = namespace === "" ? {} : { namespace };
  if (name === "") return (await client.list(kind, { ...place, labelSelector })).items;
  const found = await find(kind, { ...place, name }, { client });
  return found ? [found] : [];
}

/** A large cluster has many nodes; this many are asked at once. */
const atOnce = 32;

async function samplesOf(
  sampler: Sampler,
  nodeNames: Iterable<string>,
): Promise<ReadonlyMap<string, Samples>> {
  const found = new Map<string, Samples>();
  const left = [...nodeNames].values();
  const work = async (): Promise<void> => {
    for (const name of left) {
      const samples = await sampler.of(name);
      if (samples) found.set(name, samples);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return found;
}
