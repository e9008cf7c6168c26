import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { Pod } from "#api/core/pod.ts";
import { FeatureGates } from "#api/feature-gates.ts";
import { servedKinds } from "#api/served-kinds.ts";
import { cellsOf, changeProblems, problemsOf } from "#api/testing.ts";
import { PodGroup } from "./podgroup.ts";
import { Workload } from "./workload.ts";

const group = (schedulingPolicy: object, spec: object = {}) => ({
  metadata: { namespace: "default", name: "trainers" },
  spec: { schedulingPolicy, ...spec },
});

const gang = (minCount: number) => ({ gang: { minCount } });

const reference = (workloadName: string, podGroupTemplateName: string) => ({
  podGroupTemplateRef: { workload: { workloadName, podGroupTemplateName } },
});

const workload = (spec: object) => ({ metadata: { namespace: "default", name: "train" }, spec });

const template = (name: string, schedulingPolicy: object = { basic: {} }) => ({
  name,
  schedulingPolicy,
});

test("a group has one policy, and a gang a size", () => {
  const at = "spec.schedulingPolicy";
  const cases: readonly [manifest: object, ...problems: string[]][] = [
    [group(gang(3))],
    [group({ basic: {} }, reference("train.example", "workers"))],
    [group({}), `${at}: Invalid value: "": must specify one of: \`basic\`, \`gang\``],
    [
      group({ basic: {}, ...gang(1) }),
      `${at}: Invalid value: "{\`basic\`, \`gang\`}": exactly one of \`basic\`, \`gang\` is required, but multiple fields are set`,
    ],
    [group(gang(0)), `${at}.gang.minCount: Required value`],
    [group(gang(-1)), `${at}.gang.minCount: Invalid value: -1: must be greater than or equal to 1`],
    [
      group({ basic: {} }, { podGroupTemplateRef: {} }),
      'spec.podGroupTemplateRef: Invalid value: "": must specify one of: `workload`',
    ],
    [
      group({ basic: {} }, reference("", "")),
      "spec.podGroupTemplateRef.workload.workloadName: Required value",
      "spec.podGroupTemplateRef.workload.podGroupTemplateName: Required value",
    ],
  ];
  for (const [manifest, ...problems] of cases) deepEqual(problemsOf(PodGroup, manifest), problems);
});

test("neither the policy nor the origin of a group changes", () => {
  const to = group(gang(4), reference("train", "workers"));
  deepEqual(changeProblems(PodGroup, { from: group(gang(3)), to }), [
    'spec.podGroupTemplateRef: Invalid value: {"workload":{"workloadName":"train","podGroupTemplateName":"workers"}}: field is immutable',
    'spec.schedulingPolicy: Invalid value: {"gang":{"minCount":4}}: field is immutable',
  ]);
});

test("a workload has one to eight templates, each with a name of its own", () => {
  const at = "spec.podGroupTemplates";
  const many = Array.from({ length: 9 }, (_, i) => template(`t${i}`));
  const cases: readonly [manifest: object, ...problems: string[]][] = [
    [workload({ podGroupTemplates: [template("workers", gang(2)), template("driver")] })],
    [workload({ podGroupTemplates: [] }), `${at}: Required value`],
    [workload({ podGroupTemplates: many }), `${at}: Too many: 9: must have at most 8 items`],
    [
      workload({ podGroupTemplates: [template("a"), template("a")] }),
      `${at}[1]: Duplicate value: {"name":"a","schedulingPolicy":{"basic":{}}}`,
    ],
    [
      workload({ podGroupTemplates: [template("a", {})] }),
      `${at}[0].schedulingPolicy: Invalid value: "": must specify one of: \`basic\`, \`gang\``,
    ],
    [
      workload({ controllerRef: { kind: "", name: "a/b" }, podGroupTemplates: [template("a")] }),
      "spec.controllerRef.kind: Required value",
      `spec.controllerRef.name: Invalid value: "a/b": may not contain '/'`,
    ],
  ];
  for (const [manifest, ...problems] of cases) deepEqual(problemsOf(Workload, manifest), problems);
  const from = workload({ podGroupTemplates: [template("a")] });
  const to = workload({ podGroupTemplates: [template("b")] });
  deepEqual(changeProblems(Workload, { from, to }), [
    `${at}: Invalid value: [{"name":"b","schedulingPolicy":{"basic":{}}}]: field is immutable`,
  ]);
});

test("a pod names its group by a good name", () => {
  const pod = (schedulingGroup: object) => ({
    metadata: { namespace: "default", name: "a" },
    spec: { containers: [{ name: "c", image: "i" }], schedulingGroup },
  });
  deepEqual(problemsOf(Pod, pod({ podGroupName: "trainers" })), []);
  deepEqual(problemsOf(Pod, pod({})), [
    'spec.schedulingGroup: Invalid value: "": must specify one of: `podGroupName`',
  ]);
  equal(problemsOf(Pod, pod({ podGroupName: "No" })).length, 1);
});

test("the kinds are served while their gate is on", () => {
  const isServed = (gates?: FeatureGates): boolean => servedKinds(gates).includes(PodGroup);
  equal(isServed(), false);
  equal(isServed(new FeatureGates({ GenericWorkload: true })), true);
});

test("columns show the name and the age", () => {
  deepEqual(cellsOf(PodGroup, group(gang(2))), { Name: "trainers", Age: "<unknown>" });
});
