/**
 * What the node and its pods use, read when somebody asks. Whoever asks soon after another gets the
 * same answer.
 */
import { minutes, seconds } from "#base/clock.ts";
import { type DetailedUsage, readDetails } from "./detailed-usage.ts";
import type { ServerFacts } from "./facts.ts";
import { type PodFiles, readPodFiles } from "./pod-files.ts";
import { Rates } from "./rates.ts";
import { SharedReading } from "./shared-reading.ts";
import { takeUsage, type Usage } from "./stats.ts";
import { smallSummary, wholeSummary } from "./summary.ts";
import { noSwap, swapIn, type SwapOf, unknownSwap } from "./swap.ts";

/** What autoscalers compute rates from. */
const usageFreshMs = seconds(0.5);
/** exact: kubelet's housekeeping interval */
const detailsFreshMs = seconds(10);
/** exact: kubelet's volumeStatsAggPeriod */
const filesFreshMs = minutes(1);

export class NodeNumbers {
  readonly #facts: ServerFacts;
  readonly #usage: SharedReading<Usage>;
  readonly #details: SharedReading<DetailedUsage>;
  readonly #files: SharedReading<ReadonlyMap<string, PodFiles>>;
  readonly #rates = new Rates();
  readonly #startedAtMs: number;

  constructor(facts: ServerFacts) {
    this.#facts = facts;
    const { workshop, pods } = facts;
    const { clock } = workshop;
    this.#startedAtMs = clock.now();
    const shared = <T>(freshMs: number, read: () => Promise<T>): SharedReading<T> =>
      new SharedReading({ clock, freshMs, read });
    this.#usage = shared(usageFreshMs, () => takeUsage(workshop, pods));
    this.#details = shared(detailsFreshMs, () => readDetails(workshop, pods));
    this.#files = shared(filesFreshMs, () => readPodFiles(workshop, pods));
  }

  usage(): Promise<Usage> {
    return this.#usage.get();
  }

  details(): Promise<DetailedUsage> {
    return this.#details.get();
  }

  async swap(): Promise<SwapOf> {
    const swapBytes = this.#facts.machine()?.swapBytes;
    if (swapBytes === undefined) return unknownSwap;
    return swapBytes === 0 ? noSwap : swapIn(await this.#details.get());
  }

  /** `/stats/summary` */
  async summary(isSmall: boolean): Promise<object> {
    const [usage, files, processIds] = await Promise.all([
      this.#details.get(),
      isSmall ? new Map<string, PodFiles>() : this.#files.get(),
      isSmall ? undefined : this.#facts.workshop.processIds?.(),
    ]);
    const options = {
      nodeName: this.#facts.nodeName,
      startedAtMs: this.#startedAtMs,
      rates: this.#rates,
      files,
      processIds,
    };
    return isSmall ? smallSummary(usage, options) : wholeSummary(usage, options);
  }
}
