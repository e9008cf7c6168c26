/**
 * Two samples of each node that somebody asks about. Nobody asks, nothing is done: a cluster at rest
 * is left at rest. Whoever asks steadily, as an autoscaler does, gets averages over the time since
 * the last question; the first one waits for a moment, so that there is something to compare.
 */
import { type Clock, seconds, sleep } from "#base/clock.ts";
import type { Log } from "#base/log.ts";
import { type Counters, countersIn } from "./counters.ts";

export interface SamplerPorts {
  /** The text of a kubelet's `/metrics/resource`. */
  readonly read: (nodeName: string, signal: AbortSignal) => Promise<string>;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Samples {
  readonly before: Counters;
  readonly after: Counters;
}

/** Metrics are as fresh as this: metrics-server's --metric-resolution. */
const resolutionMs = seconds(15);
/** Over longer than this, an average says nothing about now. */
const spanMsMax = seconds(60);
const firstSpanMs = seconds(1);
const readMsMax = seconds(10);

interface Kept extends Samples {
  readonly atMs: number;
}

export class Sampler implements Disposable {
  readonly #ports: SamplerPorts;
  readonly #kept = new Map<string, Kept>();
  /** Several questions about a node are one. */
  readonly #underWay = new Map<string, Promise<Samples | undefined>>();
  readonly #stop = new AbortController();

  constructor(ports: SamplerPorts) {
    this.#ports = ports;
  }

  /** Nothing for a node that does not answer. */
  of(nodeName: string): Promise<Samples | undefined> {
    const kept = this.#kept.get(nodeName);
    const now = this.#ports.clock.monotonic();
    if (kept && now - kept.atMs < resolutionMs) return Promise.resolve(kept);
    const running = this.#underWay.get(nodeName);
    if (running) return running;
    const sampling = this.#sample(nodeName, kept).finally(() => this.#underWay.delete(nodeName));
    this.#underWay.set(nodeName, sampling);
    return sampling;
  }

  /** Nodes that are no more need no memory. */
  forgetAllBut(nodeNames: ReadonlySet<string>): void {
    for (const name of this.#kept.keys()) if (!nodeNames.has(name)) this.#kept.delete(name);
  }

  async #sample(nodeName: string, kept: Kept | undefined): Promise<Samples | undefined> {
    const { clock, log } = this.#ports;
    try {
      const before = await this.#before(nodeName, kept);
      const after = await this.#read(nodeName);
      this.#kept.set(nodeName, { before, after, atMs: clock.monotonic() });
      return { before, after };
    } catch (cause) {
      this.#kept.delete(nodeName);
      log.debug("a node does not tell what it uses", { node: nodeName, cause: String(cause) });
      return undefined;
    }
  }

  async #before(nodeName: string, kept: Kept | undefined): Promise<Counters> {
    const { clock } = this.#ports;
    if (kept && clock.monotonic() - kept.atMs <= spanMsMax) return kept.after;
    const first = await this.#read(nodeName);
    await sleep(clock, firstSpanMs, this.#stop.signal);
    return first;
  }

  async #read(nodeName: string): Promise<Counters> {
    const late = new AbortController();
    using _deadline = this.#ports.clock.after(readMsMax, () => late.abort());
    const signal = AbortSignal.any([late.signal, this.#stop.signal]);
    return countersIn(await this.#ports.read(nodeName, signal));
  }

  [Symbol.dispose](): void {
    this.#stop.abort();
  }
}
