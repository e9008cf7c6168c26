/**
 * Drives one controller: watch, wake, reconcile, perform, again. Plumbing that upstream repeats in
 * every controller stands here once; what is decided stands in the controller's own file.
 */
import { ApiError, isReason } from "#api/errors.ts";
import type { AnyKind, ApiObject } from "#api/kind.ts";
import type { OwnerReference } from "#api/meta/object-meta.ts";
import { assert, AssertionFailed } from "#base/assert.ts";
import { type Clock, seconds } from "#base/clock.ts";
import type { Log } from "#base/log.ts";
import type { Metrics } from "#base/metrics.ts";
import { WorkQueue } from "#base/queue.ts";
import type { Random } from "#base/random.ts";
import { whenAborted } from "#base/signal.ts";
import type { Client } from "#client/client.ts";
import { createRecorder, type EventRecorder } from "#client/events.ts";
import type { Change, Informer, InformerSet } from "#client/informer.ts";
import { Barrier } from "./barrier.ts";
import { Causes } from "./causes.ts";
import {
  type AnyController,
  type Controller,
  type Key,
  keyOf,
  nobody,
  type View,
} from "./controller.ts";
import type { Effect } from "./effects.ts";
import { announce, type Measurement, takerOf } from "./measures.ts";
import { controllerOf } from "./ownership.ts";
import { Pace } from "./pace.ts";
import { performAll } from "./perform.ts";
import { observeQueue } from "./queue-metrics.ts";
import { Facts, type Lookups, lookupsOver } from "./view.ts";

export interface RunOptions {
  /** Acts as the controller's own identity. */
  readonly client: Client;
  readonly informers: InformerSet;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics?: Metrics;
  readonly signal: AbortSignal;
}

const workersDefault = 5;
/** A cache that is behind for longer than this is not waited for: something is wrong with it. */
const barrierMsMax = seconds(30);

/** Resolves when `signal` aborted and the work at hand is done; fails only on a bug. */
export async function runController(controller: AnyController, options: RunOptions): Promise<void> {
  using run = new Run(controller, options);
  await run.untilAborted();
}

class Run implements Disposable {
  readonly #controller: Controller;
  readonly #options: RunOptions;
  readonly #log: Log;
  readonly #informers: ReadonlyMap<AnyKind, Informer>;
  readonly #lookups: Lookups;
  readonly #wakingView: View;
  readonly #queue: WorkQueue;
  readonly #barrier: Barrier;
  readonly #recorder: EventRecorder;
  readonly #causes = new Causes();
  readonly #facts = new Facts();
  readonly #pace: Pace;
  /** The last known state of own objects, for controllers that tidy up after them. */
  readonly #known = new Map<Key, ApiObject>();
  readonly #subscriptions = new DisposableStack();
  /** Own kinds by the type that objects carry. */
  readonly #ownTypes: ReadonlyMap<string, AnyKind>;
  readonly #ownKinds: readonly AnyKind[];
  readonly #bug = Promise.withResolvers<never>();
  readonly #take: (measurement: Measurement, elapsedSeconds: number) => void;

  constructor(controller: AnyController, options: RunOptions) {
    const { client, clock, random, log, metrics, signal } = options;
    this.#controller = controller as Controller;
    this.#pace = new Pace(controller.pauseMs ?? 0);
    this.#ownTypes = new Map(ownKindsOf(controller).map((kind) => [typeOf(kind), kind]));
    this.#ownKinds = [...this.#ownTypes.values()];
    this.#options = options;
    this.#log = log.with({ controller: controller.name });
    this.#informers = new Map(
      kindsOf(controller).map((kind) => [kind, options.informers.of<ApiObject>(kind)]),
    );
    this.#lookups = lookupsOver(this.#informers);
    this.#wakingView = Object.defineProperty(this.#viewAt(neverSince), "now", { get: clock.now });
    const observed = metrics && observeQueue(metrics, controller.queue ?? controller.name);
    this.#queue = new WorkQueue({ clock, ...(observed ? { observer: observed.observer } : {}) });
    observed?.attach(this.#queue);
    this.#take = takerOf(metrics);
    this.#barrier = new Barrier(this.#informers, (key) => this.#wakeParked(key));
    const source = { component: controller.eventSource ?? controller.name };
    this.#recorder = createRecorder({ client, source, clock, random, log: this.#log, signal });
  }

