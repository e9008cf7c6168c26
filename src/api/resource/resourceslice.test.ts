import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { cellsOf, changeProblems, objectFrom, problemsOf } from "#api/testing.ts";
import { ResourceSlice } from "./resourceslice.ts";

const pool = { name: "node-1", generation: 1, resourceSliceCount: 1 };
const spec = { driver: "gpu.example.com", pool, nodeName: "node-1" };
const slice = (change: object = {}) => ({
  metadata: { name: "slice" },
  spec: { ...spec, ...change },
});
const withDevice = (device: object) => slice({ devices: [{ name: "gpu-0", ...device }] });

test("a slice says what is wrong with it", () => {
  const ways =
    "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required";
  const term = { matchExpressions: [{ key: "a", operator: "Exists" }] };
  const deviceWays =
    "exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is set to true in the ResourceSlice spec";
  const placed = (device: object) =>
    slice({
      nodeName: undefined,
      perDeviceNodeSelection: true,
      devices: [{ name: "gpu-0", ...device }],
    });
  const at = "spec.devices[0]";
  const cases: readonly [manifest: object, ...problems: string[]][] = [
    [slice()],
    [slice({ nodeName: undefined, allNodes: true })],
    [slice({ nodeName: undefined, nodeSelector: { nodeSelectorTerms: [term] } })],
    [placed({ nodeName: "node-1" })],
    [
      slice({ driver: "", pool: { name: "", generation: -1, resourceSliceCount: 0 } }),
      "spec.driver: Required value",
      "spec.pool.name: Required value",
      "spec.pool.resourceSliceCount: Invalid value: 0: must be greater than zero",
      "spec.pool.generation: Invalid value: -1: must be greater than or equal to zero",
    ],
    [slice({ nodeName: undefined }), `spec: Required value: ${ways}`],
    [
      slice({ allNodes: true }),
      `spec: Invalid value: "{\`nodeName\`, \`allNodes\`}": ${ways}, but multiple fields are set`,
    ],
    [
      slice({ nodeName: "", allNodes: false, perDeviceNodeSelection: true }),
      'spec.nodeName: Invalid value: "": must be either unset or set to a non-empty string',
      "spec.allNodes: Invalid value: false: must be either unset or set to true",
    ],
    [
      slice({
        devices: [{ name: "gpu-0" }],
        sharedCounters: [{ name: "", counters: {} }],
      }),
      'spec: Invalid value: "": only one of `sharedCounters` or `devices` is allowed',
      "spec.sharedCounters[0].name: Required value",
      "spec.sharedCounters[0].counters: Required value",
    ],
    [
      slice({ devices: [{ name: "gpu-0" }, { name: "gpu-0" }] }),
      'spec.devices[1]: Duplicate value: "gpu-0"',
    ],
    [
      slice({ devices: Array.from({ length: 129 }, (_none, i) => ({ name: `gpu-${i}` })) }),
      "spec.devices: Too many: 129: must have at most 128 items",
    ],
    [
      slice({
        devices: Array.from({ length: 65 }, (_none, i) => ({
          name: `gpu-${i}`,
          taints: [{ key: "a", effect: "NoSchedule" }],
        })),
      }),
      "spec.devices: Too many: 65: must have at most 64 items",
    ],
    [placed({}), `${at}: Required value: ${deviceWays}`],
    [
      placed({ nodeName: "a", allNodes: true }),
      `${at}: Invalid value: "{\`nodeName\`, \`allNodes\`}": ${deviceWays}`,
    ],
    [
      withDevice({ nodeName: "a" }),
      `${at}: Invalid value: null: \`nodeName\`, \`nodeSelector\` and \`allNodes\` can only be set if \`perDeviceNodeSelection\` is set to true in the ResourceSlice spec`,
    ],
    [
      withDevice({ attributes: { model: {}, both: { int: 1, bool: true } } }),
      `${at}.attributes[both]: Invalid value: {"int":1,"bool":true}: exactly one value must be specified`,
      `${at}.attributes[model]: Invalid value: "": exactly one value must be specified`,
    ],
    [
      withDevice({ attributes: { v: { version: "1.2" }, "a/": { string: "x".repeat(65) } } }),
      `${at}.attributes[a/]: Invalid value: "": the name must not be empty`,
      `${at}.attributes[a/].string: Too long: may not be more than 64 bytes`,
      `${at}.attributes[v].version: Invalid value: "1.2": must be a string compatible with semver.org spec 2.0.0`,
    ],
    [
      withDevice({ consumesCounters: [{ counterSet: "a", counters: {} }] }),
      `${at}.consumesCounters[0].counters: Required value`,
    ],
    [
      withDevice({ capacity: { memory: { value: "1Gi", requestPolicy: {} } } }),
      `${at}.capacity[memory].requestPolicy: Forbidden: allowMultipleAllocations must be true`,
    ],
  ];
  for (const [manifest, ...problems] of cases) {
    const lines = problemsOf(ResourceSlice, manifest).filter((line) => !line.includes("regex"));
    deepEqual(lines, problems);
  }
});

test("capacity that is shared is taken in sensible amounts", () => {
  const policed = (requestPolicy: object) =>
    problemsOf(
      ResourceSlice,
      withDevice({
        allowMultipleAllocations: true,
        capacity: { memory: { value: "10", requestPolicy } },
      }),
    ).map((line) => line.replace("spec.devices[0].capacity[memory].requestPolicy", "…"));
  deepEqual(policed({ default: "2", validRange: { min: "1", max: "9", step: "1" } }), []);
  deepEqual(policed({ default: "2", validValues: ["1", "2"] }), []);
  deepEqual(policed({ validValues: ["1"] }), [
    "….default: Required value: required when validValues is defined",
  ]);
  deepEqual(policed({ default: "3", validValues: ["2", "1", "11"] }), [
    '….validValues[1]: Invalid value: "1": values must be sorted in ascending order',
    '….validValues[2]: Invalid value: "11": option is larger than capacity value: 10',
    '….validValues: Invalid value: "3": default value is not valid according to the requestPolicy',
  ]);
  deepEqual(policed({ default: "1", validRange: { min: "2", max: "12", step: "9" } }), [
    '….validRange.min: Invalid value: "1": default is less than min: 2',
    '….validRange.max: Invalid value: "12": max is larger than capacity value: 10',
    '….validRange.step: Invalid value: "9": one step 11 is larger than capacity value: 10',
    '….validRange.step: Invalid value: "1": value is not a multiple of a given step (9) from (2)',
    '….validRange.step: Invalid value: "12": value is not a multiple of a given step (9) from (2)',
  ]);
});

test("the driver, the pool and the node stay", () => {
  const to = slice({ driver: "other.example.com", nodeName: "node-2" });
  deepEqual(changeProblems(ResourceSlice, { from: slice(), to }), [
    'spec.driver: Invalid value: "other.example.com": field is immutable',
    'spec.nodeName: Invalid value: "node-2": field is immutable',
  ]);
});

test("slices are found by node and driver", () => {
  deepEqual(cellsOf(ResourceSlice, slice()), {
    Name: "slice",
    Node: "node-1",
    Driver: "gpu.example.com",
    Pool: "node-1",
    Age: "<unknown>",
  });
  const object = objectFrom(ResourceSlice, slice());
  equal(ResourceSlice.selectableFields?.["spec.nodeName"]?.(object), "node-1");
  equal(ResourceSlice.selectableFields?.["spec.driver"]?.(object), "gpu.example.com");
});
