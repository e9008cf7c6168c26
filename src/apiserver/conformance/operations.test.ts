/** Kinds that conformance asks for verb by verb: each is made, found, watched, changed, and goes. */
import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { describe, test } from "node:test";
import { memoryStore } from "#store/backends/memory.ts";
import { type SecureServer, startSecureServer } from "../subresources/testing.ts";
import { describe as told, type Loose, testRequest, TestWatch } from "../testing.ts";
import { condition, type Served, served } from "./testing.ts";

const bodyOf = (name: string, spec: object): object => ({
  metadata: { name, labels: { set: "yes" } },
  ...spec,
});

const merge = { "content-type": "application/merge-patch+json" };

async function startWatch({ server }: SecureServer, target: string): Promise<TestWatch> {
  const { body } = await server.handle(testRequest("GET", target));
  if (body.is !== "watch") throw new Error(JSON.stringify(body));
  return new TestWatch(body.events);
}

/** Its last state is told with the event that something was deleted. */
async function until(watch: TestWatch, wanted: string): Promise<readonly string[]> {
  const heard: string[] = [];
  while (heard.at(-1) !== wanted) heard.push(told(await watch.next()));
  return heard;
}

describe("every verb is served", () => {
  const starting = startSecureServer({ store: memoryStore() });

  for (const [plural, { at, spec, status, change, ...traits }] of Object.entries(served)) {
    const { isProtected = false, names: [one, two] = ["one", "two"] } = traits;
    const all = `${at}/${plural}`;
    const selected = `${all}?labelSelector=set%3Dyes`;

    test(`of ${plural}: discovery, create, get, list, watch, patch, update, delete`, async () => {
      const server = await starting;
      const { ask, send } = server;
      const { resources } = await ask("GET", at.replace("/namespaces/default", ""));
      const { verbs } = resources.find(({ name }: Loose) => name === plural);
      for (const verb of ["create", "delete", "get", "list", "patch", "update", "watch"])
        ok(verbs.includes(verb), verb);
      const watch = await startWatch(server, `${selected}&watch=true`);
      await ask("POST", all, { body: bodyOf(one, spec) });
      await ask("POST", all, { body: bodyOf(two, spec) });
      const { items } = await ask("GET", selected);
      deepEqual(items.map(({ metadata }: Loose) => metadata.name).toSorted(), [one, two]);
      const everywhere = all.replace("/namespaces/default", "");
      equal((await ask("GET", `${everywhere}?labelSelector=set%3Dyes`)).items.length, 2);
      const body = { metadata: { annotations: { patched: "yes" } } };
      const patched = await ask("PATCH", `${all}/${one}`, { body, headers: merge });
      equal(patched.metadata.annotations.patched, "yes");
      const found = await ask("GET", `${all}/${one}`);
      change?.(found);
      const updated = await ask("PUT", `${all}/${one}`, { body: found });
      ok(BigInt(updated.metadata.resourceVersion) > BigInt(found.metadata.resourceVersion));
      change?.(found);
      deepEqual((await ask("GET", `${all}/${one}`)).spec, found.spec);
      const release = async (name: string): Promise<void> => {
        const free = { metadata: { finalizers: null } };
        if (isProtected) await ask("PATCH", `${all}/${name}`, { body: free, headers: merge });
      };
      await ask("DELETE", `${all}/${one}?propagationPolicy=Background`);
      await release(one);
      const heard = await until(watch, `DELETED ${one}`);
      deepEqual(
        heard.filter((event) => event.startsWith("ADDED")),
        [`ADDED ${one}`, `ADDED ${two}`],
      );
      ok(heard.includes(`MODIFIED ${one}`));
      equal((await send("GET", `${all}/${one}`)).status, 404);
      if (verbs.includes("deletecollection")) {
        await ask("DELETE", `${selected}&propagationPolicy=Background`);
        await release(two);
        await until(watch, `DELETED ${two}`);
        deepEqual((await ask("GET", selected)).items, []);
      }
      await watch.end();
    });

    if (!status) continue;
    test(`of the status of ${plural}, which is a part of its own`, async () => {
      const { ask } = await starting;
      await ask("POST", all, { body: bodyOf(one, spec) });
      const target = `${all}/${one}/status`;
      const before = await ask("GET", target);
      const patched = await ask("PATCH", target, { body: { status }, headers: merge });
      for (const [name, value] of Object.entries(status))
        if (!Array.isArray(value)) deepEqual(patched.status[name], value);
      deepEqual(patched.spec, before.spec);
      const read = await ask("GET", target);
      read.metadata.annotations = { updated: "yes" };
      read.status = { ...read.status, ...status };
      change?.(read);
      const updated = await ask("PUT", target, { body: read });
      deepEqual(updated.spec, before.spec, "the status was written, not the spec");
      await ask("DELETE", `${all}/${one}`);
    });
  }
});

test("a namespace is patched, updated, given a finalizer and a status, and takes it all back", async () => {
  const { ask } = await startSecureServer({ store: memoryStore() });
  const one = "/api/v1/namespaces/one";
  await ask("POST", "/api/v1/namespaces", { body: { metadata: { name: "one" } } });
  const body = { metadata: { labels: { patched: "yes" } } };
  const patched = await ask("PATCH", one, { body, headers: merge });
  equal(patched.metadata.labels.patched, "yes");
  patched.metadata.labels.updated = "yes";
  equal((await ask("PUT", one, { body: patched })).metadata.labels.updated, "yes");
  const status = { conditions: [condition] };
  const seenStatus = await ask("PATCH", `${one}/status`, { body: { status }, headers: merge });
  deepEqual(seenStatus.status.conditions, [condition]);
  const seen = await ask("GET", one);
  seen.spec.finalizers = ["kubernetes", "e2e.example.com/x"];
  const held = await ask("PUT", `${one}/finalize`, { body: seen });
  deepEqual(held.spec.finalizers, ["kubernetes", "e2e.example.com/x"]);
  held.spec.finalizers = ["kubernetes"];
  deepEqual((await ask("PUT", `${one}/finalize`, { body: held })).spec.finalizers, ["kubernetes"]);
});