  async untilAborted(): Promise<void> {
    const { signal } = this.#options;
    const { oneAtATime, workers = workersDefault } = this.#controller;
    if (!(await this.#synced(signal))) return;
    this.#subscribe();
    const count = oneAtATime ? 1 : workers;
    const work = Promise.all(Array.from({ length: count }, () => this.#work(signal)));
    await Promise.race([work, this.#bug.promise]);
  }

  async #synced(signal: AbortSignal): Promise<boolean> {
    const aborted = Promise.withResolvers<void>();
    using _ending = whenAborted(signal, aborted.resolve);
    const all = Promise.all(Array.from(this.#informers.values(), ({ synced }) => synced));
    await Promise.race([all, aborted.promise]);
    return !signal.aborted;
  }

  /** Everything that is there already counts as news once. */
  #subscribe(): void {
    const { watches = [], owns = [] } = this.#controller;
    for (const kind of this.#ownTypes.values()) {
      this.#hear(kind, (change) => this.#ownChanged(change));
    }
    for (const kind of owns) this.#hear(kind, (change) => this.#wakeOwners(change));
    for (const { kind, wakes, notes } of watches) {
      this.#hear(kind, ({ object, old, revision }) => {
        const noted = notes?.(object);
        if (noted) this.#facts.note(noted, this.#options.clock.now());
        const keys = wakes(object, old, this.#wakingView);
        if (keys !== nobody) for (const key of keys) this.#wake(key, revision);
      });
    }
    this.#meter();
  }

  #meter(): void {
    const { meter } = this.#controller;
    const { metrics } = this.#options;
    if (!meter || !metrics) return;
    announce(metrics, meter, this.#lookups);
    const { hears, heard } = meter;
    if (!hears || !heard) return;
    this.#hear(hears, (change) => {
      for (const measurement of heard(change)) this.#take(measurement, 0);
    });
  }

  #hear(kind: AnyKind, listener: (change: Change<ApiObject>) => void): void {
    const informer = this.#informers.get(kind);
    assert(informer, `${kind.plural} have no informer`);
    const hear = (change: Change<ApiObject>): void => this.#guard(listener, change);
    this.#subscriptions.use(informer.onChange(hear));
    for (const object of informer.list()) {
      const revision = Number(object.metadata.resourceVersion ?? 0);
      hear({ object, old: undefined, isGone: false, revision });
    }
  }

  /** One object that a controller cannot make sense of must not keep others from being heard of. */
  #guard(listener: (change: Change<ApiObject>) => void, change: Change<ApiObject>): void {
    try {
      listener(change);
    } catch (cause) {
      if (cause instanceof AssertionFailed) this.#bug.reject(cause);
      else this.#log.error("cannot tell whom a change concerns", { cause: String(cause) });
    }
  }

  /** Controllers of several kinds name their objects by type as well. */
  #keyOf(object: ApiObject): Key {
    return Array.isArray(this.#controller.for) ? fullKeyOf(object) : keyOf(object);
  }

  #find(key: Key): ApiObject | undefined {
    const { kind, namespace, name } = this.#parse(key);
    return kind && this.#informers.get(kind)?.get(namespace, name);
  }

