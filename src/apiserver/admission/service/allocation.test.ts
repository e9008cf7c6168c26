import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import { Service } from "#api/core/service.ts";
import { IPAddress } from "#api/networking/ipaddress.ts";
import { ServiceCIDR } from "#api/networking/servicecidr.ts";
import { seededRandom } from "#base/random.ts";
import type { Draft } from "#schema/struct.ts";
import { admit, claimsOf, objectOf, readerOf, type TestReader } from "../testing.ts";
import { serviceAllocation } from "./allocation.ts";

const setUp = (last = 32_767, cidrs: readonly string[] = ["10.96.0.0/12"]) => ({
  plugin: serviceAllocation({ random: seededRandom(7), nodePorts: { first: 30_000, last } }),
  reader: readerOf([ServiceCIDR, { metadata: { name: "kubernetes" }, spec: { cidrs } }]),
});
type World = ReturnType<typeof setUp>;

const service = (spec: object, name = "web") => ({
  metadata: { name, namespace: "default" },
  spec: { ports: [{ port: 80 }], selector: { app: "web" }, ...spec },
});

/** As the registry does it: the families, then what is allocated, then it is there. */
async function allocate(
  { plugin, reader }: World,
  spec: object,
  { old, name }: { old?: object; name?: string } = {},
): Promise<{ spec: Draft<Service>["spec"]; claims: readonly string[]; stored: object }> {
  const attempt = { reader, ...(old ? { old } : {}) };
  const draft = objectOf(Service, service(spec, name));
  if (old) Service.prepareForUpdate?.(draft, objectOf(Service, old) as Service);
  const { object } = await admit(plugin, [Service, draft], attempt);
  const claims = claimsOf(plugin, [Service, object], attempt);
  reader.put(Service, object);
  for (const ip of object.spec.clusterIPs ?? [])
    if (ip !== "None") reader.put(IPAddress, { metadata: { name: ip }, spec: {} });
  return { spec: object.spec, claims, stored: object };
}

test("a service gets an address above the static band, and says of what family it is", async () => {
  const { spec, claims } = await allocate(setUp(), {});
  const { clusterIP = "", clusterIPs, ipFamilies, ipFamilyPolicy } = spec;
  deepEqual(
    { clusterIPs, ipFamilies, ipFamilyPolicy },
    { clusterIPs: [clusterIP], ipFamilies: ["IPv4"], ipFamilyPolicy: "SingleStack" },
  );
  ok(/^10\.(9[6-9]|1[01]\d)\./.test(clusterIP) && !clusterIP.startsWith("10.96.0."), clusterIP);
  deepEqual(claims, [`+/registry/ipaddresses/${clusterIP}`]);
});

test("an address that is asked for is given, unless it is taken or outside", async () => {
  const world = setUp();
  const first = await allocate(world, { clusterIP: "10.96.0.10" });
  deepEqual(first.spec.clusterIPs, ["10.96.0.10"]);
  const refusals = [
    ["10.96.0.10", "provided IP is already allocated"],
    ...["1.1.1.1", "10.96.0.0", "10.111.255.255"].map((ip) => [
      ip,
      `the provided IP (${ip}) is not in the valid range. The range of valid IPs is 10.96.0.0/12`,
    ]),
  ] as const;
  for (const [clusterIP, why] of refusals) {
    const { object } = await admit(world.plugin, [Service, service({ clusterIP }, "db")], world);
    throws(() => claimsOf(world.plugin, [Service, object], world), {
      reason: "Invalid",
      message: `Service "db" is invalid: spec.clusterIPs: Invalid value: ["${clusterIP}"]: failed to allocate IP ${clusterIP}: ${why}`,
    });
  }
});

test("a range that is used up refuses, after the static band was used too", async () => {
  const world = setUp(32_767, ["10.0.0.0/29"]);
  for (let i = 0; i < 6; i++) await allocate(world, {}, { name: `s${i}` });
  const { object } = await admit(world.plugin, [Service, service({}, "last")], world);
  throws(() => claimsOf(world.plugin, [Service, object], world), {
    message: "Internal error occurred: failed to allocate a serviceIP: range is full",
  });
});

test("headless and external services get nothing", async () => {
  deepEqual((await allocate(setUp(), { clusterIP: "None" })).claims, []);
  const external = { type: "ExternalName", externalName: "example.com" };
  const { claims, spec } = await allocate(setUp(), external);
  deepEqual([claims, spec.ipFamilies], [[], undefined]);
});

test("a headless service without selector may have endpoints of both families", async () => {
  const { spec } = await allocate(setUp(), { clusterIP: "None", selector: {} });
  deepEqual([spec.ipFamilies, spec.ipFamilyPolicy], [["IPv4", "IPv6"], "RequireDualStack"]);
});

const families = [
  [{ ipFamilyPolicy: "PreferDualStack" }, ["IPv4"], undefined],
  [
    { ipFamilyPolicy: "RequireDualStack" },
    undefined,
    'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services',
  ],
  [
    { ipFamilies: ["IPv6"] },
    undefined,
    'spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster',
  ],
] as const;
for (const [spec, chosen, problem] of families) {
  test(`a cluster of one family makes of ${JSON.stringify(spec)}: ${problem ?? chosen?.join()}`, async () => {
    const made = allocate(setUp(), spec).then(
      (done) => done.spec.ipFamilies,
      (error: Error) => error.message,
    );
    if (problem) equal(await made, `Service "web" is invalid: ${problem}`);
    else deepEqual(await made, chosen);
  });
}

