import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { ConfigMap } from "#api/core/configmap.ts";
import { PersistentVolumeClaim } from "#api/core/persistentvolumeclaim.ts";
import { Pod } from "#api/core/pod.ts";
import { ResourceQuota } from "#api/core/resourcequota.ts";
import { Service } from "#api/core/service.ts";
import type { AnyKind } from "#api/kind.ts";
import type { AdmissionRequest, Claim, ClaimedObject } from "../admission.ts";
import { objectOf, readerOf, requestOf, type TestReader } from "../testing.ts";
import { resourceQuota, resourceQuotaOfChanges, resourceQuotaStatus } from "./resource-quota.ts";

const container = (requests: object, limits: object = {}, name = "c") => ({
  name,
  image: "i",
  resources: { requests, limits },
});
const pod = (spec: object, status: object = {}, name = "p") => ({
  metadata: { name, namespace: "blue" },
  spec: { containers: [container({ cpu: "1" })], ...spec },
  status,
});

/** A namespace with a quota that is counted, and what is in it already. */
function setUp(hard: object, more: object = {}, ...there: readonly (readonly [AnyKind, object])[]) {
  const reader = readerOf(...there);
  const quota = objectOf(ResourceQuota, {
    metadata: { name: "q", namespace: "blue" },
    spec: { hard, ...more },
  });
  const request = ask(reader, [ResourceQuota, { metadata: quota.metadata }]);
  resourceQuotaStatus.claim?.(quota, request as AdmissionRequest<ResourceQuota>);
  reader.put(ResourceQuota, quota);
  return reader;
}

interface Attempted {
  readonly operation?: "CREATE" | "UPDATE" | "DELETE";
  readonly old?: object;
}

const ask = (
  reader: TestReader,
  [kind, object]: readonly [AnyKind, object],
  attempted: Attempted = {},
): AdmissionRequest =>
  requestOf(kind, objectOf(kind, object), { warnings: [], reader, ...attempted });

type Used = Readonly<Record<string, string>> | undefined;

interface Write {
  readonly now?: object;
  readonly old?: object;
}

/** What is used after the write, which is then in the reader; undefined: the quota is not touched. */
function write(reader: TestReader, kind: AnyKind, { now, old }: Write): Used {
  const operation = !now ? "DELETE" : old ? "UPDATE" : "CREATE";
  const object = now ?? old ?? {};
  const request = ask(reader, [kind, object], { operation, ...(old ? { old } : {}) });
  const plugin = operation === "UPDATE" ? resourceQuotaOfChanges : resourceQuota;
  const claims = plugin.claim?.(objectOf(kind, object) as never, request) ?? [];
  return claims.map((claim) => settle(reader, claim))[0];
}

function settle(reader: TestReader, { key, revision, value }: Claim): Used {
  const quota = (value as ClaimedObject).object as unknown as ResourceQuota;
  const before = reader.get(ResourceQuota, "blue", "q");
  deepEqual([key, revision], ["/registry/resourcequotas/blue/q", before?.revision]);
  reader.put(ResourceQuota, quota);
  return quota.status.used;
}

test("a new quota counts what is there, at once", () => {
  const reader = setUp(
    { pods: "5", "requests.cpu": "4", configmaps: "10", "count/secrets": "3", resourcequotas: "1" },
    {},
    [Pod, pod({})],
    [Pod, pod({}, { phase: "Succeeded" }, "done")],
    [ConfigMap, { metadata: { name: "a", namespace: "blue" } }],
    [ConfigMap, { metadata: { name: "b", namespace: "red" } }],
  );
  deepEqual(reader.get(ResourceQuota, "blue", "q")?.object.status, {
    hard: {
      pods: "5",
      "requests.cpu": "4",
      configmaps: "10",
      "count/secrets": "3",
      resourcequotas: "1",
    },
    used: {
      pods: "1",
      "requests.cpu": "1",
      configmaps: "1",
      "count/secrets": "0",
      resourcequotas: "1",
    },
  });
});

test("what is created is charged, on the condition that the quota has not changed", () => {
  const reader = setUp({ pods: "3", cpu: "2500m", "limits.memory": "1Gi" });
  const limited = { containers: [container({ cpu: "500m" }, { memory: "512Mi" })] };
  deepEqual(write(reader, Pod, { now: pod(limited) }), {
    pods: "1",
    cpu: "500m",
    "limits.memory": "512Mi",
  });
});

test("what is too much is refused, with what is wanted, used and left", () => {
  const reader = setUp({ pods: "5", cpu: "1500m" });
  write(reader, Pod, { now: pod({}) });
  throws(() => write(reader, Pod, { now: pod({}, {}, "second") }), {
    code: 403,
    message:
      'pods "second" is forbidden: exceeded quota: q, requested: cpu=1, used: cpu=1, limited: cpu=1500m',
  });
});

