/**
 * One attempt to schedule a pod, from the decision to the event. The decision is synchronous, and
 * the pod counts on its node from then on; the binding happens beside the next decisions.
 * upstream: pkg/scheduler/schedule_one.go
 */
import { unreachable } from "#base/assert.ts";
import type { Clock } from "#base/clock.ts";
import type { EventRecorder } from "#client/events.ts";
import type { AttemptResult, GroupObserver, SchedulerMetrics } from "../metrics.ts";
import type { Placement, Ports } from "../plugin.ts";
import type { QueuedPod } from "../queue/queued-pod.ts";
import type { SchedulingQueue } from "../queue/queue.ts";
import type { Assumptions } from "../snapshot/assumptions.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import type { Attempts } from "./attempts.ts";
import type { ExtendedDecider } from "../extenders/extended-decider.ts";
import type { Course, Following, Lane } from "./course.ts";
import { GroupCycle } from "./group-cycle.ts";
import type { GroupStatus } from "./group-status.ts";
import type { Decision, Unfit } from "./decide.ts";
import type { Failure, Failures } from "./failures.ts";
import type { Permits, Wait } from "./permits.ts";
import type { RoomMaking } from "./room-making.ts";
import { misplaced, Placing } from "./placing.ts";
import { PluginFailed } from "./trace.ts";
import { bindTo, preBind } from "./binding.ts";
import type { Finding } from "./verdicts.ts";

export interface CycleOptions {
  readonly lanes: ReadonlyMap<string, Lane>;
  readonly snapshot: Snapshot;
  readonly assumptions: Assumptions;
  readonly queue: SchedulingQueue;
  readonly permits: Permits;
  readonly failures: Failures;
  readonly roomMaking: RoomMaking;
  readonly attempts: Attempts;
  readonly recorder: EventRecorder;
  readonly metrics?: SchedulerMetrics | undefined;
  readonly ports: Ports;
  /** Pods of a group are tried together, and their group hears of it. */
  readonly groups?:
    | { readonly status: GroupStatus; readonly observe?: GroupObserver | undefined }
    | undefined;
}

const overtaken: Decision = {
  is: "failed",
  message: "no node that the extenders chose would still do by the time they answered",
};

/** So often it is asked again when the world moved on while extenders thought. */
const proposalsMax = 3;

export class Cycle {
  readonly #options: CycleOptions;
  readonly #clock: Clock;
  readonly #placing: Placing;
  /** Absent: each pod is tried on its own, whichever group it names. */
  readonly #groups: GroupCycle | undefined;
  #deciding: Promise<void> | undefined;

  constructor(options: CycleOptions) {
    this.#options = options;
    this.#clock = options.ports.clock;
    this.#placing = new Placing({ ...options, log: options.ports.log });
    const { groups, snapshot, queue } = options;
    const { clock } = options.ports;
    const parts = { snapshot, queue, clock, placing: this.#placing };
    this.#groups = groups && new GroupCycle(this, { ...parts, ...groups });
  }

  /** Extenders are being asked about a pod: the next one has to wait, they count on that. */
  get deciding(): Promise<void> | undefined {
    return this.#deciding;
  }

  /** The promise is that of the binding, or of making room, when it came to one. It never fails. */
  attempt(queued: QueuedPod): Promise<void> | undefined {
    const groups = this.#groups;
    if (groups && queued.pod.groupKey !== undefined) return this.#attemptGroup(queued, groups);
    const course = this.begin(queued);
    if (!course) return undefined;
    const { pod } = queued;
    const asked = this.consult(course);
    if (!asked) return this.#follow(course, course.lane.decider.decide(pod));
    return this.#undisturbed(async () => {
      const decision = await asked;
      return { end: decision && this.#follow(course, decision) };
    });
  }

