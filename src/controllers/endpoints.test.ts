import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { Endpoints } from "#api/core/endpoints.ts";
import { Pod } from "#api/core/pod.ts";
import { Service } from "#api/core/service.ts";
import { ApiError } from "#api/errors.ts";
import type { ApiObject } from "#api/kind.ts";
import { endpointsController } from "./endpoints.ts";
import { made, one, told, viewOf } from "./runtime/testing.ts";
import { capped, repacked } from "./services/subsets.ts";

const web = (spec: object = {}): Service =>
  made(Service, {
    metadata: { name: "web", labels: { team: "a" } },
    spec: {
      selector: { app: "web" },
      clusterIP: "10.96.0.7",
      clusterIPs: ["10.96.0.7"],
      ipFamilies: ["IPv4"],
      ports: [{ name: "http", port: 80, targetPort: "http", protocol: "TCP" }],
      ...spec,
    },
  });

interface Facts {
  readonly ip?: string;
  readonly isReady?: boolean;
  readonly isGoing?: boolean;
  readonly phase?: string;
  readonly port?: number;
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
      nodeName: "n1",
      containers: [
        {
          name: "c",
          image: "i",
          ports: [{ name: "http", containerPort: facts.port ?? 8080, protocol: "TCP" }],
        },
      ],
      ...facts.spec,
    },
    status: {
      phase: facts.phase ?? "Running",
      podIPs: [{ ip: facts.ip ?? "10.244.0.1" }],
      conditions: [{ type: "Ready", status: facts.isReady === false ? "False" : "True" }],
    },
  });

const wanted = (service: Service, objects: readonly ApiObject[]): Endpoints =>
  one(endpointsController.reconcile(service, viewOf(objects)), "create").object as Endpoints;

test("ready and unready pods stand apart, ports by name", () => {
  const { metadata, subsets } = wanted(web(), [
    pod("a", { ip: "10.244.0.2" }),
    pod("b", { ip: "10.244.0.1", isReady: false }),
  ]);
  deepEqual(metadata, {
    name: "web",
    namespace: "default",
    labels: { team: "a", "endpoints.kubernetes.io/managed-by": "endpoint-controller" },
    annotations: undefined,
  });
  deepEqual(JSON.parse(JSON.stringify(subsets)), [
    {
      addresses: [
        {
          ip: "10.244.0.2",
          nodeName: "n1",
          targetRef: { kind: "Pod", namespace: "default", name: "a", uid: "uid-of-a" },
        },
      ],
      notReadyAddresses: [
        {
          ip: "10.244.0.1",
          nodeName: "n1",
          targetRef: { kind: "Pod", namespace: "default", name: "b", uid: "uid-of-b" },
        },
      ],
      ports: [{ name: "http", port: 8080, protocol: "TCP" }],
    },
  ]);
});

test("pods with other port numbers stand in a subset of their own", () => {
  const { subsets } = wanted(web(), [pod("a"), pod("b", { ip: "10.244.0.2", port: 9090 })]);
  deepEqual(
    subsets?.map(({ ports }) => ports?.[0]?.port),
    [8080, 9090],
  );
});

for (const [why, facts] of [
  ["on its way out", { isGoing: true }],
  ["finished", { phase: "Succeeded" }],
  ["without an address", { ip: "" }],
  ["of the other family", { ip: "fd00::1" }],
] as const) {
  test(`a pod ${why} is no endpoint`, () => {
    deepEqual(wanted(web(), [pod("a", facts)]).subsets, []);
  });
}

test("unready pods count as ready where the service says so", () => {
  const service = web({ publishNotReadyAddresses: true });
  equal(wanted(service, [pod("a", { isReady: false })]).subsets?.[0]?.addresses?.length, 1);
});

test("a headless service says so, names its pods, and may do without ports", () => {
  const service = web({ clusterIP: "None", clusterIPs: ["None"], ports: [] });
  const named = pod("a", { spec: { hostname: "first", subdomain: "web" } });
  const { metadata, subsets } = wanted(service, [named]);
  equal(metadata.labels?.["service.kubernetes.io/headless"], "");
  equal(subsets?.[0]?.addresses?.[0]?.hostname, "first");
  equal(subsets?.[0]?.ports, undefined);
});

test("nothing is written when nothing changed", () => {
  const pods = [pod("a"), pod("b", { ip: "10.244.0.9" })];
  const current = made(Endpoints, wanted(web(), pods));
  deepEqual(endpointsController.reconcile(web(), viewOf([...pods, current])), []);
});

