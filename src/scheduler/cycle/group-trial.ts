/**
 * A group of pods, tried together: each is decided on with those before it in their places. Then all get
 * what was found for them, or everything is as if nobody had tried.
 * upstream: pkg/scheduler/schedule_one_podgroup.go#podGroupSchedulingDefaultAlgorithm
 */
import { unreachable } from "#base/assert.ts";
import type { Placement } from "../plugin.ts";
import type { NodeView } from "../snapshot/node-view.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import type { Course } from "./course.ts";
import type { Decision, Unfit } from "./decide.ts";
import type { Wait } from "./permits.ts";
import { misplaced, type Placing } from "./placing.ts";

/** It has its place, perhaps in that of others who would have to leave. */
export interface PlacedMember {
  readonly is: "placed";
  readonly course: Course;
  readonly placement: Placement;
  readonly waits: readonly Wait[];
  /** Room has to be made first. */
  readonly rescue: Unfit | undefined;
}

export type Member =
  | PlacedMember
  | { readonly is: "unfit"; readonly course: Course; readonly unfit: Unfit }
  /** There is not a single node. */
  | { readonly is: "empty"; readonly course: Course; readonly message: string }
  | { readonly is: "failed"; readonly course: Course; readonly message: string };

interface Options {
  readonly placing: Placing;
  readonly snapshot: Snapshot;
  /** Whether others may be thought away: not while anybody outside is waited for. */
  readonly mayMakeRoom: boolean;
}

export class GroupTrial {
  readonly members: Member[] = [];
  readonly #options: Options;
  /** In the order in which it was done. */
  readonly #undo: (() => void)[] = [];

  constructor(options: Options) {
    this.#options = options;
  }

  /** A plugin broke: the others need not be tried. */
  get isBroken(): boolean {
    return this.members.some(({ is }) => is === "failed");
  }

  get placed(): readonly PlacedMember[] {
    return this.members.filter((member) => member.is === "placed");
  }

  /** Enough of them have a place: one of them at least waits for no more. */
  get isMet(): boolean {
    const { placed } = this;
    return placed.some(({ waits }) => waits.every(({ permission }) => !permission.forTheRest));
  }

  take(course: Course, decision: Decision): void {
    switch (decision.is) {
      case "fit":
        return this.#place(course, decision.node, undefined);
      case "unfit":
        return this.#makeRoom(course, decision);
      case "empty":
      case "failed":
        return void this.members.push({ ...decision, course });
      default:
        return unreachable(decision);
    }
  }

  /** As if nobody had tried; nobody hears of it. */
  undo(): void {
    while (this.#undo.length > 0) this.#undo.pop()?.();
  }

  #makeRoom(course: Course, unfit: Unfit): void {
    const { snapshot, mayMakeRoom } = this.#options;
    const { nominatedNodeName, victims = [], perform } = unfit.postFilter ?? {};
    const node = nominatedNodeName ? snapshot.findNode(nominatedNodeName) : undefined;
    if (!node || !perform || !mayMakeRoom) {
      this.members.push({ is: "unfit", course, unfit: mayMakeRoom ? unfit : withoutRescue(unfit) });
      return;
    }
    const supposition = snapshot.suppose(node);
    this.#undo.push(() => supposition[Symbol.dispose]());
    for (const victim of victims) supposition.lift(victim);
    this.#place(course, node, unfit);
  }

  #place(course: Course, node: NodeView, rescue: Unfit | undefined): void {
    const { placing } = this.#options;
    const placement = { pod: course.queued.pod, node };
    const placed = placing.place(course, placement);
    switch (placed.is) {
      case "placed":
        this.#undo.push(() => placing.forget(course, placement));
        this.members.push({ is: "placed", course, placement, waits: placed.waits, rescue });
        return;
      case "refused":
        this.members.push({ is: "unfit", course, unfit: misplaced(placement, placed.finding) });
        return;
      case "failed":
        this.members.push({ ...placed, course });
        return;
      default:
        unreachable(placed);
    }
  }
}

const withoutRescue = ({ postFilter: _rescue, ...unfit }: Unfit): Unfit => unfit;
