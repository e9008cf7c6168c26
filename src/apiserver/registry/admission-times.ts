/** How long admission takes, step by step and plugin by plugin. upstream: apiserver/pkg/admission/metrics/metrics.go */
import type { Clock } from "#base/clock.ts";
import type { HistogramChild, Labelled, Metrics } from "#base/metrics.ts";
import type { Operation } from "../admission/admission.ts";

/** As the labels have it. */
export type StepType = "admit" | "validate";

const buckets = [0.005, 0.025, 0.1, 0.5, 1, 2.5];
const prefix = "apiserver_admission";

/** Every write asks, so what passes is counted without looking anything up by its labels. */
export class AdmissionTimes {
  readonly #clock: Clock;
  readonly #steps: Labelled<HistogramChild>;
  readonly #plugins: Labelled<HistogramChild>;
  readonly #passed = { admit: byOperation(), validate: byOperation() };

  constructor(metrics: Metrics, clock: Clock) {
    this.#clock = clock;
    this.#steps = metrics.histogram(
      `${prefix}_step_admission_duration_seconds`,
      "Time that all plugins of a step took.",
      ["operation", "rejected", "type"],
      buckets,
    );
    this.#plugins = metrics.histogram(
      `${prefix}_controller_admission_duration_seconds`,
      "Time that a plugin took.",
      ["name", "operation", "rejected", "type"],
      buckets,
    );
  }

  now(): number {
    return this.#clock.monotonic();
  }

  step(type: StepType, operation: Operation, { started, isRejected }: Taken): void {
    const labels = (): HistogramChild => this.#steps.with(operation, String(isRejected), type);
    const child = isRejected ? labels() : childOf(this.#passed[type][operation], "", labels);
    child.observe((this.now() - started) / 1_000);
  }

  plugin(type: StepType, { name, operation }: Who, { started, isRejected }: Taken): void {
    const labels = (): HistogramChild =>
      this.#plugins.with(name, operation, String(isRejected), type);
    const child = isRejected ? labels() : childOf(this.#passed[type][operation], name, labels);
    child.observe((this.now() - started) / 1_000);
  }
}

type Children = Map<string, HistogramChild>;

const byOperation = (): Readonly<Record<Operation, Children>> => ({
  CREATE: new Map(),
  UPDATE: new Map(),
  DELETE: new Map(),
  CONNECT: new Map(),
});

function childOf(children: Children, name: string, make: () => HistogramChild): HistogramChild {
  let child = children.get(name);
  if (!child) children.set(name, (child = make()));
  return child;
}

export interface Taken {
  readonly started: number;
  readonly isRejected: boolean;
}

export interface Who {
  readonly name: string;
  readonly operation: Operation;
}
