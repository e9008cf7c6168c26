/** The scenarios, in the order of the table. */
import { type Crowd, nodeName, podManifest, type Scenario } from "./scenario.ts";

const plain = (prefix: string, count: number): Crowd => ({
  count,
  pod: (i) => podManifest(`${prefix}-${i}`),
});

const hostname = "kubernetes.io/hostname";
const zone = "topology.kubernetes.io/zone";

const term = (labels: object, topologyKey: string): object => ({
  labelSelector: { matchLabels: labels },
  topologyKey,
});

const required = (labels: object): object => ({
  requiredDuringSchedulingIgnoredDuringExecution: [term(labels, hostname)],
});

/** 2,000 of one colour may not share a node with their like. */
const apart = (i: number): object => {
  const labels = { color: `green-${Math.floor(i / 2_000)}` };
  return podManifest(`apart-${i}`, {
    labels,
    spec: { affinity: { podAntiAffinity: required(labels) } },
  });
};

const spread = (i: number): object =>
  podManifest(`spread-${i}`, {
    labels: { color: "blue" },
    spec: {
      topologySpreadConstraints: [
        {
          maxSkew: 5,
          topologyKey: zone,
          whenUnsatisfiable: "DoNotSchedule",
          labelSelector: { matchLabels: { color: "blue" } },
        },
      ],
    },
  });

const drawn = (i: number): object =>
  podManifest(`drawn-${i}`, {
    labels: { foo: "bar" },
    spec: {
      affinity: {
        podAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [
            { weight: 1, podAffinityTerm: term({ foo: "bar" }, hostname) },
          ],
        },
      },
    },
  });

const onNode = (i: number): object =>
  podManifest(`agent-${i}`, {
    spec: {
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [
              {
                matchFields: [{ key: "metadata.name", operator: "In", values: [nodeName(i)] }],
              },
            ],
          },
        },
      },
    },
  });

const gated = (i: number): object =>
  podManifest(`gated-${i}`, { spec: { schedulingGates: [{ name: "example.com/wait" }] } });

/** Four to a node: no room is left for an important one. */
const unimportant = (i: number): object =>
  podManifest(`low-${i}`, {
    requests: { cpu: "900m", memory: "500Mi" },
    spec: { nodeName: nodeName(i >> 2), priorityClassName: "low" },
  });

const important = (i: number): object =>
  podManifest(`high-${i}`, {
    requests: { cpu: "1", memory: "500Mi" },
    spec: { priorityClassName: "high" },
  });

const priorityClasses = [
  { metadata: { name: "low" }, value: 10 },
  { metadata: { name: "high" }, value: 1_000 },
];

const kinds = [apart, spread, drawn] as const;

/** Pods of all sorts are there already, each of which the plugins have to mind. */
const mixture = (i: number): object => (kinds[i % kinds.length] ?? spread)(i);

const nodeCount = 5_000;
const count = 10_000;

export const scenarios: readonly Scenario[] = [
  { name: "basic", nodeCount, timed: plain("pod", count), least: 3_500 },
  { name: "anti-affinity", nodeCount, timed: { count, pod: apart }, least: 2_000 },
  { name: "spread", nodeCount, timed: { count, pod: spread }, least: 2_000 },
  { name: "preferred affinity", nodeCount, timed: { count, pod: drawn }, least: 2_000 },
  {
    name: "preemption",
    nodeCount,
    priorityClasses,
    before: { count: 4 * nodeCount, pod: unimportant },
    timed: { count: nodeCount, pod: important },
    least: 2_000,
  },
  {
    name: "daemon pods",
    nodeCount: 15_000,
    timed: { count: 15_000, pod: onNode },
    least: 4_000,
  },
  {
    name: "beside gated pods",
    nodeCount,
    before: { count, pod: gated },
    timed: plain("pod", count),
  },
  {
    name: "mixed",
    nodeCount,
    before: { count: 3_000, pod: mixture },
    timed: plain("pod", count),
  },
];
