/** Lets a cluster live through a scenario, in virtual time, and watches what becomes of it. */
import { ApiError } from "#api/errors.ts";
import type { GateSettings } from "#api/feature-gates.ts";
import { seededRandom } from "#base/random.ts";
import { createCluster } from "../simulated-cluster.ts";
import type { Cluster } from "../cluster.ts";
import { drawSpan } from "../nodes/span.ts";
import type { Stage } from "./definition.ts";
import { Observer, type Series } from "./observer.ts";
import type { PlannedStep, Scenario } from "./scenario.ts";

export interface Life {
  readonly seed: number;
  readonly durationMs: number;
  readonly nodes: number;
  readonly steps: readonly Happening[];
  readonly series: Series;
  readonly totals: Observer["totals"];
}

/** A step as it was taken. */
export interface Happening {
  readonly atMs: number;
  readonly step: string;
  readonly detail: string;
}

export interface LifeOptions {
  readonly manifest: (path: string) => Promise<string>;
  /** Those that are on or off otherwise than by default. */
  readonly featureGates?: GateSettings;
  readonly signal: AbortSignal;
  readonly tell: (detail: string) => void;
}

interface Due {
  readonly atMs: number;
  readonly act: () => Promise<void>;
}

export async function runScenario(scenario: Scenario, options: LifeOptions): Promise<Life> {
  const { seed, nodes, behaviours } = scenario;
  const { featureGates = {}, signal } = options;
  await using cluster = await createCluster({
    nodes,
    seed,
    behaviours,
    kubelets: "light",
    featureGates,
    signal,
  });
  await using observer = new Observer(cluster, seed, signal);
  return await new Run(scenario, { ...options, cluster, observer }).live();
}

interface Company extends LifeOptions {
  readonly cluster: Cluster;
  readonly observer: Observer;
}

/** Not what was asked is wrong, but we are. */
const serverErrors = 500;

class Run {
  readonly #scenario: Scenario;
  readonly #company: Company;
  readonly #startMs: number;
  readonly #due: Due[] = [];
  readonly #happened: Happening[] = [];
  readonly #stage: Stage;

  constructor(scenario: Scenario, company: Company) {
    const { cluster, manifest } = company;
    this.#scenario = scenario;
    this.#company = company;
    this.#startMs = cluster.clock.now();
    this.#stage = {
      cluster,
      manifest,
      // Of its own: one step more does not change what containers draw.
      random: seededRandom(scenario.seed + 1),
      later: (delayMs, act) => this.#plan(this.#nowMs() + delayMs, act),
    };
  }

  async live(): Promise<Life> {
    const { durationMs, seed, steps, nodes } = this.#scenario;
    const { cluster, observer, signal, tell } = this.#company;
    this.#plan(0, () => this.#sample());
    for (const step of steps) this.#plan(step.at, () => this.#take(step));
    for (let next = this.#due.shift(); next; next = this.#due.shift()) {
      if (next.atMs > durationMs) break;
      await cluster.clock.advance(Math.max(next.atMs - this.#nowMs(), 0), signal);
      await next.act();
      await cluster.clock.settle();
      tell(`${Math.floor((this.#nowMs() / durationMs) * 100)} %, ${observer.inShort()}`);
    }
    await cluster.clock.advance(Math.max(durationMs - this.#nowMs(), 0), signal);
    observer.sample(this.#nowMs());
    const { series, totals } = observer;
    return { seed, durationMs, nodes: nodes.length, steps: this.#happened, series, totals };
  }

  #nowMs(): number {
    return this.#company.cluster.clock.now() - this.#startMs;
  }

  /** What is due at the same moment happens in the order in which it was planned. */
  #plan(atMs: number, act: () => Promise<void>): void {
    const at = this.#due.findLastIndex((due) => due.atMs <= atMs);
    this.#due.splice(at + 1, 0, { atMs, act });
  }

  async #sample(): Promise<void> {
    this.#company.observer.sample(this.#nowMs());
    this.#plan(this.#nowMs() + this.#scenario.sampleMs, () => this.#sample());
  }

  async #take(step: PlannedStep): Promise<void> {
    const { definition, what, every, until = this.#scenario.durationMs } = step;
    const atMs = this.#nowMs();
    if (every !== undefined) {
      // Two at the very same moment would be one too many.
      const nextMs = atMs + Math.max(drawSpan(every, this.#stage.random), 1);
      if (nextMs <= until) this.#plan(nextMs, () => this.#take(step));
    }
    this.#happened.push({
      atMs,
      step: definition.name,
      detail: await this.#detail(definition, what),
    });
  }

  /** What the API refuses is part of the story. */
  async #detail({ run }: PlannedStep["definition"], what: unknown): Promise<string> {
    try {
      return await run(what, this.#stage);
    } catch (cause) {
      if (!(cause instanceof ApiError) || cause.code >= serverErrors) throw cause;
      return `refused: ${cause.message}`;
    }
  }
}
