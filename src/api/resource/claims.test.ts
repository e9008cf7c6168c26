import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import {
  cellsOf,
  changeProblems,
  draftFrom,
  objectFrom,
  problemsOf,
  statusProblems,
} from "#api/testing.ts";
import { DeviceClass } from "./deviceclass.ts";
import { ResourceClaim } from "./resourceclaim.ts";
import { ResourceClaimTemplate } from "./resourceclaimtemplate.ts";

const exactly = { deviceClassName: "gpu.example.com" };
const request = { name: "gpu", exactly };
const claim = (devices: object = {}, status: object = {}, metadata: object = {}) => ({
  metadata: { name: "claim", namespace: "default", ...metadata },
  spec: { devices: { requests: [request], ...devices } },
  status,
});
const requesting = (change: object) =>
  claim({ requests: [{ name: "gpu", exactly: { ...exactly, ...change } }] });

test("one device is asked for unless said", () => {
  const made = draftFrom(ResourceClaim, claim()).spec.devices.requests[0]?.exactly;
  equal(made?.allocationMode, "ExactCount");
  equal(made?.count, 1);
  const all = draftFrom(ResourceClaim, requesting({ allocationMode: "All" }));
  equal(all.spec.devices.requests[0]?.exactly?.count, undefined);
  const firstAvailable = [{ name: "a", deviceClassName: "x" }];
  const alternatives = draftFrom(
    ResourceClaim,
    claim({ requests: [{ name: "b", firstAvailable }] }),
  );
  equal(alternatives.spec.devices.requests[0]?.firstAvailable?.[0]?.count, 1);
});

const opaque = { driver: "gpu.example.com", parameters: { mode: "fast" } };

test("a claim says what is wrong with it, and so does a template", () => {
  const one = "exactly one of `exactly` or `firstAvailable` is required";
  const unknownRequest =
    "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'";
  const at = "devices.requests[0].exactly";
  const alternative = { name: "a", deviceClassName: "x" };
  const cases: readonly [manifest: { readonly spec: object }, ...problems: string[]][] = [
    [claim()],
    [
      claim({
        requests: [{ name: "gpu", firstAvailable: [alternative] }],
        constraints: [{ requests: ["gpu/a"], matchAttribute: "example.com/model" }],
        config: [{ requests: ["gpu"], opaque }],
      }),
    ],
    [claim({ requests: [{ name: "gpu" }] }), `devices.requests[0]: Required value: ${one}`],
    [
      claim({ requests: [{ ...request, firstAvailable: [alternative] }] }),
      `devices.requests[0]: Invalid value: null: ${one}, but multiple fields are set`,
    ],
    [claim({ requests: [request, request] }), 'devices.requests[1]: Duplicate value: "gpu"'],
    [
      claim({ requests: Array.from({ length: 33 }, () => request) }),
      "devices.requests: Too many: 33: must have at most 32 items",
    ],
    [requesting({ deviceClassName: "" }), `${at}.deviceClassName: Required value`],
    [requesting({ count: -1 }), `${at}.count: Invalid value: -1: must be greater than zero`],
    [
      requesting({ allocationMode: "All", count: 2 }),
      `${at}.count: Invalid value: 2: must not be specified when allocationMode is 'All'`,
    ],
    [
      requesting({ selectors: [{}, { cel: { expression: "" } }] }),
      `${at}.selectors[0].cel: Required value`,
      `${at}.selectors[1].cel.expression: Required value`,
    ],
    [
      requesting({ selectors: [{ cel: { expression: "x".repeat(10241) } }] }),
      `${at}.selectors[0].cel.expression: Too long: may not be more than 10240 bytes`,
    ],
    [
      requesting({ tolerations: [{ operator: "Exists", value: "a" }] }),
      `${at}.tolerations[0].value: Invalid value: "a": must be empty for operator \`Exists\``,
    ],
    [
      claim({ constraints: [{ requests: ["other", "gpu", "gpu"] }] }),
      `devices.constraints[0].requests[0]: Invalid value: "other": ${unknownRequest}`,
      'devices.constraints[0].requests[2]: Duplicate value: "gpu"',
      'devices.constraints[0]: Required value: exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set',
    ],
    [
      claim({ constraints: [{ matchAttribute: "model" }, { distinctAttribute: "/x" }] }),
      'devices.constraints[0].matchAttribute: Invalid value: "model": a fully qualified name must be a domain and a name separated by a slash',
      'devices.constraints[1].distinctAttribute: Invalid value: "": the domain must not be empty',
    ],
    [claim({ config: [{}] }), "devices.config[0].opaque: Required value"],
    [
      claim({ config: [{ opaque: { driver: "", parameters: null } }] }),
      "devices.config[0].opaque.driver: Required value",
      "devices.config[0].opaque.parameters: Required value",
    ],
  ];
  for (const [manifest, ...problems] of cases) {
    const lines = problemsOf(ResourceClaim, manifest).filter((line) => !line.includes("regex"));
    deepEqual(
      lines,
      problems.map((problem) => `spec.${problem}`),
    );
    const template = { metadata: { name: "template" }, spec: { spec: manifest.spec } };
    deepEqual(
      problemsOf(ResourceClaimTemplate, template).filter((line) => !line.includes("regex")),
      problems.map((problem) => `spec.spec.${problem}`),
    );
  }
});

