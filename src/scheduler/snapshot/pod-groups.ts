/**
 * Which pods belong together, and how many of them have a node. Pods that are finished do not count.
 * upstream: pkg/scheduler/backend/cache/podgroupstate.go
 */
import type { GroupPlacement } from "#api/core/pod-placement.ts";
import type { PodInfo } from "./pod-info.ts";

/** What came of it when the pods of a group were tried together. */
export type Trial = NonNullable<GroupPlacement["lastTrial"]>;

interface Members {
  /** Their uids. */
  readonly all: Set<string>;
  readonly placed: Set<string>;
  /** By the number of placed ones that somebody waits for. */
  readonly awaited: Map<number, PromiseWithResolvers<undefined>>;
  lastTrial?: Trial;
}

export class PodGroups {
  readonly #byKey = new Map<string, Members>();

  /** A pod that waits for a node. */
  join(pod: PodInfo): void {
    if (pod.groupKey !== undefined) this.#of(pod.groupKey).all.add(pod.uid);
  }

  place(pod: PodInfo, isPlaced: boolean): void {
    if (pod.groupKey === undefined) return;
    const { all, placed, awaited } = this.#of(pod.groupKey);
    if (!isPlaced) return void placed.delete(pod.uid);
    all.add(pod.uid);
    placed.add(pod.uid);
    awaited.get(placed.size)?.resolve(undefined);
    awaited.delete(placed.size);
  }

  /** It is gone, or finished. */
  leave(groupKey: string | undefined, uid: string): void {
    const members = groupKey === undefined ? undefined : this.#byKey.get(groupKey);
    if (!members || groupKey === undefined) return;
    members.all.delete(uid);
    members.placed.delete(uid);
    if (members.all.size === 0) this.#byKey.delete(groupKey);
  }

  size(groupKey: string): number {
    return this.#byKey.get(groupKey)?.all.size ?? 0;
  }

  placedCount(groupKey: string): number {
    return this.#byKey.get(groupKey)?.placed.size ?? 0;
  }

  /** There was no room for enough of them. */
  note(groupKey: string, trial: Trial): void {
    this.#of(groupKey).lastTrial = trial;
  }

  lastTrial(groupKey: string): Trial | undefined {
    return this.#byKey.get(groupKey)?.lastTrial;
  }

  /** The uids of those that have no node. */
  waiting(groupKey: string): readonly string[] {
    const { all, placed } = this.#byKey.get(groupKey) ?? { all: [], placed: new Set() };
    return [...all].filter((uid) => !placed.has(uid));
  }

  /** Resolves as soon as so many have a node. */
  reached(groupKey: string, count: number): Promise<undefined> {
    const { placed, awaited } = this.#of(groupKey);
    if (placed.size >= count) return Promise.resolve(undefined);
    const known = awaited.get(count) ?? Promise.withResolvers<undefined>();
    awaited.set(count, known);
    return known.promise;
  }

  #of(groupKey: string): Members {
    const known = this.#byKey.get(groupKey);
    if (known) return known;
    const members: Members = { all: new Set(), placed: new Set(), awaited: new Map() };
    this.#byKey.set(groupKey, members);
    return members;
  }
}
