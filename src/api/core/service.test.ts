import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { cellsOf, changeProblems, draftFrom, objectFrom, problemsOf } from "#api/testing.ts";
import { Service } from "./service.ts";
import { isHeadless, needsHealthCheck, needsNodePort } from "./service-addresses.ts";
import { badLabel, badSubdomain, type Cases } from "./testing.ts";

const http = { port: 80 };
const service = (spec: object, annotations: object = {}) => ({
  metadata: { name: "web", namespace: "default", annotations },
  spec: { ports: [http], ...spec },
});

const refuses = (cases: Cases): void => {
  for (const [spec, ...problems] of cases) deepEqual(problemsOf(Service, service(spec)), problems);
};

test("a service of one port says the rest by leaving it out", () => {
  equal(
    JSON.stringify(draftFrom(Service, service({ selector: { app: "web" } })).spec),
    '{"ports":[{"protocol":"TCP","port":80,"targetPort":80}],"selector":{"app":"web"},"type":"ClusterIP","sessionAffinity":"None","internalTrafficPolicy":"Cluster"}',
  );
});

test("defaults depend on the type", () => {
  const spec = (fields: object) => draftFrom(Service, service(fields)).spec;
  equal(spec({ type: "NodePort" }).externalTrafficPolicy, "Cluster");
  equal(spec({ type: "LoadBalancer" }).allocateLoadBalancerNodePorts, true);
  equal(spec({ externalIPs: ["1.2.3.4"] }).externalTrafficPolicy, "Cluster");
  const named = spec({ type: "ExternalName", externalName: "a.b", ports: [] });
  deepEqual([named.internalTrafficPolicy, named.externalTrafficPolicy], [undefined, undefined]);
  deepEqual(spec({ sessionAffinity: "ClientIP" }).sessionAffinityConfig, {
    clientIP: { timeoutSeconds: 10_800 },
  });
});

test("services of many shapes are accepted", () => {
  refuses([
    [{}],
    [{ clusterIP: "None" }],
    [{ clusterIP: "None", ports: [] }],
    [{ clusterIP: "10.0.0.1", ipFamilies: ["IPv4"] }],
    [{ clusterIPs: ["10.0.0.1", "fd00::1"], clusterIP: "10.0.0.1", ipFamilies: ["IPv4", "IPv6"] }],
    [{ type: "NodePort", ports: [{ port: 80, nodePort: 30080, targetPort: "http" }] }],
    [{ type: "ExternalName", externalName: "example.com.", ports: [] }],
    [{ type: "LoadBalancer", loadBalancerClass: "example.com/lb" }],
    [{ type: "LoadBalancer", loadBalancerSourceRanges: ["10.0.0.0/8"] }],
    [{ trafficDistribution: "PreferSameZone" }],
  ]);
});

test("ports have numbers, and names once there are two", () => {
  refuses([
    [{ ports: [] }, "spec.ports: Required value"],
    [
      { ports: [http, { port: 81 }] },
      "spec.ports[0].name: Required value",
      "spec.ports[1].name: Required value",
    ],
    [
      {
        ports: [
          { name: "a", port: 80 },
          { name: "a", port: 80 },
        ],
      },
      'spec.ports[1].name: Duplicate value: "a"',
      'spec.ports[1]: Duplicate value: {"port":80,"protocol":"TCP"}',
    ],
    [
      { ports: [{ name: "A_", port: 0, targetPort: "x y", protocol: "ICMP" }] },
      `spec.ports[0].name: Invalid value: "A_": ${badLabel}`,
      "spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive",
      'spec.ports[0].protocol: Unsupported value: "ICMP": supported values: "SCTP", "TCP", "UDP"',
      'spec.ports[0].targetPort: Invalid value: "x y": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)',
    ],
    [
      { ports: [{ port: 80, nodePort: 30080 }] },
      "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'",
    ],
    [
      {
        type: "NodePort",
        ports: [
          { name: "a", port: 1, nodePort: 30080 },
          { name: "b", port: 2, nodePort: 30080 },
        ],
      },
      "spec.ports[1].nodePort: Duplicate value: 30080",
    ],
  ]);
});