  /** `[TYPE ][NAMESPACE/]NAME` */
  #parse(key: Key): { kind: AnyKind | undefined; namespace: string | undefined; name: string } {
    const space = key.lastIndexOf(" ");
    const slash = key.indexOf("/", space + 1);
    const kind = space < 0 ? this.#ownKinds[0] : this.#ownTypes.get(key.slice(0, space));
    const namespace = slash < 0 ? undefined : key.slice(space + 1, slash);
    return { kind, namespace, name: key.slice(Math.max(space, slash) + 1) };
  }

  #ownChanged({ object, old, isGone, revision }: Change<ApiObject>): void {
    const { gone, appeared, leavesAlone } = this.#controller;
    if (!isGone && leavesAlone?.(object, old)) return;
    const key = this.#keyOf(object);
    if (isGone && !gone) this.#known.delete(key);
    else if ((gone || appeared) && this.#known.get(key) !== undefined) this.#known.set(key, object);
    this.#wake(key, revision);
  }

  #wakeOwners({ object, old, revision }: Change<ApiObject>): void {
    const [owner, before] = [controllerOf(object), old && controllerOf(old)];
    if (owner) this.#wakeOwner(owner, object, revision);
    if (before && before.uid !== owner?.uid) this.#wakeOwner(before, object, revision);
  }

  #wakeOwner(owner: OwnerReference, { metadata }: ApiObject, revision: number): void {
    for (const mine of this.#ownKinds) {
      if (!isOfKind(owner, mine)) continue;
      const namespace = mine.scope === "Namespaced" ? metadata.namespace : undefined;
      const { apiVersion, kind } = mine;
      this.#wake(
        this.#keyOf({ apiVersion, kind, metadata: { namespace, name: owner.name } }),
        revision,
      );
      return;
    }
  }

  #wake(key: Key, revision: number): void {
    this.#causes.add(key, revision);
    this.#queue.addAfter(key, this.#pace.waitMs(key, this.#options.clock.monotonic()));
  }

  #wakeParked(barrierKey: Key): void {
    if (!this.#controller.oneAtATime) return this.#queue.add(barrierKey);
    for (const key of this.#parkedTogether) this.#queue.add(key);
    this.#parkedTogether.clear();
  }

  /** Of a controller that works one at a time: whoever waits for the last write of anybody. */
  readonly #parkedTogether = new Set<Key>();

  #barrierKey(key: Key): Key {
    return this.#controller.oneAtATime ? "" : key;
  }

  async #work(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const key = await this.#queue.take(signal);
      if (key === undefined) return;
      try {
        await this.#attempt(key);
        this.#queue.forget(key);
      } catch (cause) {
        if (cause instanceof AssertionFailed) throw cause;
        if (!signal.aborted) this.#failed(key, cause);
      } finally {
        this.#queue.done(key);
      }
    }
  }

  async #attempt(key: Key): Promise<void> {
    if (!this.#passesBarrier(key)) return;
    const look = this.#facts.look(key, this.#options.clock.now());
    const begunMs = this.#options.clock.monotonic();
    const take = (measurement: Measurement): void =>
      this.#take(measurement, (this.#options.clock.monotonic() - begunMs) / 1_000);
    const object = this.#find(key);
    let effects: readonly Effect[] = [];
    let isFailed = true;
    try {
      effects = this.#decide(key, object, this.#viewAt(look.since));
      await this.#perform(key, effects, take);
      isFailed = false;
    } finally {
      look.done();
      const { looked } = this.#controller.meter ?? {};
      if (object) for (const one of looked?.({ object, effects, isFailed }) ?? []) take(one);
    }
  }

  #passesBarrier(key: Key): boolean {
    const barrierKey = this.#barrierKey(key);
    const now = this.#options.clock.now();
    const since = this.#barrier.waitsSince(barrierKey, now);
    if (since === undefined) return true;
    const waitedMs = now - since;
    if (waitedMs >= barrierMsMax) {
      this.#log.warn("the cache does not show what was written", { key, waitedMs });
      this.#barrier.lift(barrierKey);
      return true;
    }
    if (this.#controller.oneAtATime) this.#parkedTogether.add(key);
    this.#queue.addAfter(key, barrierMsMax);
    return false;
  }

  #decide(key: Key, object: ApiObject | undefined, view: View): readonly Effect[] {
    const { reconcile, appeared, gone } = this.#controller;
    const known = this.#known.get(key);
    if (!object) {
      this.#known.delete(key);
      this.#pace.forget(key);
      return gone?.(key, view, known) ?? [];
    }
    this.#pace.looked(key, this.#options.clock.monotonic());
    if (appeared || gone) this.#known.set(key, object);
    const isNew = known?.metadata.uid !== object.metadata.uid;
    const first = isNew ? (appeared?.(object, view) ?? []) : [];
    return [...first, ...reconcile(object, view)];
  }

  async #perform(
    key: Key,
    effects: readonly Effect[],
    measure: (measurement: Measurement) => void,
  ): Promise<void> {
    // Most looks find nothing to do.
    if (effects.length === 0) return this.#causes.forget(key);
    const barrierKey = this.#barrierKey(key);
    const cause = this.#causes.take(key);
    try {
      await performAll(effects, {
        client: this.#options.client,
        recorder: this.#recorder,
        signal: this.#options.signal,
        cause: cause.text,
        wrote: (kind, object) => this.#barrier.wrote(barrierKey, kind, object),
        removed: (kind, object) => this.#barrier.removed(barrierKey, kind, object),
        wakeIn: (delayMs) => this.#queue.addAfter(key, delayMs),
        measure,
      });
    } catch (failure) {
      cause.putBack();
      throw failure;
    }
  }

  #viewAt(since: View["since"]): View {
    return { ...this.#lookups, now: this.#options.clock.now(), since };
  }

  #failed(key: Key, cause: unknown): void {
    const fields = { key, cause: String(cause), failures: this.#queue.failures(key) };
    if (isInvalid(cause)) {
      // Trying again cannot help: it takes a change of the object, and that wakes the key.
      this.#log.warn("refused as invalid", fields);
      return this.#queue.forget(key);
    }
    if (isOver(cause)) return this.#queue.forget(key);
    if (isRace(cause)) this.#log.debug("lost a race", fields);
    else this.#log.error("reconcile failed", fields);
    this.#queue.retry(key);
  }

  [Symbol.dispose](): void {
    this.#subscriptions.dispose();
    this.#barrier[Symbol.dispose]();
    this.#queue.close();
  }
}