  /** Undefined when nothing is to be done for it any more. */
  begin(queued: QueuedPod): Course | undefined {
    const { lanes, queue, recorder, assumptions } = this.#options;
    const { pod } = queued;
    const lane = lanes.get(pod.pod.spec.schedulerName ?? "");
    if (!lane || assumptions.has(pod.uid)) {
      queue.done(queued);
      return undefined;
    }
    if (pod.isTerminating) {
      // exact: kube-scheduler
      const message = `skip schedule deleting pod: ${pod.fullName}`;
      recorder.record(pod.pod, { type: "Warning", reason: "FailedScheduling", message });
      queue.done(queued);
      return undefined;
    }
    lane.trace.begin();
    return { queued, lane, startedMs: this.#clock.monotonic() };
  }

  /** What extenders say, when they are to be asked. Undefined when there is nobody to decide on any more. */
  consult(course: Course): Promise<Decision | undefined> | undefined {
    const { extended } = course.lane;
    return extended?.concerns(course.queued.pod) ? this.#proposed(course, extended) : undefined;
  }

  async #proposed({ queued }: Course, extended: ExtendedDecider): Promise<Decision | undefined> {
    const { queue, ports } = this.#options;
    for (let i = 0; i < proposalsMax; i++) {
      const proposal = await extended.propose(queued);
      if (ports.signal.aborted) return undefined;
      // Deleted, or bound by someone else.
      if (queued.place !== "inFlight") {
        queue.done(queued);
        return undefined;
      }
      const decision = extended.settle(queued, proposal);
      if (decision) return decision;
    }
    return overtaken;
  }

