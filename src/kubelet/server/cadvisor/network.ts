/** exact: cadvisor */
import type { Traffic } from "#kubelet/group-details.ts";
import type { SubjectMetric } from "./metric.ts";

const directions = [
  ["receive", "received", "receiving"],
  ["transmit", "sent", "transmitting"],
] as const;

const counted: readonly (readonly [
  name: string,
  help: (done: string, doing: string) => string,
  of: keyof Traffic,
])[] = [
  ["bytes", (done) => `Cumulative count of bytes ${done}`, "bytes"],
  ["packets", (done) => `Cumulative count of packets ${done}`, "packets"],
  [
    "packets_dropped",
    (_, doing) => `Cumulative count of packets dropped while ${doing}`,
    "dropped",
  ],
  ["errors", (_, doing) => `Cumulative count of errors encountered while ${doing}`, "errors"],
];

export const networkMetrics: readonly SubjectMetric[] = directions.flatMap(
  ([verb, direction, doing]) =>
    counted.map(([name, help, of]): SubjectMetric => ({
      name: `container_network_${verb}_${name}_total`,
      type: "counter",
      help: help(direction === "sent" ? "transmitted" : "received", doing),
      values: ({ traffic = [] }) =>
        traffic.map((one) => [one[direction][of], { interface: one.name }] as const),
    })),
);