test("Endpoints say when the change came about that they follow, and nothing is written for that alone", () => {
  const trigger = "endpoints.kubernetes.io/last-change-trigger-time";
  const since = (name: string, ip: string, lastTransitionTime: string): Pod => {
    const { status, ...rest } = pod(name, { ip });
    const conditions = [{ type: "Ready", status: "True", lastTransitionTime }];
    return made(Pod, { ...rest, status: { ...status, conditions } });
  };
  const { metadata, ...rest } = web();
  const creationTimestamp = "2030-01-01T00:00:00Z";
  const service = made(Service, { ...rest, metadata: { ...metadata, creationTimestamp } });
  const a = since("a", "10.244.0.1", "2030-01-01T00:01:00Z");
  const current = made(Endpoints, wanted(service, [a]));
  equal(current.metadata.annotations?.[trigger], "2030-01-01T00:00:00Z");
  deepEqual(endpointsController.reconcile(service, viewOf([a, current])), []);
  const b = since("b", "10.244.0.2", "2030-01-01T00:07:00Z");
  const more = one(endpointsController.reconcile(service, viewOf([a, b, current])), "update");
  equal(more.object.metadata.annotations?.[trigger], "2030-01-01T00:07:00Z");
  const less = one(endpointsController.reconcile(service, viewOf([current])), "update");
  equal(less.object.metadata.annotations?.[trigger], undefined);
});

test("annotations of others stay, labels of others go", () => {
  const current = made(Endpoints, {
    metadata: { name: "web", labels: { stray: "x" }, annotations: { mine: "y" } },
  });
  const update = one(endpointsController.reconcile(web(), viewOf([current])), "update");
  deepEqual(update.object.metadata.annotations, { mine: "y" });
  equal(update.object.metadata.labels?.["stray"], undefined);
  equal(update.object.metadata.resourceVersion, "1");
});

test("a failure is told on the endpoints", () => {
  const answer = { ok: false, cause: new ApiError("Conflict", "was changed") } as const;
  const effects = endpointsController.reconcile(web(), viewOf([]));
  deepEqual(
    told(effects, () => answer),
    [
      "create Endpoints web",
      "event Warning FailedToCreateEndpoint: Failed to create endpoint for service default/web: was changed",
      "fail ApiError: was changed",
    ],
  );
  const { about } = one(effects, "event", () => answer);
  deepEqual([about.kind, about.metadata.name], ["Endpoints", "web"]);
  const stale = made(Endpoints, { metadata: { name: "web" } });
  deepEqual(
    told(endpointsController.reconcile(web(), viewOf([stale])), () => answer)[1],
    "event Warning FailedToUpdateEndpoint: Failed to update endpoint default/web: was changed",
  );
});

test("in a namespace that is going away nobody misses endpoints", () => {
  const details = { causes: [{ reason: "NamespaceTerminating", message: "m" }] };
  const cause = new ApiError("Forbidden", "no", { details });
  const lines = told(endpointsController.reconcile(web(), viewOf([])), () => ({
    ok: false,
    cause,
  }));
  deepEqual(lines, ["create Endpoints web"]);
});

test("services without a selector and names of outside hosts are left alone", () => {
  deepEqual(endpointsController.reconcile(web({ selector: {} }), viewOf([pod("a")])), []);
  deepEqual(endpointsController.reconcile(web({ type: "ExternalName" }), viewOf([pod("a")])), []);
});

test("when the service is gone, so are the endpoints that were made for it", () => {
  const ours = made(Endpoints, {
    metadata: {
      name: "web",
      labels: { "endpoints.kubernetes.io/managed-by": "endpoint-controller" },
    },
  });
  const theirs = made(Endpoints, { metadata: { name: "web" } });
  const gone = (left: Endpoints): string[] =>
    told(endpointsController.gone?.("default/web", viewOf([left]), undefined) ?? []);
  deepEqual(gone(ours), ["delete Endpoints web"]);
  deepEqual(gone(theirs), []);
});

test("subsets do not depend on the order in which pods came", () => {
  const subset = (ip: string, port: number) => ({
    addresses: [{ ip }],
    ports: [{ port, protocol: "TCP" as const }],
  });
  const parts = [subset("2", 80), subset("1", 80), subset("1", 443), subset("2", 443)];
  const packed = repacked(parts);
  deepEqual(packed, repacked(parts.toReversed()));
  equal(packed.length, 1);
  deepEqual(
    packed[0]?.addresses?.map(({ ip }) => ip),
    ["1", "2"],
  );
});

test("more than a thousand addresses are cut, ready ones last", () => {
  const addresses = (count: number) => Array.from({ length: count }, (_, i) => ({ ip: `${i}` }));
  const { subsets, isCapped } = capped([
    { addresses: addresses(700), notReadyAddresses: addresses(400) },
    { addresses: addresses(200), notReadyAddresses: addresses(400) },
  ]);
  equal(isCapped, true);
  deepEqual(
    subsets.map((s) => [s.addresses?.length, s.notReadyAddresses?.length]),
    [
      [700, 50],
      [200, 50],
    ],
  );
  const ready = capped([{ addresses: addresses(900) }, { addresses: addresses(300) }]);
  deepEqual(
    ready.subsets.map((s) => s.addresses?.length),
    [750, 250],
  );
});
