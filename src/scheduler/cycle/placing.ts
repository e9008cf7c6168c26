/** Counts a pod on the node that was found for it, until it is bound there, or as if it had never been. */
import { AssertionFailed } from "#base/assert.ts";
import type { Log } from "#base/log.ts";
import { podUnassigned } from "../cluster-event.ts";
import type { Permission, Placement } from "../plugin.ts";
import type { SchedulingQueue } from "../queue/queue.ts";
import type { Assumptions } from "../snapshot/assumptions.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import type { Course } from "./course.ts";
import type { Unfit } from "./decide.ts";
import { fitMessage } from "./fit-message.ts";
import type { Wait } from "./permits.ts";
import { type Finding, verdictsOf } from "./verdicts.ts";

/** What came of it: what has to be waited for before it is bound, or why it does not stand there. */
export type Placed =
  | { readonly is: "placed"; readonly waits: readonly Wait[] }
  | { readonly is: "refused"; readonly finding: Finding }
  | { readonly is: "failed"; readonly message: string };

interface Options {
  readonly snapshot: Snapshot;
  readonly assumptions: Assumptions;
  readonly queue: SchedulingQueue;
  readonly log: Log;
}

const permitStatus = { allowed: "Success", refused: "Unschedulable", waiting: "Wait" } as const;

export class Placing {
  readonly #options: Options;

  constructor(options: Options) {
    this.#options = options;
  }

  /** The pod counts on the node from here on, unless a plugin refuses it or breaks. */
  place(course: Course, placement: Placement): Placed {
    const { snapshot, assumptions } = this.#options;
    const { pod, node } = placement;
    snapshot.place(pod, node.name);
    snapshot.nominate(pod, undefined);
    assumptions.add(pod);
    try {
      const finding = this.#reserve(course, placement);
      const permitted = finding ?? this.#permit(course, placement);
      if (Array.isArray(permitted)) return { is: "placed", waits: permitted };
      this.takeBack(course, placement);
      return { is: "refused", finding: permitted };
    } catch (cause) {
      if (cause instanceof AssertionFailed) throw cause;
      this.takeBack(course, placement);
      return { is: "failed", message: course.lane.trace.describe(cause) };
    }
  }

  /** As if it had never been placed; others hear that there is room. */
  takeBack(course: Course, placement: Placement): void {
    if (this.forget(course, placement))
      this.#options.queue.happened(podUnassigned(placement.pod), course.queued);
  }

  /** The same, and nobody hears of it. Says whether it was still ours. */
  forget({ lane }: Course, placement: Placement): boolean {
    const { snapshot, assumptions } = this.#options;
    const { pod } = placement;
    for (const { name, unreserve } of lane.framework.reserves.toReversed()) {
      this.harmless(name, () => unreserve?.(placement));
    }
    // The informer may have told meanwhile what became of the pod: then it is not ours any more.
    if (!assumptions.end(pod.uid)) return false;
    snapshot.remove(pod.uid);
    return true;
  }

  /** Nothing follows from what the plugin does here, not even from its failure. */
  harmless(plugin: string, run: () => void): void {
    try {
      run();
    } catch (cause) {
      if (cause instanceof AssertionFailed) throw cause;
      this.#options.log.error("a plugin failed", { plugin, cause });
    }
  }

  #reserve({ lane: { framework, trace } }: Course, placement: Placement): Finding | undefined {
    for (const plugin of framework.reserves) {
      trace.enter("Reserve", plugin.name);
      const refusal = plugin.reserve?.(placement);
      trace.leave(refusal ? "Unschedulable" : "Success");
      if (refusal) return framework.findingOf(plugin.name, refusal);
    }
    return undefined;
  }

  /** What has to be waited for; or the refusal. */
  #permit({ lane: { framework, trace } }: Course, placement: Placement): Wait[] | Finding {
    const { snapshot } = this.#options;
    const waits: Wait[] = [];
    for (const plugin of framework.permits) {
      trace.enter("Permit", plugin.name);
      const permission: Permission | undefined = plugin.permit?.(placement, snapshot);
      trace.leave(permitStatus[permission?.is ?? "allowed"]);
      if (permission?.is === "refused") return framework.findingOf(plugin.name, permission.refusal);
      if (permission?.is === "waiting") waits.push({ plugin: plugin.name, permission });
    }
    return waits;
  }
}

/** By a plugin that looked at the chosen node only. */
export function misplaced({ node }: Placement, finding: Finding): Unfit {
  const verdicts = verdictsOf([node], [finding], finding);
  const message = fitMessage({ nodeCount: 1, verdicts });
  const by = new Set(finding.plugin === "" ? [] : [finding.plugin]);
  return { is: "unfit", message, verdicts, refusedBy: by };
}