test("a cluster of two families gives an address of each to who wants that", async () => {
  const world = setUp(32_767, ["10.96.0.0/12", "fd00::/112"]);
  const { spec } = await allocate(world, { ipFamilyPolicy: "PreferDualStack" });
  deepEqual(spec.ipFamilies, ["IPv4", "IPv6"]);
  deepEqual(
    spec.clusterIPs?.map((ip) => ip.includes(":")),
    [false, true],
  );
});

const nodePorts = ({ ports = [] }: Draft<Service>["spec"]): readonly number[] =>
  ports.map(({ nodePort }) => nodePort ?? 0);

test("a node port service gets a port above the static band, TCP and UDP of a port the same", async () => {
  const ports = [
    { name: "tcp", port: 53, protocol: "TCP" },
    { name: "udp", port: 53, protocol: "UDP" },
    { name: "http", port: 80 },
  ];
  const { spec, claims } = await allocate(setUp(), { type: "NodePort", ports });
  const [tcp = 0, udp, http = 0] = nodePorts(spec);
  ok(tcp >= 30_086 && tcp <= 32_767 && http >= 30_086, `${tcp} ${http}`);
  deepEqual([udp, http === tcp], [tcp, false]);
  deepEqual(claims.slice(1), [
    `+/registry/ranges/servicenodeports/${tcp} default/web`,
    `+/registry/ranges/servicenodeports/${http} default/web`,
  ]);
});

test("a node port that is asked for is given, unless it is taken or outside", async () => {
  const world = setUp();
  const asking = (nodePort: number) => ({ type: "NodePort", ports: [{ port: 80, nodePort }] });
  deepEqual(nodePorts((await allocate(world, asking(30_080))).spec), [30_080]);
  for (const [port, why] of [
    [30_080, "provided port is already allocated"],
    [80, "provided port is not in the valid range. The range of valid ports is 30000-32767"],
  ] as const) {
    const { object } = await admit(world.plugin, [Service, service(asking(port), "db")], world);
    throws(() => claimsOf(world.plugin, [Service, object], world), {
      message: `Service "db" is invalid: spec.ports[0].nodePort: Invalid value: ${port}: ${why}`,
    });
  }
});

test("node ports run out only when the last one is given", async () => {
  const world = setUp(30_003);
  const seen: number[] = [];
  for (let i = 0; i < 4; i++)
    seen.push(...nodePorts((await allocate(world, { type: "NodePort" }, { name: `s${i}` })).spec));
  deepEqual(
    seen.toSorted((a, b) => a - b),
    [30_000, 30_001, 30_002, 30_003],
  );
  const { object } = await admit(
    world.plugin,
    [Service, service({ type: "NodePort" }, "x")],
    world,
  );
  throws(() => claimsOf(world.plugin, [Service, object], world), { message: /range is full/ });
});

test("a balancer for local traffic gets a port for health checks; one may do without node ports", async () => {
  const local = { type: "LoadBalancer", externalTrafficPolicy: "Local" };
  const { spec, claims } = await allocate(setUp(), local);
  ok((spec.healthCheckNodePort ?? 0) >= 30_086);
  equal(claims.length, 3);
  const without = { type: "LoadBalancer", allocateLoadBalancerNodePorts: false };
  deepEqual(nodePorts((await allocate(setUp(), without)).spec), [0]);
});

/** A node port service, and what a change of it claims and gives up. */
async function change(world: World, spec: object, changed: object): Promise<readonly string[]> {
  const { stored } = await allocate(world, spec);
  const { claims } = await allocate(world, changed, { old: stored });
  return claims.map((line) => line.replace(/(ipaddresses\/)[\d.]+/, "$1<ip>").split(" ")[0] ?? "");
}
const fixed = { type: "NodePort", clusterIP: "10.96.0.9", ports: [{ port: 80, nodePort: 30_001 }] };
const changes = [
  ["nothing, when everything allocated is left out", { type: "NodePort" }, []],
  [
    "the port, when it is no node port service any more",
    {},
    ["-/registry/ranges/servicenodeports/30001"],
  ],
  [
    "everything, when it becomes a mere name",
    { type: "ExternalName", externalName: "x.org", ports: [] },
    ["-/registry/ipaddresses/<ip>", "-/registry/ranges/servicenodeports/30001"],
  ],
  [
    "the old port, when it asks for another",
    { type: "NodePort", ports: [{ port: 80, nodePort: 30_002 }] },
    ["+/registry/ranges/servicenodeports/30002", "-/registry/ranges/servicenodeports/30001"],
  ],
] as const;
for (const [what, changed, claims] of changes) {
  test(`a changed service gives up ${what}`, async () => {
    deepEqual(await change(setUp(), fixed, changed), claims);
  });
}

test("what was a mere name gets an address when it becomes a service", async () => {
  const external = { type: "ExternalName", externalName: "x.org" };
  deepEqual(await change(setUp(), external, {}), ["+/registry/ipaddresses/<ip>"]);
});

test("a deleted service gives up all it had", async () => {
  const world = setUp();
  const { stored } = await allocate(world, fixed);
  deepEqual(
    claimsOf(world.plugin, [Service, objectOf(Service, stored)], { ...world, operation: "DELETE" }),
    ["-/registry/ipaddresses/10.96.0.9", "-/registry/ranges/servicenodeports/30001"],
  );
});

test("a range that is being retired gives no more addresses", async () => {
  const world = setUp();
  const retire = (reader: TestReader) =>
    reader.put(ServiceCIDR, {
      metadata: { name: "kubernetes" },
      spec: { cidrs: ["10.96.0.0/12"] },
      status: { conditions: [{ type: "Ready", status: "False" }] },
    });
  retire(world.reader);
  const { object } = await admit(world.plugin, [Service, service({})], world);
  throws(() => claimsOf(world.plugin, [Service, object], world), { message: /range is full/ });
});
