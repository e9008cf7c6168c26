import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { Node } from "#api/core/node.ts";
import { Pod } from "#api/core/pod.ts";
import { Service } from "#api/core/service.ts";
import { EndpointSlice } from "#api/discovery/endpointslice.ts";
import { ApiError } from "#api/errors.ts";
import type { ApiObject } from "#api/kind.ts";
import { endpointsliceController } from "./endpointslice.ts";
import type { Effect } from "./runtime/effects.ts";
import { all, made, one, told, viewOf } from "./runtime/testing.ts";

const web = (spec: object = {}, metadata: object = {}): Service =>
  made(Service, {
    metadata: { name: "web", labels: { team: "a" }, ...metadata },
    spec: {
      selector: { app: "web" },
      clusterIP: "10.96.0.7",
      ipFamilies: ["IPv4"],
      ports: [{ name: "http", port: 80, targetPort: 8080, protocol: "TCP" }],
      ...spec,
    },
  });

const node = made(Node, {
  metadata: { name: "n1", labels: { "topology.kubernetes.io/zone": "z1" } },
});

interface Facts {
  readonly ip?: string;
  readonly isReady?: boolean;
  readonly isGoing?: boolean;
  readonly nodeName?: string;
  readonly spec?: object;
}

const pod = (name: string, facts: Facts = {}): Pod =>
  made(Pod, {
    metadata: {
      name,
      labels: { app: "web" },
      ...(facts.isGoing ? { deletionTimestamp: "2030-01-01T00:00:00Z" } : {}),
    },
    spec: {
      nodeName: facts.nodeName ?? "n1",
      containers: [{ name: "c", image: "i" }],
      ...facts.spec,
    },
    status: {
      phase: "Running",
      podIPs: [{ ip: facts.ip ?? "10.244.0.1" }],
      conditions: [{ type: "Ready", status: facts.isReady === false ? "False" : "True" }],
    },
  });

const pods = (count: number, from = 0): Pod[] =>
  Array.from({ length: count }, (_, i) =>
    pod(`p${from + i}`, { ip: `10.244.${(from + i) >> 8}.${(from + i) & 255}` }),
  );

const reconcile = (service: Service, objects: readonly ApiObject[]): readonly Effect[] =>
  endpointsliceController
    .reconcile(service, viewOf([node, ...objects]))
    .filter((effect) => effect.do !== "measure");

const wanted = (service: Service, objects: readonly ApiObject[]): EndpointSlice[] =>
  all(reconcile(service, objects), "create").map(({ object }) => object as EndpointSlice);

/** The slices as they would stand in the cluster after these effects. */
const applied = (effects: readonly Effect[]): EndpointSlice[] =>
  [...all(effects, "create"), ...all(effects, "update")].map(({ object }, i) =>
    made(EndpointSlice, {
      ...object,
      metadata: { name: `web-${i}`, ...(object as EndpointSlice).metadata },
    }),
  );