test("types go with the fields that are for them", () => {
  refuses([
    [
      { type: "Magic" },
      'spec.type: Unsupported value: "Magic": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
    ],
    [{ type: "ExternalName", ports: [] }, "spec.externalName: Required value"],
    [
      { type: "ExternalName", externalName: "A_", clusterIP: "1.2.3.4", ports: [] },
      "spec.clusterIPs: Forbidden: may not be set for ExternalName services",
      `spec.externalName: Invalid value: "A_": ${badSubdomain}`,
    ],
    [
      { type: "NodePort", clusterIP: "None" },
      "spec.clusterIPs[0]: Invalid value: \"None\": may not be set to 'None' for NodePort services",
    ],
    [
      { loadBalancerClass: "a", allocateLoadBalancerNodePorts: true },
      "spec.allocateLoadBalancerNodePorts: Forbidden: may only be used when `type` is 'LoadBalancer'",
      "spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'",
    ],
    [
      { externalTrafficPolicy: "Local" },
      'spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services',
    ],
    [
      { healthCheckNodePort: 3 },
      "spec.healthCheckNodePort: Invalid value: 3: may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
    ],
    [
      { loadBalancerSourceRanges: ["10.0.0.1/8"] },
      "spec.LoadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer'",
      'spec.LoadBalancerSourceRanges[0]: Invalid value: "10.0.0.1/8": must not have bits set beyond the prefix length',
    ],
    [
      { trafficDistribution: "Random" },
      'spec.trafficDistribution: Unsupported value: "Random": supported values: "PreferClose", "PreferSameZone", "PreferSameNode"',
    ],
  ]);
});

