import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { changeProblems, draftFrom, problemsOf } from "#api/testing.ts";
import { ResourceQuota } from "./resourcequota.ts";
import type { Cases } from "./testing.ts";

const quota = (spec: object, status: object = {}) => ({
  metadata: { name: "a", namespace: "b" },
  spec,
  status,
});

test("quotas are for resources that can be counted, in scopes that suit them", () => {
  const selecting = (matchExpression: object, hard: object = { pods: "1" }) => ({
    hard,
    scopeSelector: { matchExpressions: [matchExpression] },
  });
  const at = "spec.scopeSelector.matchExpressions";
  const cases: Cases = [
    [
      {
        hard: {
          pods: "1",
          "requests.cpu": "1",
          "count/jobs.batch": "3",
          "requests.nvidia.com/gpu": "1",
        },
      },
    ],
    [{ hard: { pods: "1" }, scopes: ["BestEffort"] }],
    [selecting({ scopeName: "PriorityClass", operator: "In", values: ["high"] })],
    [
      { hard: { disks: "1", pods: "1.5" } },
      'spec.hard[disks]: Invalid value: "disks": must be a standard resource type or fully qualified',
      'spec.hard[disks]: Invalid value: "disks": must be a standard resource for quota',
      "spec.hard[pods]: Invalid value: 1500m: must be an integer",
    ],
    [
      { hard: { cpu: "1" }, scopes: ["BestEffort"] },
      'spec.scopes: Invalid value: ["BestEffort"]: unsupported scope applied to resource',
    ],
    [
      { hard: { pods: "1" }, scopes: ["Terminating", "NotTerminating"] },
      'spec.scopes: Invalid value: ["Terminating","NotTerminating"]: conflicting scopes',
    ],
    [
      { hard: { cpu: "1" }, scopes: ["Strange"] },
      'spec.scopes: Invalid value: ["Strange"]: unsupported scope',
    ],
    [
      selecting({ scopeName: "Strange", operator: "Like" }),
      `${at}.scopeName: Invalid value: "Strange": unsupported scope`,
      `${at}.operator: Invalid value: "Like": not a valid selector operator`,
    ],
    [
      selecting({ scopeName: "PriorityClass", operator: "In" }),
      `${at}.values: Required value: must be at least one value when \`operator\` is 'In' or 'NotIn' for scope selector`,
    ],
    [
      selecting({ scopeName: "PriorityClass", operator: "Exists", values: ["a"] }),
      `${at}.values: Invalid value: ["a"]: must be no value when \`operator\` is 'Exist' or 'DoesNotExist' for scope selector`,
    ],
  ];
  for (const [spec, ...problems] of cases)
    deepEqual(problemsOf(ResourceQuota, quota(spec)), problems);
});

test("scopes stay, amounts may change", () => {
  const change = (from: object, to: object): readonly string[] =>
    changeProblems(ResourceQuota, { from: quota(from), to: quota(to) });
  deepEqual(change({ hard: { pods: "1" } }, { hard: { pods: "2" } }), []);
  deepEqual(change({}, { scopes: ["Terminating"] }), [
    'spec.scopes: Invalid value: ["Terminating"]: field is immutable',
  ]);
});

test("requests and limits are shown apart", () => {
  const hard = { pods: "10", "requests.cpu": "4", "limits.memory": "8Gi" };
  const object = draftFrom(ResourceQuota, quota({ hard }, { hard, used: { pods: "3" } }));
  const cell = (title: string) =>
    ResourceQuota.columns?.find(({ name }) => name === title)?.cell(object, 0);
  equal(cell("Request"), "pods: 3/10, requests.cpu: 0/4");
  equal(cell("Limit"), "limits.memory: 0/8Gi");
});
