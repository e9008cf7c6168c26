/** What can be done with a pod besides reading and writing it. */
import { deepEqual, equal, rejects } from "node:assert/strict";
import { test } from "node:test";
import type { Loose } from "../testing.ts";
import { type SecureServer, startSecureServer } from "./testing.ts";

const pods = "/api/v1/namespaces/default/pods";

async function withPod(spec: object = {}, metadata: object = {}): Promise<SecureServer> {
  const server = await startSecureServer();
  await createPod(server, { spec, metadata });
  return server;
}

const createPod = (server: SecureServer, { spec, metadata }: { spec: object; metadata: object }) =>
  server.ask("POST", pods, {
    body: {
      metadata: { name: "web", ...metadata },
      spec: { containers: [{ name: "app", image: "i" }], ...spec },
    },
  });

const binding = (node: string, more: object = {}) => ({
  body: { metadata: { name: "web", ...more }, target: { kind: "Node", name: node } },
});

test("a pod is bound to a node, and says so in one write", async () => {
  const server = await withPod();
  await server.ask("POST", "/api/v1/nodes", {
    body: { metadata: { name: "n1", labels: { "topology.kubernetes.io/zone": "z1" } } },
  });
  const before = server.server.registry.reader.revision();
  const { managedFields } = (await server.ask("GET", `${pods}/web`)).metadata;
  const bound = binding("n1", { annotations: { why: "room" } });
  deepEqual(await server.ask("POST", `${pods}/web/binding`, bound), {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Success",
    code: 201,
  });
  equal(server.server.registry.reader.revision(), before + 1);
  const pod = await server.ask("GET", `${pods}/web`);
  equal(pod.spec.nodeName, "n1");
  deepEqual(pod.metadata.annotations, { why: "room" });
  deepEqual(pod.metadata.labels, { "topology.kubernetes.io/zone": "z1" });
  equal(managedFields.length, 1);
  deepEqual(pod.metadata.managedFields, managedFields, "nobody owns more than before");
  deepEqual(
    pod.status.conditions.map(({ type, status, lastTransitionTime }: Loose) => [
      type,
      status,
      lastTransitionTime,
    ]),
    [["PodScheduled", "True", "2026-01-01T00:00:00Z"]],
  );
});

test("a bound pod is not bound again, nor a gated one, nor another one", async () => {
  const server = await withPod();
  const bind = (call: object) => server.ask("POST", `${pods}/web/binding`, call);
  await rejects(bind(binding("n1", { name: "db" })), {
    reason: "BadRequest",
    message: "name in URL does not match name in Binding object",
  });
  await rejects(bind({ body: { metadata: { name: "web" }, target: { kind: "Pod" } } }), {
    reason: "BadRequest",
    message:
      '[target.kind: Unsupported value: "Pod": supported values: "Node", "<empty>", target.name: Required value]',
  });
  await rejects(bind(binding("n1", { uid: "other" })), { reason: "Conflict" });
  await bind(binding("n1"));
  await rejects(bind(binding("n2")), {
    reason: "Conflict",
    message:
      'Operation cannot be fulfilled on pods/binding "web": pod web is already assigned to node "n1"',
  });
  const gated = await withPod({ schedulingGates: [{ name: "wait" }] });
  await rejects(gated.ask("POST", `${pods}/web/binding`, binding("n1")), {
    message:
      'Operation cannot be fulfilled on pods/binding "web": pod web has non-empty .spec.schedulingGates',
  });
});

test("the older way to bind does the same", async () => {
  const server = await withPod();
  await server.ask("POST", "/api/v1/namespaces/default/bindings", binding("n1"));
  equal((await server.ask("GET", `${pods}/web`)).spec.nodeName, "n1");
});

const eviction = { body: { apiVersion: "policy/v1", kind: "Eviction", metadata: { name: "web" } } };
const budgets = "/apis/policy/v1/namespaces/default/poddisruptionbudgets";

/** A running pod behind a budget with that status. */
async function withBudget(
  status: object,
  spec: object = {},
  isReady = true,
): Promise<SecureServer> {
  const server = await withPod({}, { labels: { app: "web" } });
  await server.ask("POST", `${pods}/web/binding`, binding("n1"));
  const pod = await server.ask("GET", `${pods}/web`);
  pod.status.phase = "Running";
  pod.status.conditions.push({ type: "Ready", status: isReady ? "True" : "False" });
  await server.ask("PUT", `${pods}/web/status`, { body: pod });
  const budget = await server.ask("POST", budgets, {
    body: {
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata: { name: "b" },
      spec: { selector: { matchLabels: { app: "web" } }, minAvailable: 1, ...spec },
    },
  });
  budget.status = {
    observedGeneration: budget.metadata.generation,
    expectedPods: 1,
    ...budget.status,
    ...status,
  };
  await server.ask("PUT", `${budgets}/b/status`, { body: budget });
  return server;
}

