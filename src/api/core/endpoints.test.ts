import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { cellsOf, changeProblems, draftFrom, problemsOf } from "#api/testing.ts";
import { Endpoints } from "./endpoints.ts";
import { badLabel, type Cases } from "./testing.ts";

const endpoints = (...subsets: object[]) => ({
  metadata: { name: "web", namespace: "default" },
  subsets,
});

const addresses = [{ ip: "10.0.0.1" }];

test("endpoints have addresses and ports", () => {
  const cases: Cases = [
    [{ addresses, ports: [{ port: 80 }] }],
    [
      {
        notReadyAddresses: addresses,
        ports: [
          { name: "a", port: 1 },
          { name: "b", port: 2 },
        ],
      },
    ],
    [{ ports: [] }, "subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`"],
    [
      { addresses: [{ ip: "169.254.0.1", hostname: "A_" }], ports: [{ port: 1 }, { port: 0 }] },
      `subsets[0].addresses[0].hostname: Invalid value: "A_": ${badLabel}`,
      'subsets[0].addresses[0].ip: Invalid value: "169.254.0.1": may not be in the link-local range (169.254.0.0/16, fe80::/10)',
      "subsets[0].ports[0].name: Required value",
      "subsets[0].ports[1].name: Required value",
      "subsets[0].ports[1].port: Invalid value: 0: must be between 1 and 65535, inclusive",
    ],
  ];
  for (const [subset, ...problems] of cases) {
    deepEqual(problemsOf(Endpoints, endpoints(subset)), problems);
  }
});

test("addresses that were accepted once are accepted still, until their subset changes", () => {
  const old = { addresses: [{ ip: "010.0.0.1" }] };
  const change = (...subsets: object[]): readonly string[] =>
    changeProblems(Endpoints, { from: endpoints(old), to: endpoints(...subsets) });
  deepEqual(change({ addresses }, old), []);
  deepEqual(change({ ...old, ports: [{ port: 1 }] }), [
    'subsets[0].addresses[0].ip: Invalid value: "010.0.0.1": must not have leading 0s',
  ]);
});

test("ports speak TCP unless said", () => {
  const { subsets } = draftFrom(Endpoints, endpoints({ addresses, ports: [{ port: 80 }] }));
  deepEqual(subsets?.[0]?.ports, [{ port: 80, protocol: "TCP" }]);
});

test("the first three of many are shown", () => {
  const shown = (...subsets: object[]) => cellsOf(Endpoints, endpoints(...subsets))["Endpoints"];
  equal(shown(), "<none>");
  equal(
    shown({ addresses: [{ ip: "10.0.0.1" }, { ip: "fd00::1" }], ports: [{ port: 80 }] }),
    "10.0.0.1:80,[fd00::1]:80",
  );
  const many = ["1", "2", "3", "4", "5"].map((end) => ({ ip: `10.0.0.${end}` }));
  equal(shown({ addresses: many }), "10.0.0.1,10.0.0.2,10.0.0.3 + 2 more...");
});
