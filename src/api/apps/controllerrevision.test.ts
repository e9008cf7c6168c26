import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { cellsOf, changeProblems, problemsOf } from "#api/testing.ts";
import { ControllerRevision } from "./controllerrevision.ts";

const revision = (change: object = {}, owner?: object) => ({
  metadata: { name: "agent-1", ...(owner && { ownerReferences: [{ uid: "u", ...owner }] }) },
  data: { spec: {} },
  revision: 1,
  ...change,
});

test("a revision has data, which stay", () => {
  deepEqual(problemsOf(ControllerRevision, revision()), []);
  deepEqual(problemsOf(ControllerRevision, revision({ data: undefined, revision: -1 })), [
    "data: Required value: data is mandatory",
    "revision: Invalid value: -1: must be greater than or equal to 0",
  ]);
  const to = revision({ data: { spec: { other: true } }, revision: 2 });
  deepEqual(changeProblems(ControllerRevision, { from: revision(), to }), [
    'data: Invalid value: {"spec":{"other":true}}: field is immutable',
  ]);
});

test("columns show whose revision it is", () => {
  const owner = { apiVersion: "apps/v1", kind: "DaemonSet", name: "agent", controller: true };
  const controllers = [
    undefined,
    owner,
    { ...owner, apiVersion: "v1" },
    { ...owner, controller: false },
  ];
  deepEqual(
    controllers.map(
      (reference) => cellsOf(ControllerRevision, revision({}, reference))["Controller"],
    ),
    ["<none>", "daemonset.apps/agent", "daemonset/agent", "<none>"],
  );
});