test("an eviction takes from the budget, marks the pod and deletes it", async () => {
  const server = await withBudget({ disruptionsAllowed: 1, desiredHealthy: 1, currentHealthy: 2 });
  const { status } = await server.ask("POST", `${pods}/web/eviction`, eviction);
  equal(status, "Success");
  const budget = await server.ask("GET", `${budgets}/b`);
  deepEqual(
    [budget.status.disruptionsAllowed, budget.status.disruptedPods],
    [0, { web: "2026-01-01T00:00:00Z" }],
  );
  const pod = await server.ask("GET", `${pods}/web`);
  equal(typeof pod.metadata.deletionTimestamp, "string");
  const target = pod.status.conditions.find(({ type }: Loose) => type === "DisruptionTarget");
  deepEqual([target.reason, target.message], ["EvictionByEvictionAPI", "Eviction API: evicting"]);
});

test("a budget that is used up refuses, and says by how much", async () => {
  const server = await withBudget({ disruptionsAllowed: 0, desiredHealthy: 2, currentHealthy: 1 });
  await rejects(server.ask("POST", `${pods}/web/eviction`, eviction), {
    code: 429,
    reason: "TooManyRequests",
    message: "Cannot evict pod as it would violate the pod's disruption budget.",
    details: {
      causes: [
        {
          reason: "DisruptionBudget",
          message: "The disruption budget b needs 2 healthy pods and has 1 currently",
        },
      ],
    },
  });
  equal((await server.ask("GET", `${pods}/web`)).metadata.deletionTimestamp, undefined);
});

test("a budget that its controller has not seen yet asks to come back", async () => {
  const server = await withBudget({ observedGeneration: 0, disruptionsAllowed: 1 });
  const response = await server.send("POST", `${pods}/web/eviction`, eviction);
  deepEqual([response.status, response.headers?.["retry-after"]], [429, "10"]);
});

test("a pod that is not ready may go while the others suffice", async () => {
  const enough = { disruptionsAllowed: 0, desiredHealthy: 1, currentHealthy: 1 };
  const server = await withBudget(enough, {}, false);
  await server.ask("POST", `${pods}/web/eviction`, eviction);
  const needed = await withBudget({ ...enough, desiredHealthy: 2 }, {}, false);
  await rejects(needed.ask("POST", `${pods}/web/eviction`, eviction), { code: 429 });
  const always = await withBudget(
    { ...enough, desiredHealthy: 2 },
    { unhealthyPodEvictionPolicy: "AlwaysAllow" },
    false,
  );
  await always.ask("POST", `${pods}/web/eviction`, eviction);
});

test("a pod with two budgets cannot be evicted; a trial changes nothing", async () => {
  const server = await withBudget({ disruptionsAllowed: 1, desiredHealthy: 1, currentHealthy: 2 });
  const revision = server.server.registry.reader.revision();
  await server.ask("POST", `${pods}/web/eviction?dryRun=All`, eviction);
  equal(server.server.registry.reader.revision(), revision);
  await server.ask("POST", budgets, {
    body: {
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata: { name: "second" },
      spec: { selector: { matchLabels: { app: "web" } } },
    },
  });
  await rejects(server.ask("POST", `${pods}/web/eviction`, eviction), {
    code: 500,
    message:
      "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
  });
});

test("ephemeral containers are added, and nothing else is changed with them", async () => {
  const server = await withPod();
  const pod = await server.ask("GET", `${pods}/web`);
  pod.spec.ephemeralContainers = [{ name: "debug", image: "busybox" }];
  pod.spec.containers[0].image = "smuggled";
  pod.metadata.labels = { smuggled: "too" };
  const changed = await server.ask("PUT", `${pods}/web/ephemeralcontainers`, { body: pod });
  deepEqual(
    [
      changed.spec.ephemeralContainers.map(({ name }: Loose) => name),
      changed.spec.containers[0].image,
      changed.metadata.labels,
      changed.metadata.generation,
    ],
    [["debug"], "i", undefined, 2],
  );
  await rejects(
    server.ask("PATCH", `${pods}/web/ephemeralcontainers`, {
      body: { spec: { ephemeralContainers: null } },
      headers: { "content-type": "application/merge-patch+json" },
    }),
    /existing ephemeral containers "debug" may not be removed/,
  );
});

test("resources are resized through their own door only", async () => {
  const resources = { requests: { cpu: "1", memory: "1Gi" }, limits: { cpu: "2", memory: "2Gi" } };
  const server = await withPod({ containers: [{ name: "app", image: "i", resources }] });
  const resize = (target: string) =>
    server.ask("PATCH", target, {
      body: { spec: { containers: [{ name: "app", resources: { requests: { cpu: "500m" } } }] } },
      headers: { "content-type": "application/strategic-merge-patch+json" },
    });
  await rejects(resize(`${pods}/web`), { reason: "Invalid" });
  const pod = await resize(`${pods}/web/resize`);
  deepEqual(
    [pod.spec.containers[0].resources.requests, pod.metadata.generation],
    [{ cpu: "500m", memory: "1Gi" }, 2],
  );
});

