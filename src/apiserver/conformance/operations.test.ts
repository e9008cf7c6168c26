/** Kinds that conformance asks for verb by verb: each is made, found, watched, changed, and goes. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { describe, test } from "node:test";
import { memoryStore } from "#store/backends/memory.ts";
import { type SecureServer, startSecureServer } from "../subresources/testing.ts";
import { describe as told, type Loose, testRequest, TestWatch } from "../testing.ts";
import { condition, served } from "./testing.ts";

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

  for (const [plural, { at, spec, status, change, isProtected = false }] of Object.entries(
    served,
  )) {
    const [one, two] = ["one", "two"];
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
