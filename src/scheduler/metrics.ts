/**
 * The scheduler's metrics, under upstream's names: all that are stable or beta. upstream: pkg/scheduler/metrics/metrics.go
 * differs: of upstream's alpha metrics those are left out that measure what is not there (asynchronous API calls, events in flight,
 * threads of preemption, opportunistic batches) or would be measured once per event or node (event handling, queueing hints).
 */
import {
  type CounterChild,
  exponentialBuckets,
  type HistogramChild,
  type Labelled,
  type Metrics,
  type Sample,
} from "#base/metrics.ts";
import type { Framework, Step } from "./cycle/framework.ts";
import type { PluginObserver, PointObserver } from "./cycle/trace.ts";
import type { QueueObserver, SchedulingQueue } from "./queue/queue.ts";

export type GroupResult = AttemptResult | "waiting_on_preemption";

/** Told of each attempt to schedule a group of pods. */
export type GroupObserver = (attempt: Attempt<GroupResult>) => void;

export type AttemptResult = "scheduled" | "unschedulable" | "error";

export interface Attempt<Result = AttemptResult> {
  readonly profile: string;
  readonly result: Result;
  readonly durationMs: number;
}

export interface SchedulerMetrics {
  readonly attempted: (attempt: Attempt) => void;
  /** A node was found for a pod, or none: it took so long to decide. */
  readonly decided: (durationMs: number) => void;
  /** A pod was bound in its so many-th attempt, so long after its first. */
  readonly scheduled: (attempts: number, sinceFirstMs: number) => void;
  readonly waitedOnPermit: (result: string, durationMs: number) => void;
  readonly pointsOf: (profile: string) => PointObserver;
  readonly plugins: PluginObserver;
  readonly evaluations: (frameworks: readonly Framework[]) => void;
  readonly queue: (profileOf: (schedulerName: string) => string) => QueueObserver;
  readonly pending: (queue: Pick<SchedulingQueue, "counts">) => void;
  readonly cached: (cache: Cache) => void;
  readonly binding: (change: 1 | -1) => void;
  /** There are groups of pods: how their attempts are counted. */
  readonly groups: () => GroupObserver;
  /** It was tried to make room; so many have to leave, if that helps. */
  readonly preemptionAttempted: (victims?: number) => void;
}

/** What the scheduler knows of the cluster. */
interface Cache {
  readonly snapshot: { readonly nodes: readonly { readonly pods: ReadonlySet<unknown> }[] };
  /** Pods that have a node which the API does not show yet. */
  readonly assumptions: { readonly size: number };
}

const msPerSecond = 1_000;
const attemptLabels = ["profile", "result"] as const;
const attemptBuckets = exponentialBuckets(0.001, 2, 15);
/** Beyond it attempts are not told apart. */
const attemptsMax = 15;

const queueOf = {
  active: "active",
  backoff: "backoff",
  errorBackoff: "backoff",
  unschedulable: "unschedulable",
  gated: "gated",
  inFlight: "active",
  gone: "active",
} as const;

export function createMetrics(metrics: Metrics): SchedulerMetrics {
  const attempted = attemptObserver(
    metrics.counter(
      "scheduler_schedule_attempts_total",
      "Attempts to schedule pods, by result.",
      attemptLabels,
    ),
    metrics.histogram(
      "scheduler_scheduling_attempt_duration_seconds",
      "Duration of an attempt: the decision, and the binding when there is one.",
      attemptLabels,
      attemptBuckets,
    ),
  );
  const decisions = metrics
    .histogram(
      "scheduler_scheduling_algorithm_duration_seconds",
      "How long it took to decide on a node.",
      [],
      attemptBuckets,
    )
    .with();
  const podAttempts = metrics
    .histogram(
      "scheduler_pod_scheduling_attempts",
      "Attempts until a pod was scheduled.",
      [],
      [1, 2, 4, 8, 16],
    )
    .with();
  const sli = metrics.histogram(
    "scheduler_pod_scheduling_sli_duration_seconds",
    "Time from a pod's first attempt until it was scheduled.",
    ["attempts"],
    exponentialBuckets(0.01, 2, 20),
  );
  const permitWaits = metrics.histogram(
    "scheduler_permit_wait_duration_seconds",
    "How long pods waited on permit.",
    ["result"],
    attemptBuckets,
  );
  return {
    attempted,
    decided: (durationMs) => decisions.observe(durationMs / msPerSecond),
    scheduled(count, sinceFirstMs) {
      podAttempts.observe(count);
      const label = count >= attemptsMax ? `${attemptsMax}+` : String(count);
      sli.with(label).observe(sinceFirstMs / msPerSecond);
    },
    waitedOnPermit: (result, durationMs) =>
      permitWaits.with(result).observe(durationMs / msPerSecond),
    pointsOf: (profile) => pointsOf(metrics, profile),
    plugins: pluginObserver(metrics),
    evaluations: (frameworks) => observeEvaluations(metrics, frameworks),
    queue: (profileOf) => queueObserver(metrics, profileOf),
    pending: (queue) => observePending(metrics, queue),
    cached: (cache) => observeCache(metrics, cache),
    binding: bindingGauge(metrics),
    groups: () => groupObserver(metrics),
    ...preemptionMetrics(metrics),
  };
}

