/**
 * One attempt to schedule a group of pods: all that wait for a node are tried together, and what follows for
 * each goes by what came of all. Without room for enough of them nobody is bound, and nobody keeps a place.
 * upstream: pkg/scheduler/schedule_one_podgroup.go
 *
 * differs: others are only evicted for a group that finds room then; upstream evicts for each of its pods, whatever
 * becomes of the group.
 */
import type { Clock } from "#base/clock.ts";
import type { GroupObserver, GroupResult } from "../metrics.ts";
import type { QueuedPod } from "../queue/queued-pod.ts";
import type { SchedulingQueue } from "../queue/queue.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import type { Course, Following } from "./course.ts";
import type { Decision, Unfit } from "./decide.ts";
import type { Failure } from "./failures.ts";
import type { GroupState, GroupStatus } from "./group-status.ts";
import { GroupTrial, type Member, type PlacedMember } from "./group-trial.ts";
import type { Wait } from "./permits.ts";
import type { Placing } from "./placing.ts";
import type { Placement } from "../plugin.ts";

/** How attempts at single pods begin and end. */
export interface Ends {
  /** Undefined when nothing is to be done for the pod. */
  readonly begin: (queued: QueuedPod) => Course | undefined;
  readonly bind: (course: Course, placement: Placement, waits: readonly Wait[]) => Promise<void>;
  readonly refuse: (course: Course, unfit: Unfit) => Promise<void> | undefined;
  readonly turnAway: (course: Course, failure: Failure) => void;
  /** What extenders say, when they are to be asked. Undefined when there is nobody to decide on any more. */
  readonly consult: (course: Course) => Promise<Decision | undefined> | undefined;
}

export interface GroupCycleOptions {
  readonly snapshot: Snapshot;
  readonly queue: SchedulingQueue;
  readonly placing: Placing;
  readonly status: GroupStatus;
  readonly observe?: GroupObserver | undefined;
  readonly clock: Clock;
}

// exact: kube-scheduler, all texts
const unschedulable = "pod group is unschedulable";
const waitsForRoom = `${unschedulable}, pod group is waiting for preemption to complete`;
const failedWith = (why: string): string => `failed to schedule other pod from a pod group: ${why}`;
const strangers = (a: string, b: string): string =>
  `all pods in a single pod group should have the same .spec.schedulerName set, got: ${JSON.stringify(a)} and ${JSON.stringify(b)}`;

export class GroupCycle {
  readonly #options: GroupCycleOptions;
  readonly #ends: Ends;

  constructor(ends: Ends, options: GroupCycleOptions) {
    this.#ends = ends;
    this.#options = options;
  }

  /** The pod, and all others of its group that wait for a node, the most important first. They are tried now. */
  gather(first: QueuedPod): readonly Course[] {
    const { snapshot, queue } = this.#options;
    const others = snapshot.groups.waiting(first.pod.groupKey ?? "");
    const queued = [first, ...others.flatMap((uid) => queue.take(uid) ?? [])];
    return queued.sort(ranked).flatMap((one) => this.#ends.begin(one) ?? []);
  }

  /** The plugin that makes room for others of its group: the pod is to wait with them. */
  roomMaker({ groupKey = "" }: PodInfo): string | undefined {
    const { snapshot, queue } = this.#options;
    for (const uid of snapshot.groups.waiting(groupKey)) {
      const plugin = queue.find(uid)?.heldBy;
      if (plugin !== undefined) return plugin;
    }
    return undefined;
  }

  /** A promise when extenders are asked. */
  attempt(courses: readonly Course[]): Promise<Following> | Following {
    const mixed = this.#mixed(courses);
    if (mixed !== undefined) return this.#broken(courses, mixed);
    if (courses.some(({ queued, lane }) => lane.extended?.concerns(queued.pod)))
      return this.#consulted(courses);
    const trial = this.#trial(true);
    for (const course of courses) {
      if (trial.isBroken) break;
      trial.take(course, course.lane.decider.decide(course.queued.pod));
    }
    return this.#end(trial, courses);
  }

  async #consulted(courses: readonly Course[]): Promise<Following> {
    const trial = this.#trial(false);
    for (const course of courses) {
      if (trial.isBroken) break;
      const asked = this.#ends.consult(course);
      const decision = asked ? await asked : course.lane.decider.decide(course.queued.pod);
      if (decision) trial.take(course, decision);
    }
    const left = courses.filter(({ queued }) => queued.place === "inFlight");
    return this.#end(trial, left);
  }

  #trial(mayMakeRoom: boolean): GroupTrial {
    return new GroupTrial({ ...this.#options, mayMakeRoom });
  }

  #mixed(courses: readonly Course[]): string | undefined {
    const [first, ...others] = courses.map(({ lane }) => lane.framework.name);
    const other = others.find((name) => name !== first);
    return other === undefined ? undefined : strangers(other, first ?? "");
  }

