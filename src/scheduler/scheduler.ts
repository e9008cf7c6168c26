/**
 * The scheduler: finds a node for every pod that has none. It talks to the API only, as
 * `system:kube-scheduler`.
 *
 *   const scheduler = createScheduler({ client, clock, random, log, metrics });
 *   await scheduler.run(signal);
 */
import { Namespace } from "#api/core/namespace.ts";
import type { PodPlacement } from "#api/core/pod-placement.ts";
import { Pod } from "#api/core/pod.ts";
import { defaultGates, type FeatureGates } from "#api/feature-gates.ts";
import { PodGroup } from "#api/scheduling/podgroup.ts";
import type { AnyKind } from "#api/kind.ts";
import type { BackoffOptions } from "#base/backoff.ts";
import { breathe, type Clock } from "#base/clock.ts";
import type { HttpClient } from "#base/http.ts";
import type { Log } from "#base/log.ts";
import { Metrics } from "#base/metrics.ts";
import type { Random } from "#base/random.ts";
import { aborted, Bell } from "#base/signal.ts";
import type { Client } from "#client/client.ts";
import { createRecorder } from "#client/events.ts";
import { InformerSet } from "#client/informer.ts";
import { Attempts, type LastAttempt } from "./cycle/attempts.ts";
import type { Lane } from "./cycle/course.ts";
import { Cycle, type CycleOptions } from "./cycle/cycle.ts";
import { Decider } from "./cycle/decide.ts";
import { Failures } from "./cycle/failures.ts";
import { Framework } from "./cycle/framework.ts";
import { GroupStatus } from "./cycle/group-status.ts";
import { Outbox } from "./cycle/outbox.ts";
import { Permits } from "./cycle/permits.ts";
import { RoomMaking } from "./cycle/room-making.ts";
import { failureText, Trace } from "./cycle/trace.ts";
import { podUnassigned } from "./cluster-event.ts";
import { ExtendedDecider } from "./extenders/extended-decider.ts";
import { Extender } from "./extenders/extender.ts";
import type { ExtenderSettings } from "./extenders/settings.ts";
import { follow, InformedObjects, unfinished } from "./follow.ts";
import { createMetrics, type SchedulerMetrics } from "./metrics.ts";
import { patientClient } from "./patient-client.ts";
import { observePodResources } from "./pod-resources.ts";
import { type Plugin, type Ports, type Reading, refuse } from "./plugin.ts";
import { defaultProfile, pluginsWith, type Profile } from "./profile.ts";
import { Interests } from "./queue/interests.ts";
import { type QueueOptions, SchedulingQueue } from "./queue/queue.ts";
import { Assumptions } from "./snapshot/assumptions.ts";
import type { PodInfo } from "./snapshot/pod-info.ts";
import { Snapshot } from "./snapshot/snapshot.ts";
import { explain } from "./why/explain.ts";

export interface SchedulerOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics?: Metrics;
  /** The default one when absent. Pods pick theirs by `spec.schedulerName`. */
  readonly profiles?: readonly Profile[];
  /** As they stand by default when absent. */
  readonly gates?: FeatureGates | undefined;
  /** How long a refused pod waits before it is tried again. */
  readonly backoff?: BackoffOptions;
  /** Programs outside that take part, for all profiles. */
  readonly extenders?: readonly ExtenderSettings[];
  /** Where they are reached; needed with extenders. */
  readonly http?: Pick<HttpClient, "call">;
}

export interface Scheduler {
  /** Resolves when `signal` aborted and everything has come to rest; fails only on a bug. */
  readonly run: (signal: AbortSignal) => Promise<void>;
  /** What came of the last attempt to schedule a pod that still waits. */
  readonly lastAttempt: (uid: string) => LastAttempt | undefined;
  /** Why the pod is where it is, or nowhere; undefined while the scheduler does not run. */
  readonly explain: (pod: Pod) => PodPlacement | undefined;
  /** What pods ask for; empty while the scheduler does not run. */
  readonly podResources: Metrics;
}

/** Decisions are made for so long at most before others get their turn. */
const turnMsMax = 5;
/** Bindings under way at once: more would only wait in the server. */
const bindingsMax = 1_000;
/** Few: a pod that gets its node before its turn comes is told nothing else. */
const statusWritesMax = 16;

