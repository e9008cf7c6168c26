import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { cellsOf, changeProblems, draftFrom, problemsOf } from "#api/testing.ts";
import { IngressClass } from "./ingressclass.ts";
import { IPAddress } from "./ipaddress.ts";
import { ServiceCIDR } from "./servicecidr.ts";

const ingressClass = (spec: object, annotations: object = {}) => ({
  metadata: { name: "nginx", annotations },
  spec: { controller: "example.com/nginx", ...spec },
});
const parameters = { kind: "Parameters", name: "all" };

test("parameters of a class are of the cluster unless said", () => {
  equal(draftFrom(IngressClass, ingressClass({ parameters })).spec.parameters?.scope, "Cluster");
});

test("an ingress class says what is wrong with it", () => {
  const withParameters = (change: object) =>
    ingressClass({ parameters: { ...parameters, ...change } });
  const cases: readonly [manifest: object, ...problems: string[]][] = [
    [ingressClass({})],
    [withParameters({ scope: "Namespace", namespace: "a" })],
    [ingressClass({ controller: "" }), "spec.controller: Required value"],
    [
      ingressClass({ controller: "nginx" }),
      'spec.controller: Invalid value: "nginx": must be a domain-prefixed path (such as "acme.io/foo")',
    ],
    [
      withParameters({ kind: "", name: "" }),
      "spec.parameters.kind: Required value",
      "spec.parameters.name: Required value",
    ],
    [
      withParameters({ scope: "Namespace" }),
      "spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace'",
    ],
    [
      withParameters({ namespace: "a" }),
      "spec.parameters.namespace: Forbidden: `parameters.scope` is set to 'Cluster'",
    ],
    [
      withParameters({ scope: "World" }),
      'spec.parameters.scope: Unsupported value: "World": supported values: "Cluster", "Namespace"',
    ],
  ];
  for (const [manifest, ...problems] of cases) {
    deepEqual(problemsOf(IngressClass, manifest), problems);
  }
});

test("the controller of a class stays", () => {
  const to = ingressClass({ controller: "example.com/other" });
  deepEqual(changeProblems(IngressClass, { from: ingressClass({}), to }), [
    'spec.controller: Invalid value: "example.com/other": field is immutable',
  ]);
});

test("columns show which class is the default", () => {
  const marked = { "ingressclass.kubernetes.io/is-default-class": "true" };
  const row = cellsOf(
    IngressClass,
    ingressClass({ parameters: { ...parameters, apiGroup: "example.com" } }, marked),
  );
  equal(row["Name"], "nginx (default)");
  equal(row["Parameters"], "Parameters.example.com/all");
  equal(cellsOf(IngressClass, ingressClass({}))["Parameters"], "<none>");
});

const parentRef = { resource: "services", namespace: "default", name: "web" };
const address = (spec: object, name = "10.0.0.1") => ({ metadata: { name }, spec });

test("an address says whose it is, for good", () => {
  deepEqual(problemsOf(IPAddress, address({ parentRef })), []);
  deepEqual(problemsOf(IPAddress, address({})), ["spec.parentRef: Required value"]);
  deepEqual(problemsOf(IPAddress, address({ parentRef: { group: "A" } })).slice(1), [
    "spec.parentRef.resource: Required value",
    "spec.parentRef.name: Required value",
  ]);
  const to = address({ parentRef: { ...parentRef, name: "other" } });
  equal(changeProblems(IPAddress, { from: address({ parentRef }), to }).length, 1);
  equal(cellsOf(IPAddress, address({ parentRef }))["ParentRef"], "services/default/web");
});

test("an address is named by itself, in canonical form", () => {
  deepEqual(IPAddress.nameRule?.("2001:db8::1", false), []);
  deepEqual(IPAddress.nameRule?.("2001:DB8::1", false), [
    'must be in canonical form ("2001:db8::1")',
  ]);
  deepEqual(IPAddress.nameRule?.("010.0.0.1", false), ["must not have leading 0s"]);
});

const range = (...cidrs: string[]) => ({ metadata: { name: "kubernetes" }, spec: { cidrs } });

test("a range is of one or two families", () => {
  const cases: readonly [cidrs: string[], ...problems: string[]][] = [
    [["10.0.0.0/16"]],
    [["10.0.0.0/16", "fd00::/108"]],
    [[], "spec.cidrs: Required value: at least one CIDR required"],
    [
      ["10.0.0.0/16", "fd00::/108", "10.1.0.0/16"],
      'spec.cidrs: Invalid value: {"cidrs":["10.0.0.0/16","fd00::/108","10.1.0.0/16"]}: may only hold up to 2 values',
    ],
    [
      ["10.0.0.0/16", "10.1.0.0/16"],
      'spec.cidrs: Invalid value: ["10.0.0.0/16","10.1.0.0/16"]: may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64',
    ],
    [
      ["10.0.0.1/16"],
      'spec.cidrs[0]: Invalid value: "10.0.0.1/16": must not have bits set beyond the prefix length',
    ],
    [
      ["FD00::/108"],
      'spec.cidrs[0]: Invalid value: "FD00::/108": must be in canonical form ("fd00::/108")',
    ],
  ];
  for (const [cidrs, ...problems] of cases)
    deepEqual(problemsOf(ServiceCIDR, range(...cidrs)), problems);
});

test("a range may only grow by another family", () => {
  const change = (from: string[], to: string[]) =>
    changeProblems(ServiceCIDR, { from: range(...from), to: range(...to) });
  deepEqual(change(["10.0.0.0/16"], ["10.0.0.0/16", "fd00::/108"]), []);
  deepEqual(change(["10.0.0.0/16"], ["10.1.0.0/16"]), [
    'spec.cidrs[0]: Invalid value: "10.1.0.0/16": field is immutable',
  ]);
  deepEqual(change(["10.0.0.0/16", "fd00::/108"], ["10.0.0.0/16"]), [
    'spec.cidrs: Invalid value: ["10.0.0.0/16"]: field is immutable',
  ]);
  equal(
    cellsOf(ServiceCIDR, range("10.0.0.0/16", "fd00::/108"))["CIDRs"],
    "10.0.0.0/16,fd00::/108",
  );
});