  #attemptGroup(queued: QueuedPod, groups: GroupCycle): Promise<void> | undefined {
    const roomMaker = groups.roomMaker(queued.pod);
    if (roomMaker !== undefined) {
      // Those for whom room is made take it along.
      this.#options.queue.putBack(queued, { is: "refused", by: new Set([roomMaker]) });
      return undefined;
    }
    const courses = groups.gather(queued);
    if (courses.length === 0) return undefined;
    const attempt = groups.attempt(courses);
    return attempt instanceof Promise ? this.#undisturbed(() => attempt) : attempt.end;
  }

  /** Nobody else is decided on meanwhile; what follows is waited for by the caller only. */
  async #undisturbed(decide: () => Promise<Following>): Promise<void> {
    const decided = Promise.withResolvers<void>();
    this.#deciding = decided.promise;
    let following: Following | undefined;
    try {
      following = await decide();
    } finally {
      this.#deciding = undefined;
      decided.resolve();
    }
    await following.end;
  }

  #follow(course: Course, decision: Decision): Promise<void> | undefined {
    const { pod } = course.queued;
    this.#options.metrics?.decided(this.#clock.monotonic() - course.startedMs);
    switch (decision.is) {
      case "fit":
        return this.#place(course, { pod, node: decision.node });
      case "unfit":
        return this.refuse(course, decision);
      case "empty":
        this.fail(course, {
          message: decision.message,
          outcome: { is: "refused", by: new Set() },
        });
        return undefined;
      case "failed":
        this.fail(course, { message: decision.message, outcome: { is: "failed" } });
        return undefined;
      default:
        return unreachable(decision);
    }
  }

  /** The pod counts on the node from here on; whatever fails later takes it back. */
  #place(course: Course, placement: Placement): Promise<void> | undefined {
    const placed = this.#placing.place(course, placement);
    switch (placed.is) {
      case "placed":
        return this.bind(course, placement, placed.waits);
      case "refused":
        return this.refuse(course, misplaced(placement, placed.finding));
      case "failed":
        this.fail(course, { message: placed.message, outcome: { is: "failed" } });
        return undefined;
      default:
        return unreachable(placed);
    }
  }

  /** Binds it to the node on which it counts already, once nobody has to be waited for. */
  async bind(course: Course, placement: Placement, waits: readonly Wait[]): Promise<void> {
    const { queue, metrics, ports, failures } = this.#options;
    const { queued } = course;
    const lane = { ...course.lane, beside: course.lane.trace.beside() };
    metrics?.binding(1);
    try {
      const finding = waits.length > 0 ? await this.#wait(placement, waits) : undefined;
      if (ports.signal.aborted) return;
      if (finding) {
        this.#placing.takeBack(course, placement);
        return this.refuse(course, misplaced(placement, finding));
      }
      queue.done(queued);
      await preBind(lane, placement, ports);
      await failures.withdraw(placement.pod.uid);
      await bindTo(lane, placement, ports);
      this.#bound(course, placement);
    } catch (cause) {
      this.#placing.takeBack(course, placement);
      if (!(cause instanceof PluginFailed)) throw cause;
      const { message } = cause;
      if (!ports.signal.aborted) this.fail(course, { message, outcome: { is: "failed" } });
    } finally {
      metrics?.binding(-1);
    }
  }

  async #wait(placement: Placement, waits: readonly Wait[]): Promise<Finding | undefined> {
    const { permits, metrics } = this.#options;
    const started = this.#clock.monotonic();
    const finding = await permits.wait(placement.pod.uid, waits);
    const result = finding ? "Unschedulable" : "Success";
    metrics?.waitedOnPermit(result, this.#clock.monotonic() - started);
    return finding;
  }

  #bound(course: Course, { pod, node }: Placement): void {
    const { assumptions, recorder, metrics, attempts } = this.#options;
    const { queued, lane } = course;
    assumptions.bound(pod.uid);
    attempts.forget(pod.uid);
    // exact: kube-scheduler
    const message = `Successfully assigned ${pod.fullName} to ${node.name}`;
    recorder.record(pod.pod, { type: "Normal", reason: "Scheduled", message });
    this.#attempted(course, "scheduled");
    const firstMs = queued.firstAttemptMs ?? course.startedMs;
    metrics?.scheduled(queued.attempts, this.#clock.monotonic() - firstMs);
    for (const { name, postBind } of lane.framework.postBinds) {
      this.#placing.harmless(name, () => postBind?.({ pod, node }));
    }
  }

  /** No node would do: back to the queue, and perhaps somebody makes room. */
  refuse(course: Course, unfit: Unfit): Promise<void> | undefined {
    const { message, verdicts, refusedBy, postFilter } = unfit;
    const { attempts, ports, queue, roomMaking, snapshot, metrics, failures } = this.#options;
    const { queued } = course;
    attempts.note(queued.pod.uid, { atMs: ports.clock.now(), message, verdicts });
    const isMakingRoom = postFilter?.perform !== undefined;
    if (postFilter) metrics?.preemptionAttempted(postFilter.victims?.length);
    if (isMakingRoom) queue.hold(queued, postFilter.by ?? "");
    const nominatedNodeName = postFilter?.nominatedNodeName;
    if (nominatedNodeName !== undefined) snapshot.nominate(queued.pod, nominatedNodeName);
    const outcome = { is: "refused", by: refusedBy } as const;
    const failure = { message, outcome, nominatedNodeName, isProvisional: isMakingRoom };
    this.fail(course, failure);
    if (!isMakingRoom) return undefined;
    const onWait = (): void => failures.persists(queued, failure);
    return roomMaking.start({ queued, onWait }, postFilter, ports);
  }

  /** Nodes were not what it failed for. */
  turnAway(course: Course, failure: Failure): void {
    const { attempts, ports } = this.#options;
    attempts.note(course.queued.pod.uid, { atMs: ports.clock.now(), message: failure.message });
    this.fail(course, failure);
  }

  fail(course: Course, failure: Failure): void {
    const { failures, ports } = this.#options;
    const isError = failure.outcome.is === "failed";
    this.#attempted(course, isError ? "error" : "unschedulable");
    if (isError) {
      const { fullName } = course.queued.pod;
      ports.log.warn("scheduling failed", { pod: fullName, why: failure.message });
    }
    failures.handle(course.queued, failure);
  }

  #attempted({ lane, startedMs }: Course, result: AttemptResult): void {
    const durationMs = this.#clock.monotonic() - startedMs;
    this.#options.metrics?.attempted({ profile: lane.framework.name, result, durationMs });
  }
}