test("a pod is resized only in ways that its node declares", async () => {
  const server = await startSecureServer();
  const spec = {
    nodeName: "n1",
    initContainers: [{ name: "first", image: "i", resources: { requests: { cpu: "1" } } }],
    resources: { requests: { cpu: "2" } },
  };
  await createPod(server, { spec, metadata: {} });
  const resize = (change: object) =>
    server.ask("PATCH", `${pods}/web/resize`, {
      body: { spec: change },
      headers: { "content-type": "application/strategic-merge-patch+json" },
    });
  const resources = { requests: { cpu: "1500m" } };
  const both = { resources, initContainers: [{ name: "first", resources }] };
  await rejects(resize(both), { message: 'pods "web" is forbidden: node "n1" not found' });
  const declare = (...declaredFeatures: readonly string[]) =>
    server.ask("PATCH", "/api/v1/nodes/n1/status", {
      body: { status: { declaredFeatures } },
      headers: { "content-type": "application/merge-patch+json" },
    });
  await server.ask("POST", "/api/v1/nodes", { body: { metadata: { name: "n1" } } });
  const [ofPod, ofInit] = [
    "InPlacePodLevelResourcesVerticalScaling",
    "InPlacePodVerticalScalingInitContainers",
  ] as const;
  const lacking = (features: string) => ({
    reason: "Forbidden",
    message: `pods "web" is forbidden: pod update requires features ${features} which are not available on node "n1"`,
  });
  await rejects(resize(both), lacking(`${ofPod}, ${ofInit}`));
  await declare(ofPod);
  await rejects(resize(both), lacking(ofInit));
  equal((await resize({ resources })).spec.resources.requests.cpu, "1500m");
  await declare(ofPod, ofInit);
  equal((await resize(both)).spec.initContainers[0].resources.requests.cpu, "1500m");
});

test("a namespace goes when its last finalizer is taken off", async () => {
  const server = await startSecureServer();
  await server.ask("POST", "/api/v1/namespaces", { body: { metadata: { name: "blue" } } });
  await server.ask("DELETE", "/api/v1/namespaces/blue");
  const namespace = await server.ask("GET", "/api/v1/namespaces/blue");
  deepEqual([namespace.status.phase, namespace.spec.finalizers], ["Terminating", ["kubernetes"]]);
  await rejects(
    server.ask("POST", "/api/v1/namespaces/blue/configmaps", { body: { metadata: { name: "c" } } }),
    /unable to create new content in namespace blue because it is being terminated/,
  );
  namespace.spec.finalizers = [];
  await server.ask("PUT", "/api/v1/namespaces/blue/finalize", { body: namespace });
  await rejects(server.ask("GET", "/api/v1/namespaces/blue"), { reason: "NotFound" });
});

test("of many at once exactly as many get in as the quota has room for", async () => {
  const server = await startSecureServer();
  await server.ask("POST", "/api/v1/namespaces/default/resourcequotas", {
    body: { metadata: { name: "q" }, spec: { hard: { configmaps: "5" } } },
  });
  const create = (i: number) =>
    server.send("POST", "/api/v1/namespaces/default/configmaps", {
      body: { metadata: { name: `c${i}` } },
    });
  const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => create(i)));
  const statuses = answers.map(({ status }) => status).toSorted((a, b) => a - b);
  deepEqual(statuses, [...Array<number>(5).fill(201), ...Array<number>(15).fill(403)]);
  const quota = await server.ask("GET", "/api/v1/namespaces/default/resourcequotas/q");
  deepEqual(quota.status.used, { configmaps: "5" });
  await server.ask("DELETE", `/api/v1/namespaces/default/configmaps/c0`);
  const after = await server.ask("GET", "/api/v1/namespaces/default/resourcequotas/q");
  deepEqual(after.status.used, { configmaps: "4" });
});

test("services made at once never share an address or a port, and give them back", async () => {
  const server = await startSecureServer();
  const services = "/api/v1/namespaces/default/services";
  const create = (i: number) =>
    server.ask("POST", services, {
      body: { metadata: { name: `s${i}` }, spec: { type: "NodePort", ports: [{ port: 80 }] } },
    });
  const made = await Promise.all(Array.from({ length: 20 }, (_, i) => create(i)));
  equal(new Set(made.map(({ spec }: Loose) => spec.clusterIP)).size, 20);
  equal(new Set(made.map(({ spec }: Loose) => spec.ports[0].nodePort)).size, 20);
  const { clusterIP, ports } = made[0].spec;
  const address = `/apis/networking.k8s.io/v1/ipaddresses/${clusterIP}`;
  deepEqual((await server.ask("GET", address)).spec.parentRef, {
    resource: "services",
    namespace: "default",
    name: "s0",
  });
  await server.ask("DELETE", `${services}/s0`);
  await rejects(server.ask("GET", address), { reason: "NotFound" });
  const again = { type: "NodePort", clusterIP, ports: [{ port: 80, nodePort: ports[0].nodePort }] };
  await server.ask("POST", services, { body: { metadata: { name: "again" }, spec: again } });
});