export function createScheduler(options: SchedulerOptions): Scheduler {
  const { gates = defaultGates } = options;
  const profiles = options.profiles ?? [{ ...defaultProfile, plugins: pluginsWith(gates) }];
  const metrics = options.metrics && createMetrics(options.metrics);
  let attempts = new Attempts();
  let explainer: Scheduler["explain"] | undefined;
  let pods: Ready["pods"] = () => [];
  const podResources = new Metrics();
  observePodResources(podResources, () => pods());
  return {
    podResources,
    lastAttempt: (uid) => attempts.find(uid),
    explain: (pod) => explainer?.(pod),
    run: async (signal) => {
      attempts = new Attempts();
      const onReady = (ready: Ready): void => {
        explainer = (pod) => (signal.aborted ? undefined : ready.explain(pod));
        pods = ready.pods;
      };
      try {
        await run({ ...options, gates, profiles, attempts, ownMetrics: metrics, onReady }, signal);
      } finally {
        explainer = undefined;
        pods = () => [];
      }
    },
  };
}

interface RunOptions extends SchedulerOptions {
  readonly gates: FeatureGates;
  readonly profiles: readonly Profile[];
  readonly attempts: Attempts;
  readonly ownMetrics: SchedulerMetrics | undefined;
  readonly onReady: (ready: Ready) => void;
}

/** What others may ask a scheduler that runs. */
interface Ready {
  readonly explain: (pod: Pod) => PodPlacement;
  /** Those that are not finished. */
  readonly pods: () => readonly Pod[];
}

async function run(options: RunOptions, signal: AbortSignal): Promise<void> {
  const { clock, random, log, attempts, ownMetrics: metrics } = options;
  const stop = new AbortController();
  const stopped = AbortSignal.any([signal, stop.signal]);
  const client = patientClient(options.client, { clock, signal: stopped });
  await using informers = new InformerSet({ client, clock, random, log }, stopped);
  const plugins = new Set(options.profiles.flatMap((profile) => profile.plugins));
  const readings = readingsOf(plugins, options.gates);
  const snapshot = new Snapshot(new InformedObjects(informers, readings));
  const lanes = lanesOf(options, snapshot, extendersOf(options, stopped));
  const onBroken = (plugin: string, cause: unknown, pod?: PodInfo): void => {
    log.error("a plugin failed", { plugin, cause, ...(pod ? { pod: pod.fullName } : {}) });
    const message = failureText("PreEnqueue", plugin, cause);
    if (pod) failures.tell(pod.pod, { message, outcome: { is: "failed" } });
  };
  using queue = queueOf(plugins, { lanes, cluster: snapshot, onBroken }, options);
  metrics?.pending(queue);
  metrics?.evaluations([...lanes.values()].map(({ framework }) => framework));
  using assumptions = new Assumptions({
    clock,
    onExpired: (pod) => {
      log.warn("a bound pod was never seen on its node", { pod: pod.fullName });
      snapshot.remove(pod.uid);
      queue.happened(podUnassigned(pod));
    },
  });
  metrics?.cached({ snapshot, assumptions });
  const source = { component: options.profiles[0]?.schedulerName ?? "default-scheduler" };
  const recorder = createRecorder({ client, source, clock, random, log, signal: stopped });
  const outbox = new Outbox(statusWritesMax, (cause) => {
    if (!stopped.aborted) log.info("a pod's status was not updated", { cause: String(cause) });
  });
  const permits = new Permits(clock, stopped);
  const { rejectWaiting } = permits;
  const ports: Ports = { client, clock, log, recorder, rejectWaiting, signal: stopped };
  const roomMaking = new RoomMaking({ queue, snapshot, log });
  const pods = informers.of(Pod, unfinished);
  const findPod = (namespace: string, name: string): Pod | undefined => pods.get(namespace, name);
  const failures = new Failures({ queue, snapshot, findPod, recorder, outbox, ports });
  const cycle = new Cycle({
    lanes,
    snapshot,
    assumptions,
    queue,
    permits,
    failures,
    roomMaking,
    attempts,
    recorder,
    metrics,
    ports,
    groups: groupsOf(options, { snapshot, outbox, ports }),
  });
  const onGone = ({ metadata: { uid = "" } }: Pod): void => {
    attempts.forget(uid);
    rejectWaiting(uid, refuse("the pod was deleted"));
  };
  const isResponsibleFor = ({ spec }: Pod): boolean => lanes.has(spec.schedulerName ?? "");
  const hearers = { isResponsibleFor, onGone, onLeaving: roomMaking.seen };
  follow({ informers, snapshot, queue, assumptions, ...hearers }, readings);
  try {
    await Promise.race([informers.synced(), aborted(stopped)]);
    const explainer = explainerOf({ lanes, snapshot, queue, attempts });
    options.onReady({ explain: explainer, pods: () => pods.list() });
    await loop({ queue, cycle, clock, signal: stopped });
  } finally {
    stop.abort();
    await outbox.close();
  }
}

