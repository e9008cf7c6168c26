/** How NodeResourcesFit scores: its `scoringStrategy`. upstream: validation_pluginargs.go#ValidateNodeResourcesFitArgs */
import type { Section } from "#base/configuration.ts";
import { cpuAndMemory, type WeightedResource } from "../plugins/resource-shares.ts";
import type { CurvePoint, Strategy } from "../plugins/resource-strategies.ts";

const types = ["LeastAllocated", "MostAllocated", "RequestedToCapacityRatio"] as const;

export interface Scoring {
  readonly strategy: Strategy;
  readonly resources: readonly WeightedResource[];
}

/** exact: kube-scheduler, every text */
export function strategyIn(scoring: Section): Scoring {
  const type = scoring.oneOf("type", types);
  const resources = scoring.sections("resources").map(resourceIn);
  const ratio = scoring.section("requestedToCapacityRatio");
  const shape = ratio ? shapeIn(ratio) : [];
  if (ratio && type !== undefined && type !== "RequestedToCapacityRatio")
    scoring.forbidden(
      "requestedToCapacityRatio",
      "must be nil when type is not RequestedToCapacityRatio",
    );
  if (!ratio && type === "RequestedToCapacityRatio")
    scoring.required(
      "requestedToCapacityRatio",
      "must be specified when type is RequestedToCapacityRatio",
    );
  return {
    strategy:
      type === "RequestedToCapacityRatio" ? { type, shape } : { type: type ?? "LeastAllocated" },
    resources: resources.length > 0 ? resources : cpuAndMemory,
  };
}

function resourceIn(one: Section): WeightedResource {
  const name = one.requiredText("name");
  // Zero means as by default.
  const weight = one.integer("weight") || 1;
  if (weight < 1 || weight > 100)
    one.invalid("weight", `resource weight of ${name} not in valid range (0, 100]`);
  return { name, weight };
}

function shapeIn(ratio: Section): readonly CurvePoint[] {
  const points = ratio.sections("shape");
  if (points.length === 0) ratio.required("shape", "at least one point must be specified");
  let last = -Infinity;
  let isRising = true;
  return points.map((point) => {
    const utilization = point.integer("utilization") ?? 0;
    const score = point.integer("score") ?? 0;
    if (isRising && utilization <= last) {
      isRising = false;
      point.invalid("utilization", "values must be sorted in increasing order");
    }
    last = utilization;
    for (const [name, value, most] of [
      ["utilization", utilization, 100],
      ["score", score, 10],
    ] as const)
      if (value < 0 || value > most) point.invalid(name, `not in valid range [0, ${most}]`);
    return { utilization, score };
  });
}
