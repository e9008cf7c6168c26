/**
 * What follows when a pod did not get a node: back into the queue, an event, and a condition that
 * says why. upstream: pkg/scheduler/schedule_one.go#handleSchedulingFailure
 */
import { Pod } from "#api/core/pod.ts";
import { withPodCondition } from "#api/core/pod-conditions.ts";
import type { PodCondition } from "#api/core/pod-status.ts";
import { formatTime } from "#base/clock.ts";
import type { EventRecorder } from "#client/events.ts";
import type { Ports } from "../plugin.ts";
import type { Outcome, SchedulingQueue } from "../queue/queue.ts";
import type { QueuedPod } from "../queue/queued-pod.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import type { Outbox } from "./outbox.ts";

export interface Failure {
  readonly message: string;
  readonly outcome: Outcome;
  /** Where the pod is to be looked for a place first; absent: as it was. */
  readonly nominatedNodeName?: string | undefined;
  /** It may get its node in a moment: its status says nothing before `persists`. */
  readonly isProvisional?: boolean;
}

export interface FailuresOptions {
  readonly queue: SchedulingQueue;
  readonly snapshot: Snapshot;
  /** The newest state of a pod that the API told. */
  readonly findPod: (namespace: string, name: string) => Pod | undefined;
  readonly recorder: EventRecorder;
  readonly outbox: Outbox;
  readonly ports: Ports;
}

/** upstream: pkg/apis/core/validation#NoteLengthLimit */
const noteLengthMax = 1_024;

export class Failures {
  readonly #options: FailuresOptions;

  constructor(options: FailuresOptions) {
    this.#options = options;
  }

  handle(queued: QueuedPod, failure: Failure): void {
    const { queue, snapshot } = this.#options;
    const pod = this.#current(queued);
    if (!pod) return queue.done(queued);
    if (queued.pod.pod !== pod) queued.pod = snapshot.podInfos.of(pod, queued.pod);
    queue.putBack(queued, failure.outcome);
    this.tell(pod, failure);
  }

  /** It has no node yet: what was provisional is told now. */
  persists(queued: QueuedPod, failure: Failure): void {
    const pod = this.#current(queued);
    if (pod) this.#tellStatus(pod, failure);
  }

  /** The pod, by an event and a condition. */
  tell(pod: Pod, failure: Failure): void {
    const { recorder } = this.#options;
    const { message } = failure;
    recorder.record(pod, {
      type: "Warning",
      reason: "FailedScheduling",
      message: shortened(message),
    });
    if (!failure.isProvisional) this.#tellStatus(pod, failure);
  }

  /** It has a node: what is true no longer must not reach the server after its binding. */
  withdraw(uid: string): Promise<void> | undefined {
    return this.#options.outbox.drop(uid);
  }

  /** Undefined when the pod is gone, or somebody found a node for it. */
  #current({ pod: { namespace, name, uid } }: QueuedPod): Pod | undefined {
    const pod = this.#options.findPod(namespace, name);
    return pod?.metadata.uid === uid && !pod.spec.nodeName ? pod : undefined;
  }

  #tellStatus(pod: Pod, { message, outcome, nominatedNodeName }: Failure): void {
    const { outbox, ports } = this.#options;
    const { namespace, name = "", uid = "", generation } = pod.metadata;
    const condition: PodCondition = {
      type: "PodScheduled",
      ...(generation === undefined ? {} : { observedGeneration: generation }),
      status: "False",
      lastProbeTime: null,
      lastTransitionTime: formatTime(ports.clock.now()),
      reason: outcome.is === "refused" ? "Unschedulable" : "SchedulerError",
      message,
    };
    const status = withPodCondition(pod.status, condition);
    const isNominated =
      nominatedNodeName === undefined || nominatedNodeName === (pod.status.nominatedNodeName ?? "");
    if (status === pod.status && isNominated) return void outbox.drop(uid);
    const conditions = status.conditions?.filter(({ type }) => type === condition.type);
    const change = {
      metadata: { uid },
      status: {
        conditions,
        ...(isNominated ? {} : { nominatedNodeName: nominatedNodeName || null }),
      },
    };
    outbox.put(uid, async () => {
      const at = { namespace, name, subresource: "status" };
      await ports.client.patch(Pod, at, { is: "strategic", change, signal: ports.signal });
    });
  }
}

function shortened(message: string): string {
  const ellipsis = " ...";
  return message.length <= noteLengthMax
    ? message
    : message.slice(0, noteLengthMax - ellipsis.length) + ellipsis;
}