test("containers must say what a quota measures", () => {
  const reader = setUp({ "limits.cpu": "4", "requests.memory": "1Gi", pods: "5" });
  const containers = [container({ memory: "1Mi" }, {}, "b"), container({}, { cpu: "1" }, "a")];
  throws(() => write(reader, Pod, { now: pod({ containers }) }), {
    message:
      'pods "p" is forbidden: failed quota: q: must specify limits.cpu for: b; requests.memory for: a',
  });
});

test("a pod that has finished is charged no more, nor one that is deleted", () => {
  const reader = setUp({ pods: "5", cpu: "4", "count/pods": "5" });
  write(reader, Pod, { now: pod({}) });
  const done = pod({}, { phase: "Failed" });
  deepEqual(write(reader, Pod, { old: pod({}), now: done }), {
    pods: "0",
    cpu: "0",
    "count/pods": "1",
  });
  deepEqual(write(reader, Pod, { old: done }), { pods: "0", cpu: "0", "count/pods": "0" });
});

test("a change that uses no more and no less leaves the quota alone", () => {
  const reader = setUp({ pods: "5" });
  write(reader, Pod, { now: pod({}) });
  equal(write(reader, Pod, { old: pod({}), now: pod({}, { phase: "Running" }) }), undefined);
  equal(
    write(reader, ConfigMap, { now: { metadata: { name: "x", namespace: "blue" } } }),
    undefined,
  );
});

test("services are counted by type, with their node ports", () => {
  const reader = setUp({ services: "9", "services.nodeports": "3", "services.loadbalancers": "1" });
  const service = (spec: object) => ({ metadata: { name: "s", namespace: "blue" }, spec });
  const ports = [{ port: 80 }, { port: 81 }];
  const balancer = service({ type: "LoadBalancer", ports });
  deepEqual(write(reader, Service, { now: balancer }), {
    services: "1",
    "services.nodeports": "2",
    "services.loadbalancers": "1",
  });
  deepEqual(write(reader, Service, { old: balancer, now: service({ type: "ClusterIP", ports }) }), {
    services: "1",
    "services.nodeports": "0",
    "services.loadbalancers": "0",
  });
});

test("claims are counted by storage, also per class", () => {
  const reader = setUp({
    "requests.storage": "10Gi",
    "fast.storageclass.storage.k8s.io/requests.storage": "2Gi",
    persistentvolumeclaims: "2",
  });
  const claim = (storageClassName: string, storage: string) => ({
    metadata: { name: "c", namespace: "blue" },
    spec: { storageClassName, resources: { requests: { storage } } },
  });
  deepEqual(write(reader, PersistentVolumeClaim, { now: claim("slow", "5Gi") }), {
    "requests.storage": "5Gi",
    "fast.storageclass.storage.k8s.io/requests.storage": "0",
    persistentvolumeclaims: "1",
  });
  throws(() => write(reader, PersistentVolumeClaim, { now: claim("fast", "3Gi") }), {
    message: /requested: fast\.storageclass\.storage\.k8s\.io\/requests\.storage=3Gi/,
  });
});

const scoped: readonly (readonly [string, object, object, boolean])[] = [
  ["Terminating", { scopes: ["Terminating"] }, { activeDeadlineSeconds: 5 }, true],
  ["Terminating", { scopes: ["Terminating"] }, {}, false],
  ["NotBestEffort", { scopes: ["NotBestEffort"] }, {}, true],
  ["BestEffort", { scopes: ["BestEffort"] }, {}, false],
  [
    "a priority class",
    {
      scopeSelector: {
        matchExpressions: [{ scopeName: "PriorityClass", operator: "In", values: ["high"] }],
      },
    },
    { priorityClassName: "high" },
    true,
  ],
  [
    "a priority class",
    {
      scopeSelector: {
        matchExpressions: [{ scopeName: "PriorityClass", operator: "In", values: ["high"] }],
      },
    },
    { priorityClassName: "low" },
    false,
  ],
];
for (const [name, more, spec, isConcerned] of scoped) {
  test(`a quota for ${name} ${isConcerned ? "concerns" : "does not concern"} ${JSON.stringify(spec)}`, () => {
    const used = write(setUp({ pods: "5" }, more), Pod, { now: pod(spec) });
    deepEqual(used, isConcerned ? { pods: "1" } : undefined);
  });
}

test("a quota that is deleted writes nothing but its own end", () => {
  const reader = setUp({ resourcequotas: "3" });
  const old = reader.get(ResourceQuota, "blue", "q")?.object ?? {};
  equal(write(reader, ResourceQuota, { old }), undefined);
});

test("custom resources that are there already are counted when a quota is set", () => {
  const names = { group: "example.com", kind: "Widget", plural: "widgets" };
  const widget: AnyKind = Object.freeze({ ...ConfigMap, ...names });
  const reader = setUp(
    { "count/widgets.example.com": "5", "count/gadgets.example.com": "5" },
    {},
    [widget, { metadata: { name: "a", namespace: "blue" } }],
    [widget, { metadata: { name: "b", namespace: "red" } }],
  );
  deepEqual(reader.get(ResourceQuota, "blue", "q")?.object.status.used, {
    "count/widgets.example.com": "1",
    "count/gadgets.example.com": "0",
  });
});
