/** upstream: pkg/controller/nodelifecycle/metrics.go */
import { Node } from "#api/core/node.ts";
import type { Sample } from "#base/metrics.ts";
import { type Measure, measure, type Meter } from "../runtime/measures.ts";
import type { Lookups } from "../runtime/view.ts";
import { zoneOf } from "./disruption.ts";
import { isReady } from "./health.ts";

const labels = ["zone"];

// exact: kube-controller-manager, all names
const size: Measure = {
  is: "gauge",
  name: "node_collector_zone_size",
  help: "Nodes of each zone",
  labels,
};
const health: Measure = {
  is: "gauge",
  name: "node_collector_zone_health",
  help: "Percentage of the nodes of each zone that are well",
  labels,
};
const unhealthy: Measure = {
  is: "gauge",
  name: "node_collector_unhealthy_nodes_in_zone",
  help: "Nodes of each zone that are not ready",
  labels,
};
const evictions: Measure = {
  is: "counter",
  name: "node_collector_evictions_total",
  help: "Nodes whose pods were told to go",
  labels,
};

interface Zone {
  readonly nodes: number;
  readonly lost: number;
}

const perZone =
  (value: (zone: Zone) => number) =>
  (view: Lookups): readonly Sample[] =>
    Map.groupBy(view.list(Node), zoneOf)
      .entries()
      .map(([zone, nodes]): Sample => {
        const lost = nodes.filter((node) => !isReady(node)).length;
        return [[zone], value({ nodes: nodes.length, lost })];
      })
      .toArray();

export const nodeMeter: Meter<Node> = {
  measures: [size, health, unhealthy, evictions],
  gauges: new Map([
    [size, perZone(({ nodes }) => nodes)],
    [health, perZone(({ nodes, lost }) => (100 * (nodes - lost)) / nodes)],
    [unhealthy, perZone(({ lost }) => lost)],
  ]),
};

export const countEviction = (node: Node) => measure(evictions, [zoneOf(node)]);
