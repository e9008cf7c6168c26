/** What kinds say of themselves, seen from outside. */
import { deepEqual, equal, rejects } from "node:assert/strict";
import { test } from "node:test";
import { hours, seconds } from "#base/clock.ts";
import type { Loose } from "../testing.ts";
import { type SecureServer, startSecureServer } from "../subresources/testing.ts";

const core = "/api/v1/namespaces/default";

/** Lets what waits for the clock do its work. */
async function advance({ clock }: SecureServer, ms: number): Promise<void> {
  for (let i = 0; i < 50; i++) await Promise.resolve();
  clock.advance(ms);
  for (let i = 0; i < 50; i++) await Promise.resolve();
}

test("events go an hour after they were last written", async () => {
  const server = await startSecureServer();
  const involvedObject = { namespace: "default", name: "web" };
  const body = { metadata: { name: "web.1" }, involvedObject };
  await server.ask("POST", `${core}/events`, { body });
  await advance(server, hours(1) - seconds(1));
  equal((await server.ask("GET", `${core}/events/web.1`)).metadata.name, "web.1");
  await advance(server, seconds(1));
  await rejects(server.ask("GET", `${core}/events/web.1`), { reason: "NotFound" });
});

test("a kubelet registers its node with the status that it has", async () => {
  const { ask } = await startSecureServer();
  const body = { metadata: { name: "n" }, status: { capacity: { cpu: "4" } } };
  deepEqual((await ask("POST", "/api/v1/nodes", { body })).status.capacity, { cpu: "4" });
});

test("a job with a generated name is known to its pods by that name", async () => {
  const { ask } = await startSecureServer();
  const template = { spec: { restartPolicy: "Never", containers: [{ name: "c", image: "i" }] } };
  const { metadata, spec } = await ask("POST", "/apis/batch/v1/namespaces/default/jobs", {
    body: { metadata: { generateName: "job-" }, spec: { template } },
  });
  const uid = { "batch.kubernetes.io/controller-uid": metadata.uid };
  deepEqual(spec.selector.matchLabels, uid);
  deepEqual(spec.template.metadata.labels, {
    ...uid,
    "batch.kubernetes.io/job-name": metadata.name,
    "controller-uid": metadata.uid,
    "job-name": metadata.name,
  });
});

test("a taint of a device has the time at which it was written, unless it says another", async () => {
  const server = await startSecureServer();
  const slices = "/apis/resource.k8s.io/v1/resourceslices";
  const taint = { key: "broken", effect: "NoExecute" };
  const earlier = { ...taint, key: "slow", timeAdded: "2020-01-01T00:00:00Z" };
  const spec = (taints: readonly object[]): object => ({
    driver: "example.com",
    nodeName: "n",
    pool: { name: "p", generation: 1, resourceSliceCount: 1 },
    devices: [{ name: "a", taints }],
  });
  const timesOf = (slice: Loose): string[] =>
    slice.spec.devices[0].taints.map(({ timeAdded }: Loose) => timeAdded);
  const body = { metadata: { name: "s" }, spec: spec([earlier, taint]) };
  const made = await server.ask("POST", slices, { body });
  deepEqual(timesOf(made), [earlier.timeAdded, made.metadata.creationTimestamp]);
  await advance(server, seconds(10));
  const changed = await server.ask("PUT", `${slices}/s`, {
    body: { ...made, spec: spec([...made.spec.devices[0].taints, { ...taint, key: "hot" }]) },
  });
  const [, second, third] = timesOf(changed);
  equal(second, made.metadata.creationTimestamp);
  equal(Date.parse(third ?? "") - Date.parse(second ?? ""), seconds(10));
});

const endpointsWarning =
  '299 - "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"';
const statusWarning = '299 - "v1 ComponentStatus is deprecated in v1.19+"';

for (const [target, status, warning] of [
  ["/api/v1/endpoints", 200, endpointsWarning],
  [`${core}/endpoints/none`, 404, endpointsWarning],
  ["/api/v1/componentstatuses", 200, statusWarning],
  ["/api/v1/services", 200, undefined],
] as const) {
  test(`${target} is answered ${warning === undefined ? "without a" : "with a"} warning`, async () => {
    const { send } = await startSecureServer();
    const answer = await send("GET", target);
    deepEqual([answer.status, answer.headers?.["warning"]], [status, warning]);
  });
}

for (const [plural, apiVersion, spec, finalizers] of [
  ["replicationcontrollers", "api/v1", { selector: { a: "b" } }, ["orphan"]],
  ["replicasets", "apis/apps/v1", { selector: { matchLabels: { a: "b" } } }, undefined],
] as const) {
  test(`what becomes of the pods of ${plural} that are deleted without a word`, async () => {
    const { ask } = await startSecureServer();
    const containers = [{ name: "c", image: "i" }];
    const template = { metadata: { labels: { a: "b" } }, spec: { containers } };
    const path = `/${apiVersion}/namespaces/default/${plural}`;
    const body = { metadata: { name: "x" }, spec: { ...spec, template } };
    await ask("POST", path, { body });
    const answer = await ask("DELETE", `${path}/x`);
    deepEqual(answer.metadata.finalizers, finalizers);
  });
}

const headers = { "content-type": "application/merge-patch+json" };
const template = {
  metadata: { labels: { a: "b" } },
  spec: { containers: [{ name: "c", image: "i" }] },
};

for (const [path, body, labelled, annotated] of [
  [
    "/apis/apps/v1/namespaces/default/deployments",
    { spec: { selector: { matchLabels: { a: "b" } }, template } },
    1,
    2,
  ],
  [
    "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices",
    { addressType: "IPv4", endpoints: [] },
    2,
    2,
  ],
  [
    "/apis/apps/v1/namespaces/default/replicasets",
    { spec: { selector: { matchLabels: { a: "b" } }, template } },
    1,
    1,
  ],
] as const) {
  test(`what counts as a generation of ${path}`, async () => {
    const { ask } = await startSecureServer();
    await ask("POST", path, { body: { metadata: { name: "x" }, ...body } });
    const patch = async (metadata: object): Promise<unknown> =>
      (await ask("PATCH", `${path}/x`, { body: { metadata }, headers })).metadata.generation;
    equal(await patch({ labels: { c: "d" } }), labelled);
    equal(await patch({ annotations: { c: "d" } }), annotated);
    equal(await patch({ finalizers: ["example.com/x"] }), annotated);
  });
}

const flow = {
  priorityLevelConfiguration: { name: "global-default" },
  matchingPrecedence: 9000,
  rules: [],
};
const said = { labels: { c: "d" }, annotations: { c: "d" }, finalizers: ["example.com/x"] };

for (const [path, spec, taken] of [
  [
    "/apis/apps/v1/namespaces/default/deployments",
    { selector: { matchLabels: { a: "b" } }, template },
    ["annotations", "finalizers"],
  ],
  [
    "/apis/apps/v1/namespaces/default/replicasets",
    { selector: { matchLabels: { a: "b" } }, template },
    ["labels", "annotations", "finalizers"],
  ],
  ["/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas", flow, []],
] as const) {
  test(`what a write to the status of ${path} takes over of the metadata`, async () => {
    const { ask } = await startSecureServer();
    await ask("POST", path, { body: { metadata: { name: "x" }, spec } });
    const { metadata } = await ask("PATCH", `${path}/x/status`, {
      body: { metadata: said },
      headers,
    });
    deepEqual(
      Object.keys(said).filter((field) => metadata[field] !== undefined),
      taken,
    );
    equal(metadata.generation, 1);
  });
}