test("what is asked for stays", () => {
  const to = requesting({ count: 2 });
  const [problem = "", ...more] = changeProblems(ResourceClaim, { from: claim(), to });
  equal(problem.endsWith(": field is immutable"), true);
  equal(problem.startsWith("spec: "), true);
  deepEqual(more, []);
  const template = (manifest: { readonly spec: object }) => ({
    metadata: { name: "template" },
    spec: { spec: manifest.spec },
  });
  const change = { from: template(claim()), to: template(to) };
  equal(changeProblems(ResourceClaimTemplate, change).length, 1);
});

const device = { driver: "gpu.example.com", pool: "node-1", device: "gpu-0" };
const allocation = { devices: { results: [{ request: "gpu", ...device }] } };
const user = { resource: "pods", name: "web", uid: "u1" };
const change = (from: object, to: object, metadata: object = {}) =>
  statusProblems(ResourceClaim, { from: claim({}, from, metadata), to: claim({}, to, metadata) });

test("a claim is allocated once, and then reserved", () => {
  deepEqual(change({}, { allocation, reservedFor: [user] }), []);
  deepEqual(change({ allocation }, {}), []);
  const other = { devices: { results: [{ request: "gpu", ...device, device: "gpu-1" }] } };
  const [problem = ""] = change({ allocation }, { allocation: other });
  equal(problem.startsWith("status.allocation: Invalid value: {"), true);
  equal(problem.endsWith(": field is immutable"), true);
});

test("a status says what is wrong with it", () => {
  const result = (changed: object) => ({
    allocation: { devices: { results: [{ request: "gpu", ...device, ...changed }] } },
  });
  const at = "status.allocation.devices.results[0]";
  const cases: readonly [status: object, ...problems: string[]][] = [
    [
      { reservedFor: [user] },
      "status.reservedFor: Forbidden: may not be specified when `allocated` is not set",
    ],
    [
      { allocation, reservedFor: [{ resource: "", name: "", uid: "" }] },
      "status.reservedFor[0].resource: Required value",
      "status.reservedFor[0].name: Required value",
      "status.reservedFor[0].uid: Required value",
    ],
    [{ allocation, reservedFor: [user, user] }, 'status.reservedFor[1]: Duplicate value: "u1"'],
    [result({ pool: "" }), `${at}.pool: Required value`],
    [
      result({ shareID: "x" }),
      `${at}.shareID: Invalid value: "x": error validating uid: invalid UUID length: 1`,
    ],
    [
      result({ shareID: "A".repeat(8) + "-0000-0000-0000-000000000000" }),
      `${at}.shareID: Invalid value: "AAAAAAAA-0000-0000-0000-000000000000": uid must be in RFC 4122 normalized form, \`xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx\` with lowercase hexadecimal characters`,
    ],
    [
      result({ bindingConditions: ["A", "A"] }),
      `${at}.bindingConditions[1]: Duplicate value: "A"`,
      `${at}.bindingFailureConditions: Invalid value: []: bindingFailureConditions are required to use bindingConditions`,
    ],
    [
      result({ bindingConditions: ["A"], bindingFailureConditions: ["A"] }),
      `${at}.bindingFailureConditions[0]: Invalid value: "A": bindingFailureConditions must not overlap with bindingConditions`,
    ],
    [
      { devices: [device] },
      'status.devices[0]: Invalid value: "gpu.example.com/node-1/gpu-0": must be an allocated device in the claim',
    ],
    [
      {
        allocation,
        devices: [{ ...device, networkData: { ips: ["10.0.0.1", "10.0.0.1/24", "::0/64"] } }],
      },
      'status.devices[0].networkData.ips[0]: Invalid value: "10.0.0.1": must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)',
      'status.devices[0].networkData.ips[2]: Invalid value: "::0/64": must be in canonical form ("::/64")',
    ],
  ];
  for (const [status, ...problems] of cases) deepEqual(change({}, status), problems);
  const deleted = { deletionTimestamp: "2026-01-01T00:00:00Z" };
  deepEqual(change({ allocation }, { allocation, reservedFor: [user] }, deleted), [
    "status.reservedFor: Forbidden: new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set",
  ]);
  deepEqual(
    change({ allocation, reservedFor: [user] }, { allocation, reservedFor: [user] }, deleted),
    [],
  );
});

test("what is said of devices goes with them", () => {
  const old = objectFrom(ResourceClaim, claim({}, { allocation }));
  const draft = draftFrom(ResourceClaim, claim({}, { devices: [device] }));
  ResourceClaim.status?.prepare?.(draft, old);
  equal(draft.status.devices, undefined);
});

test("columns show how far a claim is", () => {
  const state = (status: object, metadata: object = {}) =>
    cellsOf(ResourceClaim, claim({}, status, metadata))["State"];
  const deleted = { deletionTimestamp: "2026-01-01T00:00:00Z" };
  equal(state({}), "pending");
  equal(state({ allocation }), "allocated");
  equal(state({ allocation, reservedFor: [user] }), "allocated,reserved");
  equal(state({ allocation }, deleted), "deleted,allocated");
  equal(state({}, deleted), "deleted");
});

test("a class says what is wrong with it", () => {
  const cases: readonly [spec: object, ...problems: string[]][] = [
    [{ selectors: [{ cel: { expression: "true" } }], extendedResourceName: "example.com/gpu" }],
    [
      { selectors: [{}], config: [{}], extendedResourceName: "cpu" },
      "spec.selectors[0].cel: Required value",
      "spec.config[0].opaque: Required value",
      'spec.extendedResourceName: Invalid value: "cpu": must be a valid extended resource name',
    ],
  ];
  for (const [spec, ...problems] of cases) {
    deepEqual(problemsOf(DeviceClass, { metadata: { name: "gpu" }, spec }), problems);
  }
});
