import { deepEqual, equal, match, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import type { GateSettings } from "#api/feature-gates.ts";
import { hours, minutes } from "#base/clock.ts";
import { FileProblems } from "../reading/reader.ts";
import { htmlReport } from "./html-report.ts";
import { runScenario } from "./run.ts";
import { readScenario } from "./scenario.ts";
import { summary } from "./summary.ts";

const few = "duration: 1h\nnodes: [{ name: worker, count: 3 }]\n";

const mistakes: readonly (readonly [what: string, file: string, problem: string])[] = [
  [
    "a name with a letter wrong",
    `${few}sede: 3`,
    's.yaml:3:1: unknown name "sede" in a scenario: expected one of seed, duration, sample, nodes, behaviours, steps; did you mean "seed"?',
  ],
  ["what is missing", "nodes: [{}]", 's.yaml:1:1: a scenario needs "duration"'],
  [
    "a duration without a unit",
    "duration: 60\nnodes: [{}]",
    "s.yaml:1:11: expected a duration such as 90s, 5m or 2 days, found 60",
  ],
  [
    "a step that nobody knows",
    `${few}steps:\n  - at: 1m\n    aply: x`,
    's.yaml:5:5: unknown name "aply" in a step: expected one of at, every, until, apply, create, failNode, delete, scale, setImage, upgradeNodes; did you mean "apply"?',
  ],
  [
    "a step with nothing to do",
    `${few}steps: [{ at: 1m }]`,
    "s.yaml:3:9: a step needs one of apply, create, failNode, delete, scale, setImage, upgradeNodes",
  ],
  [
    "a step with two things to do",
    `${few}steps:\n  - apply: { files: [x] }\n    delete: y`,
    's.yaml:5:5: a step does one thing: "delete" needs its own step',
  ],
  [
    "a member of a step",
    `${few}steps:\n  - scale: { deploymnt: web, replicas: 2 }`,
    's.yaml:4:14: unknown name "deploymnt" in what to scale: expected one of deployment, namespace, replicas; did you mean "deployment"?\ns.yaml:4:12: what to scale needs "deployment"',
  ],
  [
    "a node that there is not",
    `${few}steps:\n  - failNode: { node: worker-4, for: 1m }`,
    's.yaml:4:15: there is no node "worker-4"; did you mean "worker-1"?',
  ],
  [
    "two nodes of one name",
    "duration: 1h\nnodes: [{ count: 2 }, { count: 3 }]",
    "s.yaml:2:8: two nodes have the same name: give the groups names",
  ],
  [
    "an effect that there is not",
    "duration: 1h\nnodes:\n  - taints: [{ key: a, effect: NoScheduel }]",
    's.yaml:3:32: expected one of NoSchedule, PreferNoSchedule, NoExecute, found "NoScheduel"; did you mean "NoSchedule"?',
  ],
  [
    "a kubelet's configuration that is none",
    `duration: 1h\nnodes:\n  - kubeletConfig: |\n      apiVersion: kubelet.config.k8s.io/v1beta1\n      kind: KubeletConfiguration\n      evictionHard: { memory.available: lots }`,
    's.yaml:3:20: not a KubeletConfiguration: evictionHard.memory.available: Invalid value: "lots": must be a quantity such as "100Mi", or a percentage such as "10%"',
  ],
  [
    "a kind that there is not",
    `${few}steps:\n  - create: "{ apiVersion: v1, kind: Deployment, metadata: { name: web } }"`,
    "s.yaml:4:13: no kind Deployment in v1; did you mean Deployment in apps/v1?",
  ],
  [
    "a manifest that is none",
    `${few}steps:\n  - create: "{ kind: Pod }"`,
    's.yaml:4:13: expected manifests as text, each with apiVersion and kind: an object needs apiVersion and kind: {"kind":"Pod"}',
  ],
  [
    "a behaviour within a scenario",
    `${few}behaviours: [{ strat: 1s }]`,
    's.yaml:3:16: unknown name "strat" in a behaviour: expected one of match, cpu, disk, exitCode, imageUser, logs, memory, processes, pull, pullError, ready, readyAfter, runsFor, start, startError, stopsAfter, unhealthyAfter; did you mean "start"?',
  ],
];

for (const [what, file, problem] of mistakes)
  test(`${what} is pointed at`, () => {
    throws(
      () => readScenario("s.yaml", file),
      (cause) => {
        equal((cause as FileProblems).message, problem);
        return cause instanceof FileProblems;
      },
    );
  });

const life = `
seed: 3
duration: 6h
sample: 30m
nodes:
  - { name: worker, count: 3, zones: [a, b], capacity: { cpu: "4", memory: 8Gi } }
behaviours:
  - { match: { image: job }, runsFor: 2m }
steps:
  - apply: { files: [web.yaml] }
  - at: 10m
    every: 30m
    until: 2h
    create: |
      apiVersion: v1
      kind: Pod
      metadata: { generateName: job- }
      spec: { restartPolicy: Never, containers: [{ name: job, image: job }] }
  - { at: 1h, scale: { deployment: web, replicas: 4 } }
  - { at: 1h, scale: { deployment: wbe, replicas: 4 } }
  - { at: 90m, failNode: { node: worker-2, for: 45m } }
  - { at: 3h, setImage: { deployment: web, image: "web:2" } }
  - { at: 4h, upgradeNodes: { takes: 2m } }
  - { at: 5h, delete: "{ apiVersion: apps/v1, kind: Deployment, metadata: { name: web } }" }
`;

const web = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, image: "web:1", resources: { requests: { cpu: "1" } } }] }
`;

test("a cluster lives through a scenario, and the same seed lives the same life", async () => {
  const scenario = readScenario("s.yaml", life);
  deepEqual(
    scenario.nodes.map(({ name, zone }) => [name, zone]),
    [
      ["worker-1", "a"],
      ["worker-2", "b"],
      ["worker-3", "a"],
    ],
  );
  const manifest = async (path: string): Promise<string> => (path === "web.yaml" ? web : "");
  const { signal } = new AbortController();
  const run = () => runScenario(scenario, { manifest, signal, tell: () => undefined });
  const lived = await run();
  const { steps, series, totals } = lived;
  const detailsOf = (step: string) =>
    steps.filter((one) => one.step === step).map((one) => one.detail);
  equal(detailsOf("create").length, 4);
  equal(detailsOf("scale")[1], 'refused: deployments.apps "wbe" not found');
  equal(detailsOf("failNode")[0], "worker-2");
  const at = (ms: number, column: readonly number[]) => column[series.atMs.indexOf(ms)];
  deepEqual([at(minutes(30), series.podsReady), at(minutes(30), series.podsSucceeded)], [2, 1]);
  equal(at(minutes(30), series.cpuShare)?.toFixed(2), (2 / 12).toFixed(2));
  equal(at(hours(1.5), series.podsReady), 4);
  equal(at(hours(2), series.nodesReady), 2);
  equal(at(hours(3), series.nodesReady), 3);
  deepEqual([at(hours(5), series.podsReady), series.podsReady.at(-1)], [4, 0]);
  equal(series.nodesReady.at(-1), 3);
  ok(totals.startup.p99Ms > 0 && totals.started >= 4 + 4 + 4);
  match(summary(lived, 1), /^6\.0 hours of 3 nodes in 1\.0 s; \d+ steps\n/);
  const page = htmlReport("a <life>", lived);
  match(page, /<h1>a &lt;life&gt;<\/h1>/);
  equal(/https?:|<script|<link|@import/.test(page), false);
  equal(page.match(/<svg /g)?.length, 5);
  deepEqual(await run(), lived);
});

test("what a feature gate serves can be created where the gate is on", async () => {
  const scenario = readScenario(
    "s.yaml",
    `duration: 1m
nodes: [{ count: 1 }]
steps:
  - create: |
      apiVersion: scheduling.k8s.io/v1alpha2
      kind: Workload
      metadata: { name: training, namespace: default }
      spec: { podGroupTemplates: [{ name: workers, schedulingPolicy: { basic: {} } }] }
`,
  );
  const { signal } = new AbortController();
  const options = { manifest: async () => "", signal, tell: () => undefined };
  const told = async (featureGates: GateSettings) =>
    (await runScenario(scenario, { ...options, featureGates })).steps.map(({ detail }) => detail);
  deepEqual(await told({ GenericWorkload: true }), ["Workload training"]);
  deepEqual(await told({}), ["refused: the server could not find the requested resource"]);
});
