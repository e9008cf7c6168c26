/**
 * One attempt to schedule a pod, from the decision to the event. The decision is synchronous, and
 * the pod counts on its node from then on; the binding happens beside the next decisions.
 * upstream: pkg/scheduler/schedule_one.go
 */
import { AssertionFailed, unreachable } from "#base/assert.ts";
import type { Clock } from "#base/clock.ts";
import type { EventRecorder } from "#client/events.ts";
import { podUnassigned } from "../cluster-event.ts";
import type { AttemptResult, SchedulerMetrics } from "../metrics.ts";
import type { Permission, Placement, Ports } from "../plugin.ts";
import type { QueuedPod } from "../queue/queued-pod.ts";
import type { SchedulingQueue } from "../queue/queue.ts";
import type { Assumptions } from "../snapshot/assumptions.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import type { Attempts } from "./attempts.ts";
import type { ExtendedDecider } from "../extenders/extended-decider.ts";
import type { Decider, Decision, Unfit } from "./decide.ts";
import type { Failure, Failures } from "./failures.ts";
import { fitMessage } from "./fit-message.ts";
import type { Framework } from "./framework.ts";
import type { Permits, Wait } from "./permits.ts";
import type { RoomMaking } from "./room-making.ts";
import { PluginFailed, type Trace } from "./trace.ts";
import { bindTo, preBind } from "./binding.ts";
import { type Finding, verdictsOf } from "./verdicts.ts";

/** A profile with all that its pods need. */
export interface Lane {
  readonly framework: Framework;
  readonly decider: Decider;
  readonly trace: Trace;
  /** Those outside who take part in its decisions. */
  readonly extended?: ExtendedDecider | undefined;
}

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
}

const permitStatus = { allowed: "Success", refused: "Unschedulable", waiting: "Wait" } as const;

const overtaken: Decision = {
  is: "failed",
  message: "no node that the extenders chose would still do by the time they answered",
};

/** What an attempt carries with it. */
interface Course {
  readonly queued: QueuedPod;
  readonly lane: Lane;
  readonly startedMs: number;
}

/** So often it is asked again when the world moved on while extenders thought. */
const proposalsMax = 3;

export class Cycle {
  readonly #options: CycleOptions;
  readonly #clock: Clock;
  #deciding: Promise<void> | undefined;

  constructor(options: CycleOptions) {
    this.#options = options;
    this.#clock = options.ports.clock;
  }

  /** Extenders are being asked about a pod: the next one has to wait, they count on that. */
  get deciding(): Promise<void> | undefined {
    return this.#deciding;
  }

  /** The promise is that of the binding, or of making room, when it came to one. It never fails. */
  attempt(queued: QueuedPod): Promise<void> | undefined {
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
    const course = { queued, lane, startedMs: this.#clock.monotonic() };
    lane.trace.begin();
    return lane.extended?.concerns(pod)
      ? this.#consult(course, lane.extended)
      : this.#follow(course, lane.decider.decide(pod));
  }

  /** Extenders are asked; what follows from it is waited for by the caller only. */
  async #consult(course: Course, extended: ExtendedDecider): Promise<void> {
    const { queue, ports } = this.#options;
    const { queued } = course;
    const decided = Promise.withResolvers<void>();
    this.#deciding = decided.promise;
    let following: Promise<void> | undefined;
    try {
      let decision: Decision | undefined;
      for (let i = 0; i < proposalsMax && !decision; i++) {
        const proposal = await extended.propose(queued);
        if (ports.signal.aborted) return;
        // Deleted, or bound by someone else.
        if (queued.place !== "inFlight") return queue.done(queued);
        decision = extended.settle(queued, proposal);
      }
      following = this.#follow(course, decision ?? overtaken);
    } finally {
      this.#deciding = undefined;
      decided.resolve();
    }
    await following;
  }

