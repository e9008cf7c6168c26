import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { cellsOf, draftFrom, objectFrom, problemsOf } from "#api/testing.ts";
import { NetworkPolicy } from "./networkpolicy.ts";

const policy = (spec: object) => ({
  metadata: { name: "web" },
  spec: { podSelector: {}, ...spec },
});
const from = (peer: object) => policy({ ingress: [{ from: [peer] }] });
const port = (change: object) => policy({ ingress: [{ ports: [change] }] });

test("a policy restricts what comes in, and what goes out if it has rules for it", () => {
  const types = (spec: object) => draftFrom(NetworkPolicy, policy(spec)).spec.policyTypes;
  deepEqual(types({}), ["Ingress"]);
  deepEqual(types({ egress: [{}] }), ["Ingress", "Egress"]);
  deepEqual(types({ policyTypes: ["Egress"] }), ["Egress"]);
  const made = draftFrom(NetworkPolicy, port({ port: 80 })).spec.ingress?.[0]?.ports?.[0];
  equal(made?.protocol, "TCP");
});

test("a policy says what is wrong with it", () => {
  const at = "spec.ingress[0].from[0]";
  const cases: readonly [manifest: object, ...problems: string[]][] = [
    [from({ podSelector: {}, namespaceSelector: {} })],
    [from({ ipBlock: { cidr: "10.0.0.0/8", except: ["10.1.0.0/16"] } })],
    [port({ port: 80, endPort: 90 })],
    [from({}), `${at}: Required value: must specify a peer`],
    [
      from({ podSelector: {}, ipBlock: { cidr: "10.0.0.0/8" } }),
      `${at}: Forbidden: may not specify both ipBlock and another peer`,
    ],
    [from({ ipBlock: { cidr: "" } }), `${at}.ipBlock.cidr: Required value`],
    [
      from({ ipBlock: { cidr: "10.0.0.0/33" } }),
      `${at}.ipBlock.cidr: Invalid value: "10.0.0.0/33": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)`,
    ],
    [
      from({ ipBlock: { cidr: "10.0.0.0/8", except: ["11.0.0.0/16", "10.0.0.0/8"] } }),
      `${at}.ipBlock.except[0]: Invalid value: "11.0.0.0/16": must be a strict subset of \`cidr\``,
      `${at}.ipBlock.except[1]: Invalid value: "10.0.0.0/8": must be a strict subset of \`cidr\``,
    ],
    [
      port({ port: 0 }),
      "spec.ingress[0].ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive",
    ],
    [
      port({ port: "a_b" }),
      'spec.ingress[0].ports[0].port: Invalid value: "a_b": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)',
    ],
    [
      port({ endPort: 5 }),
      "spec.ingress[0].ports[0].endPort: Invalid value: 5: may not be specified when `port` is not specified",
    ],
    [
      port({ port: "http", endPort: 5 }),
      "spec.ingress[0].ports[0].endPort: Invalid value: 5: may not be specified when `port` is non-numeric",
    ],
    [
      port({ port: 80, endPort: 70 }),
      "spec.ingress[0].ports[0].endPort: Invalid value: 70: must be greater than or equal to `port`",
    ],
    [
      policy({ policyTypes: ["Ingress", "Egress", "Ingress"] }),
      'spec.policyTypes: Invalid value: ["Ingress","Egress","Ingress"]: may not specify more than two policyTypes',
    ],
    [
      policy({ policyTypes: ["Sideways"] }),
      'spec.policyTypes[0]: Unsupported value: "Sideways": supported values: "Ingress", "Egress"',
    ],
  ];
  for (const [manifest, ...problems] of cases) {
    deepEqual(problemsOf(NetworkPolicy, manifest), problems);
  }
});

test("columns show the pods", () => {
  const selecting = policy({ podSelector: { matchLabels: { app: "web" } } });
  equal(cellsOf(NetworkPolicy, selecting)["Pod-Selector"], "app=web");
  equal(cellsOf(NetworkPolicy, policy({}))["Pod-Selector"], "<none>");
});

test("networks that are not written as they should be are told", () => {
  const ipBlock = { cidr: "2001:db8:0:0::/32", except: ["2001:DB8::/64"] };
  const made = objectFrom(
    NetworkPolicy,
    policy({
      ingress: [{ from: [{ podSelector: {} }, { ipBlock }] }],
      egress: [{ to: [{ ipBlock }] }],
    }),
  );
  deepEqual(
    [...(NetworkPolicy.warnings?.(made) ?? [])],
    ["spec.ingress[0].from[1]", "spec.egress[0].to[0]"].flatMap((at) => [
      `${at}.ipBlock.cidr: IPv6 CIDR value "2001:db8:0:0::/32" should be in RFC 5952 canonical format ("2001:db8::/32")`,
      `${at}.ipBlock.except[0]: IPv6 CIDR value "2001:DB8::/64" should be in RFC 5952 canonical format ("2001:db8::/64")`,
    ]),
  );
});