/** Undefined: groups of pods are nothing to it. */
function groupsOf(
  { gates, ownMetrics }: RunOptions,
  parts: ConstructorParameters<typeof GroupStatus>[0],
): CycleOptions["groups"] {
  if (!gates.isEnabled("GenericWorkload")) return undefined;
  return { status: new GroupStatus(parts), observe: ownMetrics?.groups() };
}

type Known = Pick<CycleOptions, "lanes" | "snapshot" | "queue" | "attempts">;

const explainerOf =
  ({ lanes, snapshot, queue, attempts }: Known): Ready["explain"] =>
  (pod) => {
    const { uid = "" } = pod.metadata;
    const message = attempts.find(uid)?.message;
    const lane = lanes.get(pod.spec.schedulerName ?? "");
    return explain({ pod, lane, snapshot, queued: queue.find(uid), message });
  };

interface LoopOptions {
  readonly queue: SchedulingQueue;
  readonly cycle: Cycle;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Tries pods as they come, and lets others work in between. */
async function loop({ queue, cycle, clock, signal }: LoopOptions): Promise<void> {
  const bindings = new Set<Promise<void>>();
  const ended = new Bell();
  while (!signal.aborted) {
    await queue.ready(signal);
    while (bindings.size >= bindingsMax && !signal.aborted) await ended.heard(signal);
    const endMs = clock.monotonic() + turnMsMax;
    while (!signal.aborted && bindings.size < bindingsMax && clock.monotonic() < endMs) {
      const queued = queue.pop();
      if (!queued) break;
      const binding = cycle.attempt(queued);
      if (!binding) continue;
      if (cycle.deciding) await cycle.deciding;
      const counted = binding.finally(() => {
        bindings.delete(counted);
        ended.ring();
      });
      bindings.add(counted);
    }
    if (clock.monotonic() >= endMs) await breathe(clock, signal);
  }
  await Promise.all(bindings);
}

/** Some kinds are always needed: namespaces, since affinity terms pick them by their labels. */
function readingsOf(plugins: Iterable<Plugin>, gates: FeatureGates): readonly Reading[] {
  const always = gates.isEnabled("GenericWorkload") ? [Namespace, PodGroup] : [Namespace];
  const readings = new Map(always.map((kind): [AnyKind, Reading] => [kind, { kind }]));
  for (const { reads = [] } of plugins) {
    for (const reading of reads) {
      const known = readings.get(reading.kind);
      const isNeeded = !known || (known.ignoresStatus && !reading.ignoresStatus);
      if (isNeeded) readings.set(reading.kind, reading);
    }
  }
  return [...readings.values()];
}

function lanesOf(
  { profiles, clock, random, log, ownMetrics }: RunOptions,
  snapshot: Snapshot,
  extenders: readonly Extender[],
): ReadonlyMap<string, Lane> {
  return new Map(
    profiles.map((profile) => {
      const framework = new Framework(profile);
      const points = ownMetrics?.pointsOf(framework.name) ?? (() => {});
      const trace = new Trace(clock, points, ownMetrics?.plugins);
      const parts = { snapshot, random, trace };
      const decider = new Decider({ framework, ...parts });
      if (extenders.length === 0) return [framework.name, { framework, trace, decider }];
      const shared = new Decider({ framework, ...parts, isShared: true });
      const extended = new ExtendedDecider({ decider: shared, extenders, snapshot, random, log });
      return [framework.name, { framework, trace, decider, extended }];
    }),
  );
}

function extendersOf(
  { extenders = [], http, clock }: RunOptions,
  signal: AbortSignal,
): readonly Extender[] {
  if (extenders.length === 0) return [];
  if (!http) throw new TypeError("extenders need something to call them with");
  return extenders.map((settings) => new Extender(settings, { clock, http, signal }));
}

interface QueueParts extends Pick<QueueOptions, "cluster" | "onBroken"> {
  readonly lanes: ReadonlyMap<string, Lane>;
}

function queueOf(
  plugins: ReadonlySet<Plugin>,
  { lanes, cluster, onBroken }: QueueParts,
  { clock, log, ownMetrics, backoff }: RunOptions,
): SchedulingQueue {
  const sorting = [...plugins].find(({ queueSort }) => queueSort);
  if (!sorting) throw new TypeError("no profile has a plugin that sorts the queue");
  const observer = ownMetrics?.queue((name) => name);
  return new SchedulingQueue({
    clock,
    interests: new Interests(plugins, (plugin, cause) =>
      log.error("a queueing hint failed", { plugin, cause }),
    ),
    queueSort: sorting,
    cluster,
    ...(onBroken ? { onBroken } : {}),
    preEnqueue: ({ pod }) => lanes.get(pod.spec.schedulerName ?? "")?.framework.preEnqueue ?? [],
    ...(observer ? { observer } : {}),
    ...(backoff ? { backoff } : {}),
  });
}
