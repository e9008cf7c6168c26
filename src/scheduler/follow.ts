/**
 * Carries what informers tell to the snapshot and the queue.
 * upstream: pkg/scheduler/eventhandlers.go
 */
import { Namespace } from "#api/core/namespace.ts";
import { Node } from "#api/core/node.ts";
import { Pod } from "#api/core/pod.ts";
import type { AnyKind, ApiObject, Kind } from "#api/kind.ts";
import { groupKeyOf } from "#api/scheduling/podgroup.ts";
import type { Change, Informer, InformerSet } from "#client/informer.ts";
import {
  assignedPodUpdated,
  nodeAdded,
  nodeDeleted,
  nodeUpdated,
  objectEvent,
  podAssigned,
  podUnassigned,
  podWaits,
} from "./cluster-event.ts";
import type { Reading } from "./plugin.ts";
import type { SchedulingQueue } from "./queue/queue.ts";
import type { Assumptions } from "./snapshot/assumptions.ts";
import type { Objects } from "./snapshot/objects.ts";
import type { PodInfo } from "./snapshot/pod-info.ts";
import type { Snapshot } from "./snapshot/snapshot.ts";

/** Finished pods take no room. */
export const unfinished = { fieldSelector: "status.phase!=Succeeded,status.phase!=Failed" };

export interface FollowOptions {
  readonly informers: InformerSet;
  readonly snapshot: Snapshot;
  readonly queue: SchedulingQueue;
  readonly assumptions: Assumptions;
  readonly isResponsibleFor: (pod: Pod) => boolean;
  /** A pod is gone: nobody needs to wait for it. */
  readonly onGone: (pod: Pod) => void;
  /** A pod that had a node leaves it, or has left it; everybody else knows already. */
  readonly onLeaving: (uid: string) => void;
}

export function follow(options: FollowOptions, readings: readonly Reading[]): void {
  const { informers } = options;
  informers.of(Node).onChange((change) => nodeChanged(options, change));
  informers.of(Pod, unfinished).onChange((change) => podChanged(options, change));
  for (const { kind, ignoresStatus } of readings) {
    informers.of(kind).onChange((change: Change<ApiObject>) => {
      if (!ignoresStatus || !isOfStatus(change)) objectChanged(options, kind, change);
    });
  }
}

function nodeChanged({ snapshot, queue }: FollowOptions, { object, old, isGone }: Change<Node>) {
  if (isGone) {
    snapshot.removeNode(object.metadata.name ?? "");
    return queue.happened(nodeDeleted(object));
  }
  const aspects = snapshot.setNode(object);
  const events = aspects ? nodeUpdated({ old, new: object }, aspects) : [nodeAdded(object)];
  for (const event of events) queue.happened(event);
}

function podChanged(options: FollowOptions, { object, isGone }: Change<Pod>): void {
  if (isGone) return podGone(options, object);
  if (object.spec.nodeName) return podOnNode(options, object, object.spec.nodeName);
  const { queue, assumptions, snapshot } = options;
  const uid = object.metadata.uid ?? "";
  if (assumptions.has(uid)) return;
  if (!options.isResponsibleFor(object)) return queue.delete(uid);
  const before = queue.find(uid)?.pod;
  const info = snapshot.podInfos.of(object, before);
  const promised = object.status.nominatedNodeName;
  // What the scheduler itself decided may not have been told yet.
  if (promised !== before?.pod.status.nominatedNodeName) snapshot.nominate(info, promised);
  snapshot.groups.join(info);
  queue.update(info);
  if (!before && info.groupName !== undefined) queue.happened(podWaits(info));
}

function podGone(options: FollowOptions, pod: Pod): void {
  const { snapshot, queue, assumptions, onGone, onLeaving } = options;
  const uid = pod.metadata.uid ?? "";
  onGone(pod);
  const waiting = queue.find(uid)?.pod;
  queue.delete(uid);
  snapshot.groups.leave(groupKeyOf(pod), uid);
  assumptions.end(uid);
  if (waiting && snapshot.nominations.find(uid) !== undefined) {
    snapshot.nominate(waiting, undefined);
    queue.happened(podUnassigned(waiting));
  }
  const placed = snapshot.findPod(uid);
  if (!placed) return;
  snapshot.remove(uid);
  queue.happened(podUnassigned(placed.pod));
  onLeaving(uid);
}

function podOnNode(options: FollowOptions, pod: Pod, nodeName: string): void {
  const { snapshot, queue, assumptions } = options;
  const uid = pod.metadata.uid ?? "";
  const before = snapshot.findPod(uid);
  const info = snapshot.podInfos.of(pod, before?.pod ?? queue.find(uid)?.pod);
  queue.delete(uid);
  snapshot.nominate(info, undefined);
  const isNew = !before || assumptions.end(uid);
  if (isNew || matters(before.pod, info)) snapshot.place(info, nodeName);
  if (isOnItsWayOut(before?.pod, info)) options.onLeaving(uid);
  if (isNew) return queue.happened(podAssigned(info));
  for (const event of assignedPodUpdated(before.pod, info)) queue.happened(event);
}

const isOnItsWayOut = (before: PodInfo | undefined, after: PodInfo): boolean =>
  after.isTerminating && !before?.isTerminating;

/** Most updates of running pods are of their status, and change nothing here. */
const matters = (before: PodInfo, after: PodInfo): boolean =>
  before.kin !== after.kin ||
  before.isTerminating !== after.isTerminating ||
  before.requests !== after.requests;

function objectChanged(
  { snapshot, queue }: FollowOptions,
  kind: AnyKind,
  { object, old, isGone }: Change<ApiObject>,
): void {
  snapshot.objectsChanged(kind === Namespace);
  queue.happened(objectEvent(kind, isGone ? { old: object } : { old, new: object }));
}

/** The server counts changes of what is wanted in the generation. */
function isOfStatus({ object, old, isGone }: Change<ApiObject>): boolean {
  if (isGone || !old) return false;
  const { generation } = object.metadata;
  return generation !== undefined && generation === old.metadata.generation;
}

/** What plugins look up. */
export class InformedObjects implements Objects {
  readonly #informers: InformerSet;
  readonly #readings: ReadonlyMap<AnyKind, Reading>;
  readonly #versions = new Map<AnyKind, number>();

  constructor(informers: InformerSet, readings: readonly Reading[]) {
    this.#informers = informers;
    this.#readings = new Map(readings.map((reading) => [reading.kind, reading]));
    for (const { kind, ignoresStatus } of readings) {
      informers.of(kind).onChange((change: Change<ApiObject>) => {
        if (ignoresStatus && isOfStatus(change)) return;
        this.#versions.set(kind, this.version(kind) + 1);
      });
    }
  }

  readonly get = <T extends ApiObject>(
    kind: Kind<T>,
    namespace: string | undefined,
    name: string,
  ): T | undefined => this.#informerOf(kind).get(namespace, name);

  readonly list = <T extends ApiObject>(kind: Kind<T>, namespace?: string): readonly T[] =>
    this.#informerOf(kind).list(namespace);

  readonly version = (kind: AnyKind): number => this.#versions.get(kind) ?? 0;

  #informerOf<T extends ApiObject>(kind: Kind<T>): Informer<T> {
    if (!this.#readings.has(kind))
      throw new TypeError(`no plugin said that it reads ${kind.plural}`);
    return this.#informers.of(kind);
  }
}