function preemptionMetrics(metrics: Metrics): Pick<SchedulerMetrics, "preemptionAttempted"> {
  const attempts = metrics
    .counter("scheduler_preemption_attempts_total", "Attempts to make room for a pod.")
    .with();
  const victims = metrics
    .histogram(
      "scheduler_preemption_victims",
      "Pods that had to leave for one.",
      [],
      exponentialBuckets(1, 2, 7),
    )
    .with();
  return {
    preemptionAttempted(count) {
      attempts.inc();
      if (count !== undefined) victims.observe(count);
    },
  };
}

const attemptObserver =
  (counts: Labelled<CounterChild>, durations: Labelled<HistogramChild>) =>
  ({ profile, result, durationMs }: Attempt<string>): void => {
    counts.with(profile, result).inc();
    durations.with(profile, result).observe(durationMs / msPerSecond);
  };

/** differs: the duration is that of the decision; upstream's ends when the last binding has begun. */
function groupObserver(metrics: Metrics): GroupObserver {
  return attemptObserver(
    metrics.counter(
      "scheduler_podgroup_schedule_attempts_total",
      "Attempts to schedule groups of pods, by result.",
      attemptLabels,
    ),
    metrics.histogram(
      "scheduler_podgroup_scheduling_attempt_duration_seconds",
      "Duration of an attempt to find nodes for the pods of a group.",
      attemptLabels,
      attemptBuckets,
    ),
  );
}

function pointsOf(metrics: Metrics, profile: string): PointObserver {
  const durations = metrics.histogram(
    "scheduler_framework_extension_point_duration_seconds",
    "Time that all plugins of an extension point took together.",
    ["extension_point", "profile", "status"],
    exponentialBuckets(0.0001, 2, 12),
  );
  return (point, status, durationMs) =>
    durations.with(point, profile, status).observe(durationMs / msPerSecond);
}

function pluginObserver(metrics: Metrics): PluginObserver {
  const durations = metrics.histogram(
    "scheduler_plugin_execution_duration_seconds",
    "How long a plugin took at an extension point, in every tenth attempt.",
    ["plugin", "extension_point", "status"],
    exponentialBuckets(0.00001, 1.5, 20),
  );
  return ({ plugin, point, status }, durationMs) =>
    durations.with(plugin, point, status).observe(durationMs / msPerSecond);
}

/** differs: upstream asks every plugin about every node for every pod; here answers that are remembered are not counted again. */
function observeEvaluations(metrics: Metrics, frameworks: readonly Framework[]): void {
  const family = {
    name: "scheduler_plugin_evaluation_total",
    help: "How often plugins were asked at the extension points PreFilter, Filter, PreScore and Score.",
    labels: ["plugin", "extension_point", "profile"],
    type: "counter",
  } as const;
  metrics.observed(family, () =>
    frameworks
      .flatMap(({ filters, scores, name }) => [
        ...evaluationsOf([...filters.local, ...filters.wide], ["PreFilter", "Filter"], name),
        ...evaluationsOf([...scores.local, ...scores.wide], ["PreScore", "Score"], name),
      ])
      .filter(([, count]) => count > 0),
  );
}

const evaluationsOf = (
  steps: readonly Step[],
  [preparing, asking]: readonly [string, string],
  profile: string,
): Sample[] =>
  steps.flatMap(({ plugin: { name }, evaluations: { prepared, asked } }): Sample[] => [
    [[name, preparing, profile], prepared],
    [[name, asking, profile], asked],
  ]);

function queueObserver(
  metrics: Metrics,
  profileOf: (schedulerName: string) => string,
): QueueObserver {
  const incoming = metrics.counter(
    "scheduler_queue_incoming_pods_total",
    "Pods that came to a part of the queue, by what brought them there.",
    ["event", "queue"],
  );
  const refusals = metrics.gauge(
    "scheduler_unschedulable_pods",
    "Pods that wait, by the plugins that refused them.",
    ["plugin", "profile"],
  );
  return {
    entered: (place, event) => incoming.with(event, queueOf[place]).inc(),
    refused: ({ pod, refusedBy }, isRefused) => {
      const profile = profileOf(pod.pod.spec.schedulerName ?? "");
      for (const plugin of refusedBy) refusals.with(plugin, profile).inc(isRefused ? 1 : -1);
    },
  };
}

function observePending(metrics: Metrics, queue: Pick<SchedulingQueue, "counts">): void {
  const family = {
    name: "scheduler_pending_pods",
    help: "Pods that wait, by the part of the queue they are in.",
    labels: ["queue"],
  };
  metrics.observed(family, () =>
    Object.entries(queue.counts()).map(([name, count]) => [[name], count] as const),
  );
}

function observeCache(metrics: Metrics, { snapshot, assumptions }: Cache): void {
  const family = {
    name: "scheduler_cache_size",
    help: "Nodes, pods on them, and pods whose binding is not seen yet, as the scheduler knows them.",
    labels: ["type"],
  };
  metrics.observed(family, () => [
    [["nodes"], snapshot.nodes.length],
    [["pods"], snapshot.nodes.reduce((sum, { pods }) => sum + pods.size, 0)],
    [["assumed_pods"], assumptions.size],
  ]);
}

function bindingGauge(metrics: Metrics): SchedulerMetrics["binding"] {
  const gauge = metrics
    .gauge("scheduler_goroutines", "Work under way, by operation.", ["operation"])
    .with("binding");
  return (change) => gauge.inc(change);
}
