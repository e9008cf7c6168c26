import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { cellsOf, draftFrom, problemsOf, statusProblems } from "#api/testing.ts";
import { APIService } from "./apiservice.ts";

const local = { group: "apps", version: "v1", groupPriorityMinimum: 17800, versionPriority: 15 };
const service = { namespace: "kube-system", name: "metrics-server" };
const remote = { ...local, service, caBundle: "aGVsbG8=" };
const apiService = (spec: object, name = "v1.apps") => ({ metadata: { name }, spec });

test("services listen on 443 unless said", () => {
  equal(draftFrom(APIService, apiService(remote)).spec.service?.port, 443);
});

test("local and remote services are accepted", () => {
  const legacy = { ...local, group: "" };
  for (const manifest of [apiService(local), apiService(remote), apiService(legacy, "v1.")]) {
    deepEqual(problemsOf(APIService, manifest), []);
  }
});

test("an API service says what is wrong with it", () => {
  const cases: readonly [spec: object, ...problems: string[]][] = [
    [
      { ...local, group: "batch" },
      'metadata.name: Invalid value: "v1.apps": must be `spec.version+"."+spec.group`: "v1.batch"',
    ],
    [
      { ...local, groupPriorityMinimum: 20001, versionPriority: 0 },
      "spec.groupPriorityMinimum: Invalid value: 20001: must be positive and less than 20000",
      "spec.versionPriority: Invalid value: 0: must be positive and less than 1000",
    ],
    [
      { ...local, caBundle: "aGVsbG8=", insecureSkipTLSVerify: true },
      'spec.caBundle: Invalid value: "5 bytes": local APIServices may not have a caBundle',
      "spec.insecureSkipTLSVerify: Invalid value: true: local APIServices may not have insecureSkipTLSVerify",
    ],
    [
      { ...remote, service: { port: 70000 }, insecureSkipTLSVerify: true },
      "spec.service.namespace: Required value",
      "spec.service.name: Required value",
      "spec.service.port: Invalid value: 70000: port is not valid: must be between 1 and 65535, inclusive",
      "spec.insecureSkipTLSVerify: Invalid value: true: may not be true if caBundle is present",
    ],
  ];
  for (const [spec, ...problems] of cases) {
    deepEqual(problemsOf(APIService, apiService(spec)), problems);
  }
  deepEqual(problemsOf(APIService, apiService({ ...local, group: "", version: "v2" }, "v2.")), [
    "spec.group: Required value: only v1 may have an empty group and it better be legacy kube",
  ]);
});

test("conditions are true, false or unknown", () => {
  const conditions = [{ type: "Available", status: "Yes" }];
  const change = { from: apiService(local), to: { ...apiService(local), status: { conditions } } };
  deepEqual(statusProblems(APIService, change), [
    'status.conditions[0].status: Unsupported value: "Yes": supported values: "True", "False", "Unknown"',
  ]);
});

test("columns show who serves, and whether it can", () => {
  const available = (spec: object, ...conditions: object[]) =>
    cellsOf(APIService, { ...apiService(spec), status: { conditions } });
  deepEqual(available(local), {
    Name: "v1.apps",
    Service: "Local",
    Available: "True",
    Age: "<unknown>",
  });
  equal(available(remote)["Available"], "Unknown");
  const failed = { type: "Available", status: "False", reason: "MissingEndpoints" };
  equal(available(remote, failed)["Available"], "False (MissingEndpoints)");
  equal(available(remote, { ...failed, status: "True" })["Available"], "True");
  equal(available(remote)["Service"], "kube-system/metrics-server");
});
