/** What every filter says of every node, for one pod, as things are at this moment. */
import { AssertionFailed } from "#base/assert.ts";
import { messageOf } from "#base/failure.ts";
import { hopeless, Only, Refusal, skip } from "../plugin.ts";
import type { Framework, Step } from "../cycle/framework.ts";
import { failureText } from "../cycle/trace.ts";
import type { NodeView } from "../snapshot/node-view.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";

export interface NodeFinding {
  readonly plugin: string;
  readonly refusal: Refusal;
  readonly details: readonly string[];
}

interface Asked {
  readonly step: Step;
  readonly state: unknown;
  readonly only: ReadonlySet<string> | undefined;
  /** Of all nodes. */
  readonly refusal: Refusal | undefined;
}

const left = new Refusal(["node(s) didn't match Pod's node affinity/selector"], true);

export class Examination {
  readonly #pod: PodInfo;
  readonly #asked: readonly Asked[];

  constructor(framework: Framework, snapshot: Snapshot, pod: PodInfo) {
    this.#pod = pod;
    const { local, wide } = framework.filters;
    this.#asked = [...local, ...wide].flatMap((step): readonly Asked[] => {
      const { plugin } = step;
      const result = sparing(
        () => plugin.preFilter?.(pod, snapshot),
        (cause) => hopeless(failureText("PreFilter", plugin.name, cause)),
      );
      if (result === skip) return [];
      if (result instanceof Refusal)
        return [{ step, state: undefined, only: undefined, refusal: result }];
      const isNarrow = result instanceof Only;
      const state = isNarrow ? result.state : result;
      return [{ step, state, only: isNarrow ? result.nodes : undefined, refusal: undefined }];
    });
  }

  /** In the order in which the filters are asked; the first one is what the scheduler goes by. */
  of(node: NodeView): readonly NodeFinding[] {
    return this.#asked.flatMap((asked) => {
      const refusal = this.#refusal(asked, node);
      if (!refusal) return [];
      const { plugin } = asked.step;
      const details = sparing(
        () => (asked.refusal ? [] : plugin.explain?.(this.#pod, node, asked.state)),
        (cause) => [`no explanation: ${messageOf(cause)}`],
      );
      return [{ plugin: plugin.name, refusal, details: details ?? [] }];
    });
  }

  fits(node: NodeView): boolean {
    return this.#asked.every((asked) => !this.#refusal(asked, node));
  }

  #refusal({ step, state, only, refusal }: Asked, node: NodeView): Refusal | undefined {
    if (refusal) return refusal;
    if (only && !only.has(node.name)) return left;
    const { plugin } = step;
    return sparing(
      () => plugin.filter?.(this.#pod, node, state),
      (cause) => hopeless(failureText("Filter", plugin.name, cause)),
    );
  }
}

/** The scheduler's attempt fails on a plugin that breaks; whoever asks why wants to hear just that. */
function sparing<T, F>(ask: () => T, told: (cause: unknown) => F): T | F {
  try {
    return ask();
  } catch (cause) {
    if (cause instanceof AssertionFailed) throw cause;
    return told(cause);
  }
}
