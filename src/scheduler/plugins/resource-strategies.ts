/** The ways in which NodeResourcesFit likes nodes: emptier ones, fuller ones, or by a curve. */
import { unreachable } from "#base/assert.ts";
import type { Share } from "./resource-shares.ts";

/** Points of a curve: the score (0 to 10) at a utilization in percent, in rising order. */
export interface CurvePoint {
  readonly utilization: number;
  readonly score: number;
}

export type Strategy =
  | { readonly type: "LeastAllocated" }
  | { readonly type: "MostAllocated" }
  | { readonly type: "RequestedToCapacityRatio"; readonly shape: readonly CurvePoint[] };

/** From 0 to 100. */
export type ShareScore = (shares: readonly Share[], node: number) => number;

export function strategyScore(strategy: Strategy): ShareScore {
  switch (strategy.type) {
    case "LeastAllocated":
      return weighted(leastAllocated);
    case "MostAllocated":
      return weighted(mostAllocated);
    case "RequestedToCapacityRatio":
      return ratioScore(strategy.shape);
    default:
      return unreachable(strategy);
  }
}

type ResourceScore = (requested: number, allocatable: number) => number;

/** upstream: pkg/scheduler/framework/plugins/noderesources/least_allocated.go */
const leastAllocated: ResourceScore = (requested, allocatable) =>
  requested > allocatable ? 0 : Math.trunc(((allocatable - requested) * 100) / allocatable);

/** upstream: pkg/scheduler/framework/plugins/noderesources/most_allocated.go */
const mostAllocated: ResourceScore = (requested, allocatable) =>
  Math.trunc((Math.min(requested, allocatable) * 100) / allocatable);

const weighted =
  (scoreOf: ResourceScore): ShareScore =>
  (shares, node) => {
    let sum = 0;
    let weights = 0;
    for (const share of shares) {
      const allocatable = share.allocatable(node);
      if (allocatable === 0) continue;
      sum += scoreOf(share.requested(node), allocatable) * share.weight;
      weights += share.weight;
    }
    return weights === 0 ? 0 : Math.trunc(sum / weights);
  };

/** upstream: pkg/scheduler/framework/plugins/noderesources/requested_to_capacity_ratio.go */
function ratioScore(shape: readonly CurvePoint[]): ShareScore {
  const curve = curveOf(shape);
  return (shares, node) => {
    let sum = 0;
    let weights = 0;
    for (const share of shares) {
      const allocatable = share.allocatable(node);
      if (allocatable === 0) continue;
      const requested = share.requested(node);
      const isOver = requested > allocatable;
      const score = curve(isOver ? 100 : Math.trunc((requested * 100) / allocatable));
      // Resources without any score do not water down the others.
      if (score <= 0) continue;
      sum += score * share.weight;
      weights += share.weight;
    }
    return weights === 0 ? 0 : Math.round(sum / weights);
  };
}

/** Straight lines between the points, level outside of them. */
function curveOf(shape: readonly CurvePoint[]): (utilization: number) => number {
  const points = shape.map(({ utilization, score }) => ({ utilization, score: score * 10 }));
  return (utilization) => {
    let before: CurvePoint | undefined;
    for (const point of points) {
      if (utilization <= point.utilization)
        return before ? between(before, point, utilization) : point.score;
      before = point;
    }
    return before?.score ?? 0;
  };
}

const between = (a: CurvePoint, b: CurvePoint, utilization: number): number =>
  a.score +
  Math.trunc(
    ((b.score - a.score) * (utilization - a.utilization)) / (b.utilization - a.utilization),
  );
