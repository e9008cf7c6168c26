/** Lets the API server answer for `metrics.k8s.io` with what the metrics addon computes. */
import { NodeMetrics } from "#api/metrics/nodemetrics.ts";
import { PodMetrics } from "#api/metrics/podmetrics.ts";
import { defineVirtual, type Virtual } from "#apiserver/virtual/virtual.ts";
import type { ResourceMetrics } from "#metrics/metrics.ts";

export const metricsApi = ({ nodes, pods }: ResourceMetrics): readonly Virtual[] => [
  defineVirtual<NodeMetrics>({ kind: NodeMetrics, list: nodes }),
  defineVirtual<PodMetrics>({ kind: PodMetrics, list: pods }),
];