test("addresses agree with each other", () => {
  refuses([
    [
      { clusterIPs: ["10.0.0.1"] },
      'spec.clusterIPs: Invalid value: ["10.0.0.1"]: must be empty when `clusterIP` is not specified',
    ],
    [
      { clusterIP: "10.0.0.2", clusterIPs: ["10.0.0.1"] },
      'spec.clusterIPs: Invalid value: ["10.0.0.1"]: first value must match `clusterIP`',
    ],
    [
      { clusterIP: "x" },
      'spec.clusterIPs[0]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    ],
    [
      { clusterIP: "10.0.0.1", ipFamilies: ["IPv6"] },
      'spec.clusterIPs[0]: Invalid value: "10.0.0.1": expected an IPv6 value as indicated by `ipFamilies[0]`',
    ],
    [
      { ipFamilies: ["IPv4", "x", "x"], ipFamilyPolicy: "y" },
      'spec.ipFamilies[1]: Unsupported value: "x": supported values: "IPv4", "IPv6"',
      'spec.ipFamilies[2]: Unsupported value: "x": supported values: "IPv4", "IPv6"',
      'spec.ipFamilies[2]: Duplicate value: "x"',
      'spec.ipFamilyPolicy: Unsupported value: "y": supported values: "PreferDualStack", "RequireDualStack", "SingleStack"',
    ],
    [{ ipFamilies: ["IPv4", "IPv4"] }, 'spec.ipFamilies[1]: Duplicate value: "IPv4"'],
    [
      { externalIPs: ["127.0.0.1"] },
      'spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
    ],
    [
      { sessionAffinity: "ClientIP", sessionAffinityConfig: { clientIP: { timeoutSeconds: 0 } } },
      "spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 0: must be greater than 0 and less than 86400",
    ],
  ]);
});

const change = (from: object, to: object): readonly string[] =>
  changeProblems(Service, { from: service(from), to: service(to) });

test("addresses stay once given, while the type needs them", () => {
  const given = { clusterIP: "10.0.0.1", clusterIPs: ["10.0.0.1"], ipFamilies: ["IPv4"] };
  // exact: upstream asks for addresses here, and those are kept.
  deepEqual(change(given, {}), []);
  deepEqual(change(given, { ipFamilies: ["IPv4"] }), []);
  deepEqual(change(given, { ...given, clusterIP: "10.0.0.2", clusterIPs: ["10.0.0.2"] }), [
    'spec.clusterIPs[0]: Invalid value: ["10.0.0.2"]: may not change once set',
  ]);
  deepEqual(change(given, { type: "ExternalName", externalName: "a.b" }), []);
  const two = { ...given, clusterIPs: ["10.0.0.1", "fd00::1"], ipFamilies: ["IPv4", "IPv6"] };
  deepEqual(change(two, { ...given, ipFamilyPolicy: "SingleStack" }), []);
  deepEqual(change(two, { ...given, ipFamilyPolicy: "PreferDualStack" }), [
    "spec.ipFamilyPolicy: Invalid value: \"PreferDualStack\": must be set to 'SingleStack' when releasing the secondary clusterIP",
    "spec.ipFamilyPolicy: Invalid value: \"PreferDualStack\": must be set to 'SingleStack' when releasing the secondary ipFamily",
  ]);
});

test("families are named by the first of them; what was accepted once is accepted still", () => {
  const given = { clusterIP: "10.0.0.1", clusterIPs: ["10.0.0.1"], ipFamilies: ["IPv4"] };
  deepEqual(
    change({ ...given, ipFamilies: ["IPv4", "IPv6"] }, { ...given, ipFamilies: ["IPv6"] }),
    [
      'spec.ipFamilies[0]: Invalid value: ["10.0.0.1"]: may not change once set',
      "spec.ipFamilyPolicy: Invalid value: null: must be set to 'SingleStack' when releasing the secondary ipFamily",
      'spec.clusterIPs[0]: Invalid value: "10.0.0.1": expected an IPv6 value as indicated by `ipFamilies[0]`',
    ],
  );
  const old = { externalIPs: ["010.1.1.1"], clusterIP: "10.0.0.01", clusterIPs: ["10.0.0.01"] };
  deepEqual(change(old, old), []);
  deepEqual(change({ ...old, externalIPs: [] }, old), [
    'spec.externalIPs[0]: Invalid value: "010.1.1.1": must not have leading 0s',
  ]);
  const ranges = { type: "LoadBalancer", loadBalancerSourceRanges: ["10.0.0.1/8"] };
  deepEqual(change(ranges, ranges), []);
});

test("the class of a load balancer stays", () => {
  const balancer = { type: "LoadBalancer", loadBalancerClass: "a/b" };
  deepEqual(change(balancer, { ...balancer, loadBalancerClass: "a/c" }), [
    'spec.loadBalancerClass: Invalid value: "a/c": may not change once set',
  ]);
  deepEqual(change(balancer, {}), []);
});

test("updates keep what clients left out, and drop what the new type has no use for", () => {
  const update = (from: object, to: object) => {
    const draft = draftFrom(Service, service(to));
    Service.prepareForUpdate?.(draft, objectFrom(Service, service(from)));
    return draft.spec;
  };
  const from = {
    type: "NodePort",
    clusterIP: "10.0.0.1",
    clusterIPs: ["10.0.0.1"],
    ports: [
      { name: "a", port: 1, nodePort: 30001 },
      { name: "b", port: 2, nodePort: 30002 },
    ],
  };
  const ports = [
    { name: "b", port: 2 },
    { name: "c", port: 3 },
  ];
  const kept = update(from, { type: "NodePort", ports });
  deepEqual([kept.clusterIP, kept.clusterIPs], ["10.0.0.1", ["10.0.0.1"]]);
  deepEqual(
    kept.ports?.map(({ nodePort }) => nodePort),
    [30002, undefined],
  );
  const narrowed = update(from, { ...from, type: "ClusterIP", externalTrafficPolicy: "Cluster" });
  deepEqual(
    narrowed.ports?.map(({ nodePort }) => nodePort),
    [undefined, undefined],
  );
  equal(narrowed.externalTrafficPolicy, undefined);
  const named = update(from, { ...from, type: "ExternalName", externalName: "a.b" });
  deepEqual([named.clusterIP, named.clusterIPs], [undefined, undefined]);
});

test("the status has addresses for load balancers only", () => {
  const problems = (type: string, ingress: object): readonly string[] => {
    const draft = draftFrom(Service, {
      ...service({ type }),
      status: { loadBalancer: { ingress: [ingress] } },
    });
    const errors = Service.status?.validate?.(draft, draft) ?? [];
    return Array.from(errors, ({ path, message }) => `${path}: ${message}`);
  };
  const at = "status.loadBalancer.ingress";
  deepEqual(problems("LoadBalancer", { ip: "1.2.3.4" }), []);
  deepEqual(problems("ClusterIP", { ip: "1.2.3.4" }), [
    `${at}: Forbidden: may only be used when \`spec.type\` is 'LoadBalancer'`,
  ]);
  deepEqual(problems("LoadBalancer", { hostname: "1.2.3.4", ipMode: "VIP" }), [
    `${at}[0].ipMode: Forbidden: may not be specified when \`ip\` is not set`,
    `${at}[0].hostname: Invalid value: "1.2.3.4": must be a DNS name, not an IP address`,
  ]);
});

test("services are shown by type, addresses and ports", () => {
  const shown = (spec: object, status: object = {}) => {
    const cells = cellsOf(Service, { ...service(spec) });
    const draft = draftFrom(Service, { ...service(spec), status });
    const external = Service.columns?.find(({ name }) => name === "External-IP")?.cell(draft, 0);
    return [cells["Type"], cells["Cluster-IP"], external, cells["Port(s)"]];
  };
  deepEqual(shown({ clusterIP: "10.0.0.1" }), ["ClusterIP", "10.0.0.1", "<none>", "80/TCP"]);
  deepEqual(shown({ clusterIP: "None", ports: [] }), ["ClusterIP", "None", "<none>", "<none>"]);
  deepEqual(shown({ type: "NodePort", ports: [{ port: 53, nodePort: 30053, protocol: "UDP" }] }), [
    "NodePort",
    "<none>",
    "<none>",
    "53:30053/UDP",
  ]);
  deepEqual(shown({ type: "LoadBalancer" }), ["LoadBalancer", "<none>", "<pending>", "80/TCP"]);
  const ingress = [{ ip: "5.6.7.8" }, { hostname: "lb.example.com" }, { ip: "1.2.3.4" }];
  deepEqual(
    shown({ type: "LoadBalancer", externalIPs: ["9.9.9.9"] }, { loadBalancer: { ingress } }),
    ["LoadBalancer", "<none>", "1.2.3.4,5.6.7.8,lb.example.com,9.9.9.9", "80/TCP"],
  );
  deepEqual(shown({ type: "ExternalName", externalName: "a.b", ports: [] }), [
    "ExternalName",
    "<none>",
    "a.b",
    "<none>",
  ]);
});

test("what a service needs follows from its type", () => {
  const needs = (spec: object) => {
    const object = objectFrom(Service, service(spec));
    return [isHeadless(object), needsNodePort(object), needsHealthCheck(object)];
  };
  deepEqual(needs({}), [false, false, false]);
  deepEqual(needs({ clusterIP: "None" }), [true, false, false]);
  deepEqual(needs({ type: "NodePort" }), [false, true, false]);
  const local = { type: "LoadBalancer", externalTrafficPolicy: "Local" };
  deepEqual(needs(local), [false, true, true]);
  deepEqual(needs({ ...local, allocateLoadBalancerNodePorts: false }), [false, false, true]);
});

test("fields without use are warned of", () => {
  const warnings = (spec: object): readonly string[] => [
    ...(Service.warnings?.(objectFrom(Service, service(spec))) ?? []),
  ];
  deepEqual(warnings({}), []);
  deepEqual(
    warnings({
      clusterIP: "fd00::0:1",
      clusterIPs: ["fd00::0:1"],
      externalIPs: ["1.2.3.4"],
      trafficDistribution: "PreferClose",
    }),
    [
      'spec.clusterIPs[0]: IPv6 address "fd00::0:1" should be in RFC 5952 canonical format ("fd00::1")',
      "spec.externalIPs is deprecated and may no longer be implemented in some clusters",
      'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"',
    ],
  );
  deepEqual(warnings({ externalName: "a.b" }), [
    'spec.externalName is ignored when spec.type is not "ExternalName"',
  ]);
  deepEqual(
    warnings({ clusterIP: "None", sessionAffinity: "ClientIP", loadBalancerIP: "1.2.3.4" }),
    [
      "spec.loadBalancerIP is ignored for headless services",
      "spec.SessionAffinity is ignored for headless services",
    ],
  );
});