  #follow(course: Course, decision: Decision): Promise<void> | undefined {
    const { pod } = course.queued;
    switch (decision.is) {
      case "fit":
        return this.#place(course, { pod, node: decision.node });
      case "unfit":
        return this.#refused(course, decision);
      case "empty":
        this.#failed(course, {
          message: decision.message,
          outcome: { is: "refused", by: new Set() },
        });
        return undefined;
      case "failed":
        this.#failed(course, { message: decision.message, outcome: { is: "failed" } });
        return undefined;
      default:
        return unreachable(decision);
    }
  }

  /** The pod counts on the node from here on; whatever fails later takes it back. */
  #place(course: Course, placement: Placement): Promise<void> | undefined {
    const { snapshot, assumptions } = this.#options;
    const { pod, node } = placement;
    snapshot.place(pod, node.name);
    snapshot.nominate(pod, undefined);
    assumptions.add(pod);
    const { trace } = course.lane;
    try {
      const refusal = this.#reserve(course, placement);
      const permitted = refusal ?? this.#permit(course, placement);
      if (Array.isArray(permitted)) return this.#bind(course, placement, permitted);
      this.#takeBack(course, placement);
      return this.#refusedByNode(course, placement, permitted);
    } catch (cause) {
      if (cause instanceof AssertionFailed) throw cause;
      this.#takeBack(course, placement);
      this.#failed(course, { message: trace.describe(cause), outcome: { is: "failed" } });
    }
    return undefined;
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
    const waits: Wait[] = [];
    for (const plugin of framework.permits) {
      trace.enter("Permit", plugin.name);
      const permission: Permission | undefined = plugin.permit?.(placement);
      trace.leave(permitStatus[permission?.is ?? "allowed"]);
      if (permission?.is === "refused") return framework.findingOf(plugin.name, permission.refusal);
      if (permission?.is === "waiting") waits.push({ plugin: plugin.name, permission });
    }
    return waits;
  }

  async #bind(course: Course, placement: Placement, waits: readonly Wait[]): Promise<void> {
    const { queue, metrics, ports } = this.#options;
    const { queued } = course;
    const lane = { ...course.lane, beside: course.lane.trace.beside() };
    metrics?.binding(1);
    try {
      const finding = waits.length > 0 ? await this.#wait(placement, waits) : undefined;
      if (finding) {
        this.#takeBack(course, placement);
        return this.#refusedByNode(course, placement, finding);
      }
      queue.done(queued);
      await preBind(lane, placement, ports);
      await bindTo(lane, placement, ports);
      this.#bound(course, placement);
    } catch (cause) {
      this.#takeBack(course, placement);
      if (!(cause instanceof PluginFailed)) throw cause;
      const { message } = cause;
      if (!ports.signal.aborted) this.#failed(course, { message, outcome: { is: "failed" } });
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
      this.#harmless(name, () => postBind?.({ pod, node }));
    }
  }

  /** As if it had never been placed. */
  #takeBack({ queued, lane }: Course, placement: Placement): void {
    const { snapshot, assumptions, queue } = this.#options;
    const { pod } = placement;
    for (const { name, unreserve } of lane.framework.reserves.toReversed()) {
      this.#harmless(name, () => unreserve?.(placement));
    }
    // The informer may have told meanwhile what became of the pod: then it is not ours any more.
    if (!assumptions.end(pod.uid)) return;
    snapshot.remove(pod.uid);
    queue.happened(podUnassigned(pod), queued);
  }

  /** Nothing follows from what the plugin does here, not even from its failure. */
  #harmless(plugin: string, run: () => void): void {
    try {
      run();
    } catch (cause) {
      if (cause instanceof AssertionFailed) throw cause;
      this.#options.ports.log.error("a plugin failed", { plugin, cause });
    }
  }

  #refused(course: Course, unfit: Unfit): Promise<void> | undefined {
    const { message, verdicts, refusedBy, postFilter } = unfit;
    const { attempts, ports, queue, roomMaking, snapshot, metrics } = this.#options;
    const { queued } = course;
    attempts.note(queued.pod.uid, { atMs: ports.clock.now(), message, verdicts });
    const isMakingRoom = postFilter?.perform !== undefined;
    if (postFilter) metrics?.preemptionAttempted(postFilter.victims?.length);
    if (isMakingRoom) queue.hold(queued, postFilter.by ?? "");
    const nominatedNodeName = postFilter?.nominatedNodeName;
    if (nominatedNodeName !== undefined) snapshot.nominate(queued.pod, nominatedNodeName);
    this.#failed(course, {
      message,
      outcome: { is: "refused", by: refusedBy },
      nominatedNodeName,
    });
    return isMakingRoom ? roomMaking.start(queued, postFilter, ports) : undefined;
  }

  /** By a plugin that looked at the chosen node only. */
  #refusedByNode(course: Course, { node }: Placement, finding: Finding): Promise<void> | undefined {
    const verdicts = verdictsOf([node], [finding], finding);
    const message = fitMessage({ nodeCount: 1, verdicts });
    const refusedBy = new Set(finding.plugin === "" ? [] : [finding.plugin]);
    return this.#refused(course, { is: "unfit", message, verdicts, refusedBy });
  }

  #failed(course: Course, failure: Failure): void {
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