  #end(trial: GroupTrial, courses: readonly Course[]): Following {
    const failure = trial.members.find((member) => member.is === "failed");
    if (failure) {
      trial.undo();
      return this.#broken(courses, failedWith(failure.message), failure);
    }
    if (!trial.isMet) return this.#givenUp(trial);
    return trial.placed.some(({ rescue }) => rescue) ? this.#deferred(trial) : this.#bound(trial);
  }

  /** One of them failed, or they do not go together: none is scheduled. */
  #broken(courses: readonly Course[], message: string, failure?: Member): Following {
    this.#tell(courses, { status: "False", reason: "SchedulerError", message });
    for (const course of courses) {
      const own = failure?.course === course && failure.is === "failed" ? failure.message : message;
      this.#ends.turnAway(course, { message: own, outcome: { is: "failed" }, ...noNode });
    }
    return together([]);
  }

  #bound({ members }: GroupTrial): Following {
    this.#tell(coursesOf(members), { status: "True", reason: "Scheduled", message: "" });
    return together(
      members.map((member) =>
        member.is === "placed"
          ? this.#ends.bind(member.course, member.placement, member.waits)
          : this.#without(member),
      ),
    );
  }

  /** There will be room when others have left: until then each is promised its node. */
  #deferred(trial: GroupTrial): Following {
    const { members } = trial;
    trial.undo();
    this.#tell(coursesOf(members), stateOf(waitsForRoom));
    const by = new Set(trial.placed.flatMap(({ rescue }) => rescue?.postFilter?.by ?? []));
    return together(members.map((member) => this.#awaitRoom(member, by)));
  }

  #awaitRoom(member: Member, by: ReadonlySet<string>): Promise<void> | undefined {
    if (member.is !== "placed") return this.#without(member);
    const { course, placement, rescue } = member;
    if (rescue) return this.#ends.refuse(course, rescue);
    // Those who make room take it along when they are tried again.
    const { name } = placement.node;
    this.#options.snapshot.nominate(course.queued.pod, name);
    const outcome = { is: "refused", by } as const;
    this.#ends.turnAway(course, { message: waitsForRoom, outcome, nominatedNodeName: name });
    return undefined;
  }

  #givenUp(trial: GroupTrial): Following {
    const { members } = trial;
    trial.undo();
    this.#note(trial);
    this.#tell(coursesOf(members), stateOf(unschedulable));
    return together(
      members.map((member) =>
        member.is === "placed" ? this.#alone(member) : this.#without(member),
      ),
    );
  }

  /** For those who ask why. */
  #note({ members, placed }: GroupTrial): void {
    const misfit = members.find((member) => member.is !== "placed");
    const why = misfit?.is === "unfit" ? misfit.unfit.message : misfit?.message;
    const without = misfit && { pod: misfit.course.queued.pod.fullName, why: why ?? "" };
    const trial = { roomFor: placed.length, tried: members.length, without };
    const { groupKey = "" } = members[0]?.course.queued.pod ?? {};
    this.#options.snapshot.groups.note(groupKey, trial);
  }

  /** There would be room for it, but not for enough of the others. */
  #alone({ course, waits }: PlacedMember): undefined {
    const own = waits.filter(({ permission }) => permission.forTheRest);
    const message = [unschedulable, ...own.map(({ permission }) => permission.forTheRest)];
    const by = new Set(own.map(({ plugin }) => plugin));
    const outcome = { is: "refused", by } as const;
    this.#ends.turnAway(course, { message: message.join(", "), outcome, ...noNode });
    return undefined;
  }

  #without(member: Exclude<Member, PlacedMember>): Promise<void> | undefined {
    const { course } = member;
    if (member.is === "unfit") return this.#ends.refuse(course, member.unfit);
    const by = new Set<string>();
    this.#ends.turnAway(course, { message: member.message, outcome: { is: "refused", by } });
    return undefined;
  }

  #tell([first]: readonly Course[], state: GroupState): void {
    if (!first) return;
    const { status, observe, clock } = this.#options;
    const result = results[state.message] ?? "error";
    const durationMs = clock.monotonic() - first.startedMs;
    observe?.({ profile: first.lane.framework.name, result, durationMs });
    status.tell(first.queued.pod, state);
  }
}

function together(all: readonly (Promise<void> | undefined)[]): Following {
  const under = all.filter((one) => one !== undefined);
  return { end: under.length > 0 ? Promise.all(under).then(() => undefined) : undefined };
}

/** By what the group is told. */
const results: { readonly [message: string]: GroupResult | undefined } = {
  [unschedulable]: "unschedulable",
  [waitsForRoom]: "waiting_on_preemption",
  "": "scheduled",
};

const noNode = { nominatedNodeName: "" } as const;

const stateOf = (message: string): GroupState => ({
  status: "False",
  reason: "Unschedulable",
  message,
});

const coursesOf = (members: readonly Member[]): readonly Course[] =>
  members.map(({ course }) => course);

/** The more important pod first, then who was tried first, then who came first. */
const ranked = (a: QueuedPod, b: QueuedPod): number =>
  b.pod.priority - a.pod.priority ||
  (a.firstAttemptMs ?? 0) - (b.firstAttemptMs ?? 0) ||
  a.number - b.number;