test("a slice says of each pod where it is and how it does", () => {
  const [slice] = wanted(web(), [pod("a")]);
  deepEqual(slice, {
    metadata: {
      generateName: "web-",
      namespace: "default",
      labels: {
        team: "a",
        "kubernetes.io/service-name": "web",
        "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
      },
      ownerReferences: [
        {
          apiVersion: "v1",
          kind: "Service",
          name: "web",
          uid: "uid-of-web",
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    addressType: "IPv4",
    ports: [{ name: "http", protocol: "TCP", port: 8080 }],
    endpoints: [
      {
        addresses: ["10.244.0.1"],
        conditions: { ready: true, serving: true, terminating: false },
        targetRef: { kind: "Pod", namespace: "default", name: "a", uid: "uid-of-a" },
        nodeName: "n1",
        zone: "z1",
      },
    ],
  });
});

for (const [why, facts, conditions, spec] of [
  ["that is not ready", { isReady: false }, [false, false, false], {}],
  ["that is leaving and still serves", { isGoing: true }, [false, true, true], {}],
  [
    "that is not ready, of a service that does not care",
    { isReady: false },
    [true, false, false],
    { publishNotReadyAddresses: true },
  ],
] as const) {
  test(`a pod ${why}`, () => {
    const [slice] = wanted(web(spec), [pod("a", facts)]);
    const { ready, serving, terminating } = slice?.endpoints[0]?.conditions ?? {};
    deepEqual([ready, serving, terminating], conditions);
  });
}

test("pods of nodes that are gone are left out, and that is told, unless nobody minds", () => {
  const lost = [pod("a", { nodeName: "lost" }), pod("b", { ip: "10.244.0.2", nodeName: "lost" })];
  const lines = told(reconcile(web(), lost));
  deepEqual(lines, [
    "create EndpointSlice web-*",
    "event Warning FailedToUpdateEndpointSlices: Error updating Endpoint Slices for Service default/web: [skipping Pod a for Service default/web: Node lost Not Found, skipping Pod b for Service default/web: Node lost Not Found]",
  ]);
  deepEqual(wanted(web(), lost)[0]?.endpoints, []);
  const careless = web({ publishNotReadyAddresses: true });
  deepEqual(told(reconcile(careless, lost)), ["create EndpointSlice web-*"]);
  equal(wanted(careless, lost)[0]?.endpoints.length, 2);
});

for (const [why, code, lines] of [
  [
    "that is refused is told on the service, and tried again",
    undefined,
    [
      "create EndpointSlice web-*",
      "event Warning FailedToUpdateEndpointSlices: Error updating Endpoint Slices for Service default/web: failed to create EndpointSlice for Service default/web: no",
      "fail ApiError: no",
    ],
  ],
  [
    "in a namespace that goes away is not missed",
    "NamespaceTerminating",
    ["create EndpointSlice web-*"],
  ],
] as const) {
  test(`a slice ${why}`, () => {
    const causes = code ? [{ reason: code, message: "m" }] : [];
    const cause = new ApiError("Forbidden", "no", { details: { causes } });
    deepEqual(
      told(reconcile(web(), [pod("a")]), () => ({ ok: false, cause })),
      lines,
    );
  });
}

test("a slice that cannot be changed or deleted is named", () => {
  const [slice] = applied(reconcile(web(), [pod("a")]));
  ok(slice);
  const cause = new ApiError("Forbidden", "no");
  const refused = (objects: readonly ApiObject[]) =>
    told(reconcile(web(), objects), () => ({ ok: false, cause }))[1];
  const what =
    "event Warning FailedToUpdateEndpointSlices: Error updating Endpoint Slices for Service default/web: failed to";
  equal(refused([slice]), `${what} update web-0 EndpointSlice for Service default/web: no`);
  const stray = made(EndpointSlice, {
    ...slice,
    metadata: { ...slice.metadata, ownerReferences: [] },
  });
  const lines = told(reconcile(web(), [stray]), () => ({ ok: false, cause }));
  ok(
    lines.includes(`${what} delete web-0 EndpointSlice for Service default/web: no`),
    lines.join(),
  );
});

const triggerAnnotation = "endpoints.kubernetes.io/last-change-trigger-time";

test("a slice says when the change came about that it follows", () => {
  const since = (of: Pod, lastTransitionTime: string): Pod => {
    const [ready] = of.status.conditions ?? [];
    return made(Pod, {
      ...of,
      status: { ...of.status, conditions: [{ ...ready, lastTransitionTime }] },
    });
  };
  const service = web({}, { creationTimestamp: "2030-01-01T00:00:00Z" });
  const triggerOf = (effects: readonly Effect[]): string | undefined =>
    applied(effects)[0]?.metadata.annotations?.[triggerAnnotation];
  const a = since(pod("a"), "2030-01-01T00:01:00Z");
  const first = reconcile(service, [a]);
  equal(triggerOf(first), "2030-01-01T00:00:00Z", "of a new service");
  const [slice] = applied(first);
  ok(slice);
  const b = since(pod("b", { ip: "10.244.0.2" }), "2030-01-01T00:07:00Z");
  const unready = since(pod("a", { isReady: false }), "2030-01-01T00:05:00Z");
  equal(triggerOf(reconcile(service, [slice, a, b])), "2030-01-01T00:07:00Z", "of a new pod");
  equal(triggerOf(reconcile(service, [slice, unready, b])), "2030-01-01T00:05:00Z", "of the first");
  equal(triggerOf(reconcile(service, [slice])), undefined, "of a pod that went, nobody knows");
});

test("a service without endpoints has one empty slice", () => {
  const [slice, ...others] = wanted(web(), []);
  equal(others.length, 0);
  deepEqual([slice?.endpoints, slice?.ports], [[], []]);
});

test("the empty slice becomes the first one", () => {
  const empty = applied(reconcile(web(), []));
  deepEqual(told(reconcile(web(), [...empty, pod("a")])), ["update EndpointSlice web-0"]);
});

test("slices hold a hundred endpoints each", () => {
  deepEqual(
    wanted(web(), pods(230)).map(({ endpoints }) => endpoints.length),
    [100, 100, 30],
  );
});

test("a settled service writes nothing", () => {
  const slices = applied(reconcile(web(), pods(230)));
  deepEqual(told(reconcile(web(), [...slices, ...pods(230)])), []);
});

test("a pod that goes changes its slice only", () => {
  const slices = applied(reconcile(web(), pods(230)));
  const lines = told(reconcile(web(), [...slices, ...pods(230).slice(1)]));
  deepEqual(lines, ["update EndpointSlice web-0"]);
});

test("a pod that comes goes where there is room", () => {
  const slices = applied(reconcile(web(), pods(230)));
  deepEqual(told(reconcile(web(), [...slices, ...pods(231)])), ["update EndpointSlice web-2"]);
});

test("slices that become empty go", () => {
  const slices = applied(reconcile(web(), pods(230)));
  const lines = told(reconcile(web(), [...slices, ...pods(130, 100)]));
  deepEqual(lines, ["delete EndpointSlice web-0"]);
});

test("another target port moves the endpoints within their slice", () => {
  const slices = applied(reconcile(web(), pods(3)));
  const moved = web({ ports: [{ name: "http", port: 80, targetPort: 9090, protocol: "TCP" }] });
  const effects = reconcile(moved, [...slices, ...pods(3)]);
  deepEqual(told(effects), ["update EndpointSlice web-0"]);
  equal((one(effects, "update").object as EndpointSlice).ports[0]?.port, 9090);
});

test("both families have their slices; one that is dropped loses them", () => {
  const dual = web({ ipFamilies: ["IPv4", "IPv6"] });
  const both = made(Pod, {
    ...pod("a"),
    status: { ...pod("a").status, podIPs: [{ ip: "10.244.0.1" }, { ip: "fd00::1" }] },
  });
  const slices = applied(reconcile(dual, [both]));
  deepEqual(
    slices.map(({ addressType, endpoints }) => [addressType, endpoints[0]?.addresses[0]]),
    [
      ["IPv4", "10.244.0.1"],
      ["IPv6", "fd00::1"],
    ],
  );
  deepEqual(told(reconcile(web(), [...slices, both])), ["delete EndpointSlice web-1"]);
});

test("a headless service has the label, and its named pods their names", () => {
  const service = web({ clusterIP: "None" });
  const [slice] = wanted(service, [pod("a", { spec: { hostname: "first", subdomain: "web" } })]);
  equal(slice?.metadata.labels?.["service.kubernetes.io/headless"], "");
  equal(slice?.endpoints[0]?.hostname, "first");
});

test("changed labels of the service reach its slices", () => {
  const slices = applied(reconcile(web(), [pod("a")]));
  const relabelled = web({}, { labels: { team: "b" } });
  const update = one(reconcile(relabelled, [...slices, pod("a")]), "update");
  equal(update.object.metadata.labels?.["team"], "b");
});

test("slices of an earlier service of that name are deleted, not taken over", () => {
  const [stray] = applied(reconcile(web({}, { uid: "earlier" }), [pod("a")]));
  const lines = told(reconcile(web(), [stray as EndpointSlice, pod("a")]));
  deepEqual(lines, ["create EndpointSlice web-*", "delete EndpointSlice web-0"]);
});

test("slices made by hand are left alone", () => {
  const mirrored = made(EndpointSlice, {
    metadata: { name: "mine", labels: { "kubernetes.io/service-name": "web" } },
    addressType: "IPv4",
    endpoints: [],
    ports: [],
  });
  deepEqual(told(reconcile(web(), [mirrored])), ["create EndpointSlice web-*"]);
});

for (const [distribution, hints] of [
  ["PreferSameZone", { forZones: [{ name: "z1" }] }],
  ["PreferClose", { forZones: [{ name: "z1" }] }],
  ["PreferSameNode", { forZones: [{ name: "z1" }], forNodes: [{ name: "n1" }] }],
] as const) {
  test(`${distribution} tells proxies what is near`, () => {
    const service = web({ trafficDistribution: distribution });
    deepEqual(wanted(service, [pod("a")])[0]?.endpoints[0]?.hints, hints);
  });
}

const auto = web({}, { annotations: { "service.kubernetes.io/topology-mode": "Auto" } });

const zoned = (name: string, zone: string, cpu: string): Node =>
  made(Node, {
    metadata: { name, labels: { "topology.kubernetes.io/zone": zone } },
    status: { allocatable: { cpu }, conditions: [{ type: "Ready", status: "True" }] },
  });

const spread = (...nodeNames: readonly string[]): Pod[] =>
  nodeNames.map((nodeName, i) => pod(`p${i}`, { nodeName, ip: `10.244.0.${i}` }));

const zonesOf = (slices: readonly EndpointSlice[]): readonly (string | undefined)[] =>
  slices.flatMap(({ endpoints }) => endpoints.map(({ hints }) => hints?.forZones?.[0]?.name));

const inZones = (first: string, second: string): Node[] => [
  zoned("n1", "z1", first),
  zoned("n2", "z2", second),
];

test("topology-mode Auto shares endpoints out over the zones by their CPUs", () => {
  const even = [...inZones("4", "4"), ...spread("n1", "n1", "n2", "n2")];
  const effects = reconcile(auto, even);
  deepEqual(zonesOf(all(effects, "create").map(({ object }) => object as EndpointSlice)), [
    "z1",
    "z1",
    "z2",
    "z2",
  ]);
  const messages = all(effects, "event").map(({ event }) => `${event.reason}: ${event.message}`);
  deepEqual(messages, [
    "TopologyAwareHintsEnabled: Topology Aware Hints has been enabled, addressType: IPv4",
  ]);
  deepEqual(reconcile(auto, [...even, ...applied(effects)]), []);
  const lopsided = [...inZones("4", "4"), ...spread("n1", "n1", "n1", "n2")];
  deepEqual(zonesOf(wanted(auto, lopsided)), ["z2", "z1", "z1", "z2"]);
  const unequal = [...inZones("6", "2"), ...spread("n1", "n1", "n2", "n2")];
  deepEqual(zonesOf(wanted(auto, unequal)), ["z1", "z1", "z1", "z2"]);
});

const refusals: Readonly<Record<string, readonly ApiObject[]>> = {
  "Insufficient Node information: allocatable CPU or zone not specified on one or more nodes": [
    zoned("n1", "z1", "4"),
    zoned("n2", "", "4"),
    ...spread("n1", "n2"),
  ],
  "Insufficient number of endpoints (1 endpoints, 2 zones)": [
    ...inZones("4", "4"),
    ...spread("n1"),
  ],
  "Unable to allocate minimum required endpoints to each zone without exceeding overload threshold (3 endpoints, 2 zones)":
    [...inZones("4", "4"), ...spread("n1", "n2", "n2")],
};

for (const [why, objects] of Object.entries(refusals)) {
  test(`topology-mode Auto gives no hints: ${why}`, () => {
    const effects = reconcile(auto, objects);
    const slices = all(effects, "create").map(({ object }) => object as EndpointSlice);
    deepEqual(new Set(zonesOf(slices)), new Set([undefined]));
    const messages = all(effects, "event").map(({ event }) => event.message);
    deepEqual(messages, [`${why}, addressType: IPv4`]);
  });
}

test("a node's readiness concerns the services that share endpoints out over zones", () => {
  const wakes = endpointsliceController.watches?.[2]?.wakes;
  const ready = zoned("n1", "z1", "4");
  const gone = made(Node, {
    ...ready,
    status: { conditions: [{ type: "Ready", status: "False" }] },
  });
  const view = viewOf([auto, gone]);
  deepEqual([...(wakes?.(gone, ready, view) ?? [])], ["default/web"]);
  deepEqual([...(wakes?.(gone, gone, view) ?? [])], []);
});

test("a pod's change concerns services by what it was and what it is", () => {
  const wakes = endpointsliceController.watches?.[0]?.wakes;
  const other = made(Pod, { ...pod("a"), metadata: { ...pod("a").metadata, labels: {} } });
  const view = viewOf([web(), other]);
  deepEqual([...(wakes?.(other, pod("a"), view) ?? [])], ["default/web"]);
  deepEqual([...(wakes?.(other, other, view) ?? [])], []);
  const still = viewOf([web(), pod("a")]);
  deepEqual([...(wakes?.(pod("a"), pod("a"), still) ?? [])], []);
  deepEqual([...(wakes?.(pod("a"), pod("a"), viewOf([web()])) ?? [])], ["default/web"]);
});
