import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { FileProblems } from "../reading/reader.ts";
import { readBehaviours } from "./rules.ts";

test("a file says whatever code can say", () => {
  const rules = readBehaviours(
    "rules.yaml",
    `- match: { image: team/web:2.0.0, labels: { app: web }, node: node-1 }
  pull: 3s
  imageUser: 0
  start: { min: 500ms, max: 2s }
  readyAfter: { median: 5s, p99: 1m }
  runsFor: { exponential: 1h }
  exitCode: [1, 1, 0]
  stopsAfter: never
  cpu: 250m
  memory: { min: 64Mi, max: 1Gi }
  disk: { from: 1Mi, to: { min: 1Gi, max: 2Gi }, over: 10m }
  processes: 20
  logs: [hello, "2"]
- pullError: no such image
  startError: no such program
  ready: false
  unhealthyAfter: { mean: 10m, deviation: 1m }
  exitCode: 3
`,
  );
  deepEqual(rules, [
    {
      match: { image: "team/web:2.0.0", labels: { app: "web" }, node: "node-1" },
      pullMs: 3_000,
      imageUser: 0,
      startMs: { min: 500, max: 2_000 },
      readyAfterMs: { median: 5_000, p99: 60_000 },
      runsForMs: { exponential: 3_600_000 },
      exitCode: [1, 1, 0],
      stopsAfterMs: Infinity,
      cpu: "250m",
      memory: { min: "64Mi", max: "1Gi" },
      disk: { from: "1Mi", to: { min: "1Gi", max: "2Gi" }, overMs: 600_000 },
      processes: "20",
      logs: ["hello", "2"],
    },
    {
      pullError: "no such image",
      startError: "no such program",
      ready: false,
      unhealthyAfterMs: { mean: 600_000, deviation: 60_000 },
      exitCode: [3],
    },
  ]);
});

const mistakes: readonly (readonly [what: string, file: string, problem: string])[] = [
  [
    "what is not YAML",
    "- a: [1",
    "b.yaml:1:8: not YAML: Flow sequence in block collection must be sufficiently indented and end with a ]",
  ],
  ["a map instead of a list", "start: 1s", "b.yaml:1:1: expected a list, found a map"],
  ["a text instead of a map", "- start", 'b.yaml:1:3: expected a behaviour, a map, found "start"'],
  [
    "a name with a letter wrong",
    "- start: 1s\n  redy: true",
    'b.yaml:2:3: unknown name "redy" in a behaviour: expected one of match, cpu, disk, exitCode, imageUser, logs, memory, processes, pull, pullError, ready, readyAfter, runsFor, start, startError, stopsAfter, unhealthyAfter; did you mean "ready"?',
  ],
  [
    "a name inside a match",
    "- match:\n    lables: {}",
    'b.yaml:2:5: unknown name "lables" in a match: expected one of image, labels, annotations, container, namespace, node; did you mean "labels"?',
  ],
  [
    "a duration without a unit",
    "- start: 500",
    "b.yaml:1:10: expected a duration, or a map with min and max, or median and p99, or mean and deviation, or exponential, found 500",
  ],
  ["a span without its other half", "- start: { min: 1s }", 'b.yaml:1:10: a span needs "max"'],
  [
    "a span upside down",
    "- start: { min: 2s, max: 1s }",
    "b.yaml:1:10: expected the smaller duration first, found a map",
  ],
  [
    "something else for true or false",
    "- ready: maybe",
    'b.yaml:1:10: expected true or false, found "maybe"',
  ],
  [
    "an exit code that is none",
    "- exitCode: [0, -1]",
    "b.yaml:1:17: expected an integer of at least 0, found -1",
  ],
  [
    "a quantity that is none",
    "- cpu: lots",
    'b.yaml:1:8: expected a quantity such as 250m or 128Mi, found "lots"',
  ],
  [
    "growth that does not say how long it takes",
    "- memory: { from: 1Gi, to: 2Gi }",
    'b.yaml:1:11: a growing amount needs "over"',
  ],
  [
    "amounts upside down",
    "- disk: { from: 1Gi, to: 500Mi, over: 1h }\n- cpu: { min: 2, max: 100m }",
    "b.yaml:1:9: expected the smaller amount first, found a map\nb.yaml:2:8: expected the smaller amount first, found a map",
  ],
  [
    "a name that stands twice",
    "- start: 1s\n  start: 2s",
    "b.yaml:2:3: not YAML: Map keys must be unique",
  ],
];

for (const [what, file, problem] of mistakes)
  test(`${what} is pointed at`, () => {
    throws(
      () => readBehaviours("b.yaml", file),
      (cause) => {
        equal((cause as FileProblems).message, problem);
        return cause instanceof FileProblems;
      },
    );
  });

test("all mistakes are told at once", () => {
  throws(
    () => readBehaviours("b.yaml", "- redy: true\n  start: x\n- logs: 3"),
    (cause: FileProblems) => cause.message.split("\n").length === 3,
  );
});
