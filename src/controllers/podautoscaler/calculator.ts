/**
 * How many replicas a metric asks for: arithmetic only.
 * upstream: pkg/controller/podautoscaler/replica_calculator.go
 */
import { isPodReady } from "#api/core/pod-conditions.ts";
import type { Pod } from "#api/core/pod.ts";
import { assert } from "#base/assert.ts";
import { groupPods } from "./readiness.ts";

/** What one pod was measured to use or to show, in thousandths. */
export interface Measure {
  readonly milli: number;
  readonly atMs: number;
  readonly windowMs: number;
}

/** By the name of the pod. */
export type Measures = ReadonlyMap<string, Measure>;

/** By what share a metric may miss its target without anything being done. */
export interface Tolerance {
  readonly up: number;
  readonly down: number;
}

export interface Situation {
  /** All that the target's selector selects. */
  readonly pods: readonly Pod[];
  /** As many as the target asks for now. */
  readonly replicas: number;
  readonly tolerance: Tolerance;
  readonly now: number;
}

/** A metric says nothing: the message tells why. */
export class Unmeasurable extends Error {}

const int32Max = 2 ** 31 - 1;

const roundedUp = (count: number): number => Math.min(Math.ceil(count), int32Max);

const isWithin = ({ up, down }: Tolerance, ratio: number): boolean =>
  1 - down <= ratio && ratio <= 1 + up;

type Values = ReadonlyMap<string, number>;

/** What to take for the value of a pod that nothing is known of; nothing at all when undefined. */
type Assume = (pod: string, ratio: number) => number | undefined;

const sumOf = (values: Iterable<number>): number =>
  Array.from(values).reduce((sum, value) => sum + value, 0);

export interface Utilization {
  readonly replicas: number;
  /** In percent of what is requested. */
  readonly utilization: number;
  readonly averageMilli: number;
}

/** `requests` are in thousandths, by pod. */
export function byUtilization(
  situation: Situation,
  measures: Measures,
  { requests, target, isCpu }: { requests: Values; target: number; isCpu: boolean },
): Utilization {
  const used = (values: Values): number => {
    const known = Array.from(values).filter(([pod]) => requests.has(pod));
    const requested = sumOf(known.map(([pod]) => requests.get(pod) ?? 0));
    if (requested === 0) throw new Unmeasurable("no metrics returned matched known pods");
    return Math.trunc((sumOf(known.map(([, milli]) => milli)) * 100) / requested);
  };
  // Who is going to be scaled down is taken to use all that it may; who is to be scaled up, nothing.
  const assume: Assume = (pod, ratio) => {
    if (ratio === 1) return undefined;
    return ratio > 1 ? 0 : Math.trunc(((requests.get(pod) ?? 0) * Math.max(100, target)) / 100);
  };
  const weighing = { ratioOf: (values: Values) => used(values) / target, assume, isCpu };
  const { replicas, values } = weighed(situation, measures, weighing);
  const averageMilli = Math.trunc(sumOf(values.values()) / values.size);
  return { replicas, utilization: used(values), averageMilli };
}

export interface Average {
  readonly replicas: number;
  readonly averageMilli: number;
}

/** `target` is what each pod should use or show, in thousandths. */
export function byAverage(
  situation: Situation,
  measures: Measures,
  { target, isCpu }: { target: number; isCpu: boolean },
): Average {
  const mean = (values: Values): number => Math.trunc(sumOf(values.values()) / values.size);
  const { replicas, values } = weighed(situation, measures, {
    ratioOf: (some) => mean(some) / target,
    assume: (_pod, ratio) => (ratio < 1 ? target : 0),
    isCpu,
  });
  return { replicas, averageMilli: mean(values) };
}

interface Weighing {
  readonly ratioOf: (values: Values) => number;
  readonly assume: Assume;
  readonly isCpu: boolean;
}

/** With the values that counted: those of the pods that are ready. */
function weighed(
  { pods, replicas, tolerance, now }: Situation,
  measures: Measures,
  { ratioOf, assume, isCpu }: Weighing,
): { readonly replicas: number; readonly values: Values } {
  if (pods.length === 0) throw noPods();
  const { readyCount, missing, unready, ignored } = groupPods(pods, measures, { isCpu, now });
  const counts = ([pod]: [string, Measure]): boolean => !ignored.has(pod) && !unready.has(pod);
  const values: Values = new Map(
    Array.from(measures)
      .filter(counts)
      .map(([pod, { milli }]) => [pod, milli]),
  );
  if (values.size === 0) {
    throw new Unmeasurable("did not receive metrics for targeted pods (pods might be unready)");
  }
  const ratio = ratioOf(values);
  const waiting = ratio > 1 ? unready : new Set<string>();
  if (waiting.size === 0 && missing.size === 0) {
    const wanted = isWithin(tolerance, ratio) ? replicas : roundedUp(ratio * readyCount);
    return { replicas: wanted, values };
  }
  const assumed = new Map(values);
  for (const pod of missing) {
    const value = assume(pod, ratio);
    if (value !== undefined) assumed.set(pod, value);
  }
  for (const pod of waiting) assumed.set(pod, 0);
  const proposal = { ratio, cautious: ratioOf(assumed), count: assumed.size };
  return { replicas: keepsDirection(proposal, { replicas, tolerance }), values };
}

interface Cautious {
  readonly ratio: number;
  /** With what was assumed for pods that nothing is known of, and how many pods that makes. */
  readonly cautious: number;
  readonly count: number;
}

/** What is assumed may make a change smaller, never turn it round. */
function keepsDirection(
  { ratio, cautious, count }: Cautious,
  { replicas, tolerance }: Pick<Situation, "replicas" | "tolerance">,
): number {
  const turns = (ratio < 1 && cautious > 1) || (ratio > 1 && cautious < 1);
  if (turns || isWithin(tolerance, cautious)) return replicas;
  const wanted = roundedUp(cautious * count);
  const isBackwards = cautious < 1 ? wanted > replicas : wanted < replicas;
  return isBackwards ? replicas : wanted;
}

const noPods = (): Unmeasurable =>
  new Unmeasurable("no pods returned by selector while calculating replica count");

/** A value that does not belong to a single pod: `target` is what it should be. */
export function byTotal(
  { pods, replicas, tolerance }: Situation,
  { total, target }: { total: number; target: number },
): number {
  const ratio = total / target;
  // From nothing, only the value itself can tell.
  if (replicas === 0) return roundedUp(ratio);
  if (isWithin(tolerance, ratio)) return replicas;
  if (pods.length === 0)
    throw new Unmeasurable(`unable to calculate ready pods: ${noPods().message}`);
  const ready = pods.filter((pod) => pod.status.phase === "Running" && isPodReady(pod));
  return roundedUp(ratio * ready.length);
}

/** A value that is shared out among the pods there are: `target` is what each should get. */
export function byTotalPerPod(
  { replicas, tolerance }: Pick<Situation, "replicas" | "tolerance">,
  { total, target }: { total: number; target: number },
): Average {
  assert(target > 0, "validation lets no other target pass");
  const isFine = isWithin(tolerance, total / (target * replicas));
  return {
    replicas: isFine ? replicas : roundedUp(total / target),
    averageMilli: Math.ceil(total / Math.max(replicas, 1)),
  };
}
