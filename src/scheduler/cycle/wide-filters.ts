/** The filters whose answers hold for one pod at one moment only. */
import { skip } from "../plugin.ts";
import type { NodeView } from "../snapshot/node-view.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import type { Framework, Step } from "./framework.ts";
import type { Prepared } from "./local-answers.ts";
import { refusalStatus, type Trace } from "./trace.ts";
import type { Finding } from "./verdicts.ts";

interface Options {
  readonly prepared: Prepared;
  readonly pod: PodInfo;
  readonly trace: Trace;
}

export class WideFilters {
  readonly #framework: Framework;
  readonly #options: Options;
  /** Those that have something to say. */
  readonly steps: readonly Step[];

  constructor(framework: Framework, options: Options) {
    this.#framework = framework;
    this.#options = options;
    this.steps = framework.filters.wide.filter(
      ({ plugin, at }) => plugin.filter && options.prepared.states[at] !== skip,
    );
  }

  finding(node: NodeView): Finding | undefined {
    const { pod, prepared, trace } = this.#options;
    for (const { plugin, at, evaluations } of this.steps) {
      trace.enter("Filter", plugin.name);
      const refusal = plugin.filter?.(pod, node, prepared.states[at]);
      evaluations.asked++;
      trace.leave(refusal ? refusalStatus(refusal) : "Success");
      if (refusal) return this.#framework.findingOf(plugin.name, refusal);
    }
    return undefined;
  }
}

export const skipsAll = ({ steps }: WideFilters): boolean => steps.length === 0;
