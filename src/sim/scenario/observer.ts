/** What becomes of a cluster: counted as it happens, and written down at regular moments. */
import { Node } from "#api/core/node.ts";
import { isPodReady, isPodTerminal } from "#api/core/pod-conditions.ts";
import { Pod } from "#api/core/pod.ts";
import { podRequests } from "#api/core/resources.ts";
import { isConditionTrue } from "#api/meta/conditions.ts";
import { silent } from "#base/log.ts";
import { quantityOf } from "#base/quantity.ts";
import { seededRandom } from "#base/random.ts";
import { type Informer, InformerSet } from "#client/informer.ts";
import type { Cluster } from "../cluster.ts";
import { PodProgress } from "../load/pod-progress.ts";
import type { Percentiles } from "../load/samples.ts";

/** Columns of equal length; shares are of what the nodes have to give. */
export interface Series {
  readonly atMs: number[];
  readonly nodesReady: number[];
  readonly podsReady: number[];
  readonly podsStarting: number[];
  readonly podsPending: number[];
  readonly podsSucceeded: number[];
  readonly podsFailed: number[];
  readonly cpuShare: number[];
  readonly memoryShare: number[];
  /** Pods that became ready since the last sample, and the slowest one in a hundred of them. */
  readonly started: number[];
  readonly startupP50Ms: number[];
  readonly startupP99Ms: number[];
}

interface Totals {
  readonly created: number;
  readonly started: number;
  readonly restarts: number;
  readonly scheduling: Percentiles;
  readonly startup: Percentiles;
}

export class Observer implements AsyncDisposable {
  readonly #informers: InformerSet;
  readonly #pods: Informer<Pod>;
  readonly #nodes: Informer<Node>;
  readonly #progress: PodProgress;
  #restarts = 0;
  readonly series: Series = {
    atMs: [],
    nodesReady: [],
    podsReady: [],
    podsStarting: [],
    podsPending: [],
    podsSucceeded: [],
    podsFailed: [],
    cpuShare: [],
    memoryShare: [],
    started: [],
    startupP50Ms: [],
    startupP99Ms: [],
  };

  constructor({ client, clock }: Cluster, seed: number, signal: AbortSignal) {
    const random = seededRandom(seed);
    this.#informers = new InformerSet({ client, clock, random, log: silent }, signal);
    this.#nodes = this.#informers.of(Node);
    this.#pods = this.#informers.of(Pod);
    this.#progress = new PodProgress(clock);
    this.#pods.onChange(this.#progress.observe);
    this.#pods.onChange(({ object, old }) => {
      this.#restarts += Math.max(restartsOf(object) - restartsOf(old), 0);
    });
  }

  get totals(): Totals {
    const { created, started, scheduling, starting } = this.#progress;
    return {
      created,
      started,
      restarts: this.#restarts,
      scheduling: scheduling.percentiles(),
      startup: starting.percentiles(),
    };
  }

  inShort(): string {
    const { started, ready } = this.#progress;
    return `${ready} pods ready, ${started} started`;
  }

  sample(atMs: number): void {
    const { series } = this;
    const phases = { Ready: 0, Starting: 0, Pending: 0, Succeeded: 0, Failed: 0 };
    for (const pod of this.#pods.list()) phases[phaseOf(pod)]++;
    const startup = this.#progress.recent();
    const [cpuShare, memoryShare] = this.#shares();
    series.atMs.push(atMs);
    series.nodesReady.push(this.#nodes.list().filter(isNodeReady).length);
    series.podsReady.push(phases.Ready);
    series.podsStarting.push(phases.Starting);
    series.podsPending.push(phases.Pending);
    series.podsSucceeded.push(phases.Succeeded);
    series.podsFailed.push(phases.Failed);
    series.cpuShare.push(cpuShare);
    series.memoryShare.push(memoryShare);
    series.started.push(startup.count);
    series.startupP50Ms.push(startup.p50Ms);
    series.startupP99Ms.push(startup.p99Ms);
  }

  /** Of what nodes that are ready can give, how much pods on them asked for. */
  #shares(): readonly [cpu: number, memory: number] {
    const ready = new Map(
      this.#nodes
        .list()
        .filter(isNodeReady)
        .map((node) => [node.metadata.name ?? "", node]),
    );
    const share = (resource: string): number => {
      const given = sum(ready.values(), ({ status }) =>
        quantityOf(status.allocatable?.[resource] ?? "0").milliValue(),
      );
      const asked = sum(this.#pods.list(), (pod) =>
        ready.has(pod.spec.nodeName ?? "") && !isPodTerminal(pod)
          ? (podRequests(pod).get(resource)?.milliValue() ?? 0)
          : 0,
      );
      return given === 0 ? 0 : asked / given;
    };
    return [share("cpu"), share("memory")];
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#informers[Symbol.asyncDispose]();
  }
}

const sum = <T>(values: Iterable<T>, of: (value: T) => number): number => {
  let total = 0;
  for (const value of values) total += of(value);
  return total;
};

const isNodeReady = ({ status }: Node): boolean =>
  isConditionTrue(status.conditions ?? [], "Ready");

const restartsOf = (pod: Pod | undefined): number =>
  sum(pod?.status.containerStatuses ?? [], ({ restartCount }) => restartCount);

function phaseOf(pod: Pod): "Ready" | "Starting" | "Pending" | "Succeeded" | "Failed" {
  const { phase } = pod.status;
  if (phase === "Succeeded" || phase === "Failed") return phase;
  if (!pod.spec.nodeName) return "Pending";
  return isPodReady(pod) ? "Ready" : "Starting";
}
