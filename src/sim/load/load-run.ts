/**
 * A great many pods at once: created by Deployments, placed by the scheduler, started by nodes, all
 * through the API. Then, for as long as it is asked for, pods are deleted and made again.
 */
import { Deployment } from "#api/apps/deployment.ts";
import { Node } from "#api/core/node.ts";
import { Pod } from "#api/core/pod.ts";
import { isConditionTrue } from "#api/meta/conditions.ts";
import { type Clock, seconds, sleep } from "#base/clock.ts";
import type { Log } from "#base/log.ts";
import type { Random } from "#base/random.ts";
import type { Client } from "#client/client.ts";
import { InformerSet } from "#client/informer.ts";
import { PodProgress } from "./pod-progress.ts";
import type { Percentiles } from "./samples.ts";

export interface LoadOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly nodes: number;
  readonly pods: number;
  /** How long pods are replaced after they all run; 0: not at all. */
  readonly churnMs: number;
  readonly signal: AbortSignal;
  /** Told a few times a second. */
  readonly tell: (now: LoadState) => void;
}

export interface LoadState {
  readonly phase: "nodes" | "pods" | "churn";
  readonly elapsedMs: number;
  readonly nodesReady: number;
  readonly created: number;
  readonly scheduled: number;
  readonly started: number;
}

export interface LoadResult {
  readonly nodesMs: number;
  readonly podsMs: number;
  readonly scheduling: Percentiles;
  readonly startup: Percentiles;
  readonly churn?: { readonly ms: number; readonly started: number };
}

const podsPerDeployment = 500;
const pollMs = 100;
const namespace = "default";

export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const run = new LoadRun(options);
  return run.all();
}

class LoadRun {
  readonly #options: LoadOptions;
  readonly #progress: PodProgress;
  #nodesReady = 0;
  #phase: LoadState["phase"] = "nodes";
  #phaseStartMs: number;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#progress = new PodProgress(options.clock);
    this.#phaseStartMs = options.clock.monotonic();
  }

  async all(): Promise<LoadResult> {
    const { client, clock, random, log, signal, nodes, pods, churnMs } = this.#options;
    await using informers = new InformerSet({ client, clock, random, log }, signal);
    informers.of(Node).onChange(({ object, old }) => {
      const [was, is] = [old, object].map((node) =>
        isConditionTrue(node?.status.conditions ?? [], "Ready"),
      );
      this.#nodesReady += Number(is) - Number(was);
    });
    informers.of(Pod).onChange(this.#progress.observe);
    const nodesMs = await this.#until(() => this.#nodesReady >= nodes);
    this.#begin("pods");
    await this.#createDeployments();
    const podsMs = await this.#until(() => this.#progress.started >= pods);
    const { scheduling, starting } = this.#progress;
    const result = {
      nodesMs,
      podsMs,
      scheduling: scheduling.percentiles(),
      startup: starting.percentiles(),
    };
    return churnMs > 0 ? { ...result, churn: await this.#churn(churnMs) } : result;
  }

  #begin(phase: LoadState["phase"]): void {
    this.#phase = phase;
    this.#phaseStartMs = this.#options.clock.monotonic();
  }

  /** How long it took. */
  async #until(isDone: () => boolean): Promise<number> {
    const { clock, signal, tell } = this.#options;
    while (!isDone()) {
      signal.throwIfAborted();
      tell(this.#state());
      await sleep(clock, pollMs, signal);
    }
    tell(this.#state());
    return clock.monotonic() - this.#phaseStartMs;
  }

  #state(): LoadState {
    const { created, scheduled, started } = this.#progress;
    const elapsedMs = this.#options.clock.monotonic() - this.#phaseStartMs;
    return {
      phase: this.#phase,
      elapsedMs,
      nodesReady: this.#nodesReady,
      created,
      scheduled,
      started,
    };
  }

  get #deployments(): number {
    return Math.ceil(this.#options.pods / podsPerDeployment);
  }

  async #createDeployments(): Promise<void> {
    const { client, pods } = this.#options;
    for (let i = 0; i < this.#deployments; i++) {
      const replicas = Math.min(podsPerDeployment, pods - i * podsPerDeployment);
      await client.create(Deployment, deploymentOf(nameOf(i), replicas));
    }
  }

  /** One Deployment's pods after the other are deleted, as soon as most of those before run again. */
  async #churn(churnMs: number): Promise<{ readonly ms: number; readonly started: number }> {
    const { client, clock, pods, signal } = this.#options;
    this.#begin("churn");
    const before = this.#progress.started;
    const missingMax = Math.min(2_000, pods / 2);
    for (let i = 0; clock.monotonic() - this.#phaseStartMs < churnMs; i++) {
      signal.throwIfAborted();
      const selection = { namespace, labelSelector: `app=${nameOf(i % this.#deployments)}` };
      await client.deleteCollection(Pod, selection, { gracePeriodSeconds: 0 });
      await this.#until(() => pods - this.#progress.ready <= missingMax || this.#isOver(churnMs));
    }
    const ms = clock.monotonic() - this.#phaseStartMs;
    return { ms, started: this.#progress.started - before };
  }

  #isOver = (churnMs: number): boolean =>
    this.#options.clock.monotonic() - this.#phaseStartMs > churnMs + seconds(1);
}

const nameOf = (i: number): string => `load-${i + 1}`;

const deploymentOf = (name: string, replicas: number) => ({
  metadata: { namespace, name },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: {
        containers: [
          {
            name: "app",
            image: "k8ts.local/simulated:1",
            resources: { requests: { cpu: "10m", memory: "32Mi" } },
          },
        ],
      },
    },
  },
});