const core = "/api/v1/namespaces/default";

describe("what is special about some kinds", () => {
  const starting = startSecureServer({ store: memoryStore() });

  for (const plural of ["deployments", "replicasets", "statefulsets", "replicationcontrollers"]) {
    test(`the scale of ${plural} is read, updated and patched`, async () => {
      const { ask } = await starting;
      const { at, spec } = served[plural] as Served;
      await ask("POST", `${at}/${plural}`, { body: bodyOf("scaled", spec) });
      const target = `${at}/${plural}/scaled/scale`;
      const scale = await ask("GET", target);
      deepEqual([scale.kind, scale.spec.replicas], ["Scale", 1]);
      scale.spec.replicas = 2;
      equal((await ask("PUT", target, { body: scale })).spec.replicas, 2);
      const body = { spec: { replicas: 4 } };
      equal((await ask("PATCH", target, { body, headers: merge })).spec.replicas, 4);
      equal((await ask("GET", `${at}/${plural}/scaled`)).spec.replicas, 4);
    });
  }

  for (const plural of ["configmaps", "secrets"]) {
    const all = `${core}/${plural}`;

    test(`a key of ${plural} is not empty`, async () => {
      const { ask } = await starting;
      const body = { metadata: { name: "empty" }, data: { "": "MQ==" } };
      const message = /data\[\]: Invalid value: ""/;
      await rejects(ask("POST", all, { body }), { code: 422, message });
    });

    test(`${plural} that are immutable keep their data, and may be labelled and deleted`, async () => {
      const { ask } = await starting;
      const body = { metadata: { name: "fixed" }, data: { a: "MQ==" }, immutable: true };
      await ask("POST", all, { body });
      const patch = (change: object) =>
        ask("PATCH", `${all}/fixed`, { body: change, headers: merge });
      const message = /field is immutable when `immutable` is set/;
      await rejects(patch({ data: { a: "Mg==" } }), { code: 422, message });
      await rejects(patch({ immutable: false }), { code: 422, message });
      const { metadata } = await patch({ metadata: { labels: { a: "b" } } });
      deepEqual(metadata.labels, { a: "b" });
      await ask("DELETE", `${all}/fixed`);
    });
  }

  test("events of the core group are those of events.k8s.io, written and read either way", async () => {
    const { ask } = await starting;
    const involvedObject = { kind: "Pod", namespace: "default", name: "p" };
    const event = { involvedObject, reason: "Test", message: "old", type: "Normal" };
    await ask("POST", `${core}/events`, { body: bodyOf("told", event) });
    const series = { count: 2, lastObservedTime: "2026-01-01T00:00:01.000000Z" };
    const patch = { body: { message: "new", series }, headers: merge };
    equal((await ask("PATCH", `${core}/events/told`, patch)).message, "new");
    const { items } = await ask("GET", "/api/v1/events?labelSelector=set%3Dyes");
    deepEqual([items.length, items[0].series], [1, series]);
    const events = "/apis/events.k8s.io/v1/namespaces/default/events";
    const seen = await ask("GET", `${events}/told`);
    deepEqual([seen.note, seen.regarding, seen.series.count], ["new", involvedObject, 2]);
    await ask("DELETE", `${core}/events?labelSelector=set%3Dyes`);
    deepEqual((await ask("GET", `${events}?labelSelector=set%3Dyes`)).items, []);
  });

  const pods = `${core}/pods`;
  const spec = { nodeName: "n", containers: [{ name: "c", image: "x" }] };

  test("a pod counts the changes of its spec, whatever it claims, and its graceful end", async () => {
    const { ask } = await starting;
    const claim = { name: "counted", generation: 100 };
    const made = await ask("POST", pods, { body: { metadata: claim, spec } });
    equal(made.metadata.generation, 1);
    const generationAfter = async (target: string, body: object) =>
      (await ask("PATCH", target, { body, headers: merge })).metadata.generation;
    const one = `${pods}/counted`;
    equal(await generationAfter(one, { metadata: { labels: { a: "b" } } }), 1);
    equal(await generationAfter(`${one}/status`, { status: { message: "m" } }), 1);
    equal(await generationAfter(one, { spec: { activeDeadlineSeconds: 100 } }), 2);
    equal(await generationAfter(one, { spec: { activeDeadlineSeconds: 90 } }), 3);
    await ask("DELETE", `${one}?gracePeriodSeconds=10`);
    equal((await ask("GET", one)).metadata.generation, 4);
  });

  test("a pod may have a CSI volume of its own", async () => {
    const { ask } = await starting;
    const csi = { driver: "d.example.com", readOnly: true, volumeAttributes: { a: "b" } };
    const body = bodyOf("inline", { spec: { ...spec, volumes: [{ name: "v", csi }] } });
    await ask("POST", pods, { body });
    const { items } = await ask("GET", `${pods}?labelSelector=set%3Dyes`);
    const volumes = items.flatMap((pod: Loose) => pod.spec.volumes);
    ok(volumes.some((volume: Loose) => volume.csi?.driver === "d.example.com"));
    const labels = { metadata: { labels: { patched: "yes" } } };
    const patched = await ask("PATCH", `${pods}/inline`, { body: labels, headers: merge });
    deepEqual(patched.spec.volumes[0], { name: "v", csi });
    await ask("DELETE", `${pods}/inline?gracePeriodSeconds=0`);
  });
});
