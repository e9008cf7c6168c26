/**
 * Priority and fairness, put together: which flow a request belongs to, and a seat for it.
 * upstream: staging/src/k8s.io/apiserver/pkg/util/flowcontrol/apf_controller.go
 */
import type { FlowSchema } from "#api/flowcontrol/flowschema.ts";
import { mandatoryFlowSchemas, mandatoryPriorityLevels } from "#api/flowcontrol/mandatory.ts";
import type { PriorityLevelConfiguration } from "#api/flowcontrol/prioritylevelconfiguration.ts";
import { assert } from "#base/assert.ts";
import type { Clock } from "#base/clock.ts";
import type { Context } from "../context.ts";
import { Borrowing } from "./borrowing.ts";
import { type Flow, FlowCounts, flowOf, type Refusal } from "./flow.ts";
import { type Leave, Level } from "./level.ts";
import { Matching, matcherOf } from "./matching.ts";
import { seatsMax } from "./numbers.ts";
import { seatLimits } from "./shares.ts";
import { type CountOf, widthOf } from "./width.ts";

export interface FairnessOptions {
  readonly clock: Clock;
  /** How many objects of a kind there are. */
  readonly count: CountOf;
  /** All seats; `seatsMax` unless said. */
  readonly seats?: number | undefined;
}

type Schema = Pick<FlowSchema, "metadata" | "spec">;
type LevelObject = Pick<PriorityLevelConfiguration, "metadata" | "spec">;

export class Fairness implements Disposable {
  readonly #options: FairnessOptions;
  readonly #levels = new Map<string, Level>();
  readonly #counts = new Map<string, FlowCounts>();
  readonly #borrowing: Borrowing;
  #flows: readonly Flow[] = [];
  #matching!: Matching;

  constructor(options: FairnessOptions) {
    this.#options = options;
    this.#borrowing = new Borrowing(options.clock, () => this.#levels.values());
    this.configure([], []);
  }

  get levels(): Iterable<Level> {
    return this.#levels.values();
  }

  get flows(): readonly Flow[] {
    return this.#flows;
  }

  flowOf(context: Context): Flow {
    return this.#matching.flowOf(context);
  }

  widthOf(context: Context, { level }: Flow): number {
    return widthOf(context, level, this.#options.count);
  }

  /** A seat was not free: until one is, or why there will be none. */
  async wait(flow: Flow, context: Context, width: number): Promise<Leave | Refusal> {
    const outcome = await flow.level.wait({ flow, context, width });
    if (typeof outcome === "string") flow.counts.refuse(outcome);
    return outcome;
  }

  /** What is there. The mandatory ones are always there, whether they are stored or not. */
  configure(schemas: Iterable<Schema>, levels: Iterable<LevelObject>): void {
    this.#configureLevels(withMandatory(levels, mandatoryPriorityLevels));
    const flows: Flow[] = [];
    const matchers = [];
    for (const schema of withMandatory(schemas, mandatoryFlowSchemas)) {
      // One that dangles is as if it were not there.
      const level = this.#levels.get(schema.spec.priorityLevelConfiguration.name);
      if (!level || level.isQuiescing) continue;
      const flow = flowOf(schema, level, this.#countsOf(schema.metadata.name ?? ""));
      flows.push(flow);
      matchers.push(matcherOf(schema, flow));
    }
    const catchAll = flows.find(({ name }) => name === "catch-all");
    assert(catchAll, "the mandatory flow schemas are always there");
    this.#matching = new Matching(matchers, catchAll);
    this.#flows = flows;
    for (const [name, { executing, waiting }] of this.#counts) {
      const isThere = flows.some((flow) => flow.name === name);
      if (!isThere && executing === 0 && waiting === 0) this.#counts.delete(name);
    }
  }

  [Symbol.dispose](): void {
    this.#borrowing[Symbol.dispose]();
  }

  #configureLevels(objects: Iterable<LevelObject>): void {
    const specs = new Map(
      Array.from(objects, ({ metadata, spec }) => [metadata.name ?? "", { metadata, spec }]),
    );
    const { clock, seats = seatsMax } = this.#options;
    for (const [name, level] of this.#levels) {
      if (specs.has(name)) continue;
      level.isQuiescing = true;
      if (level.isIdle) this.#levels.delete(name);
    }
    const limits = seatLimits(new Map([...specs].map(([name, { spec }]) => [name, spec])), seats);
    for (const [name, { metadata, spec }] of specs) {
      const short = (): void => this.#borrowing.start();
      const level = this.#levels.get(name) ?? new Level({ name, clock, short });
      this.#levels.set(name, level);
      level.configure(spec, metadata.uid ?? "");
      const own = limits.get(name);
      if (own && !isSame(own, level.limits)) level.limit(own);
    }
  }

  #countsOf(name: string): FlowCounts {
    const counts = this.#counts.get(name) ?? new FlowCounts();
    this.#counts.set(name, counts);
    return counts;
  }
}

const isSame = (one: Level["limits"], other: Level["limits"]): boolean =>
  one.nominal === other.nominal && one.min === other.min && one.max === other.max;

function withMandatory<S, T extends { metadata: { name?: string | undefined }; spec: S }>(
  objects: Iterable<T>,
  mandatory: { readonly [name: string]: S },
): readonly (T | { metadata: T["metadata"]; spec: S })[] {
  const all = [...objects];
  const missing = Object.entries(mandatory).filter(
    ([name]) => !all.some(({ metadata }) => metadata.name === name),
  );
  return [...all, ...missing.map(([name, spec]) => ({ metadata: { name }, spec }))];
}