const neverSince = (): number => {
  throw new AssertionFailed("`since` belongs to a look at a key");
};

const ownKindsOf = (controller: AnyController): readonly AnyKind[] =>
  Array.isArray(controller.for) ? controller.for : [controller.for as AnyKind];

function kindsOf(controller: AnyController): readonly AnyKind[] {
  const { owns = [], watches = [], reads = [] } = controller;
  return [...ownKindsOf(controller), ...owns, ...watches.map(({ kind }) => kind), ...reads];
}

const typeOf = ({ apiVersion, kind }: { apiVersion: string; kind: string }): string =>
  `${apiVersion}/${kind}`;

/** Owners may be named by another version of their group. */
const isOfKind = (owner: OwnerReference, { kind, group }: AnyKind): boolean =>
  owner.kind === kind &&
  (owner.apiVersion.includes("/") ? owner.apiVersion.split("/")[0] : "") === group;

/** For controllers of several kinds. */
export const fullKeyOf = (object: ApiObject): Key => `${typeOf(object)} ${keyOf(object)}`;

const isInvalid = (cause: unknown): boolean =>
  isReason(cause, "Invalid") || isReason(cause, "BadRequest");

/** Somebody else was faster, or the cache is behind: look again. */
const isRace = (cause: unknown): boolean =>
  isReason(cause, "Conflict") || isReason(cause, "NotFound") || isReason(cause, "AlreadyExists");

/** The namespace goes away, and with it everything in it. */
const isOver = (cause: unknown): boolean =>
  cause instanceof ApiError &&
  (cause.details?.causes?.some(({ reason }) => reason === "NamespaceTerminating") ?? false);
