/** What every client does, whatever carries its requests. */
import { deepEqual, equal, rejects } from "node:assert/strict";
import { test } from "node:test";
import { ConfigMap } from "#api/core/configmap.ts";
import { Namespace } from "#api/core/namespace.ts";
import { Pod } from "#api/core/pod.ts";
import { Deployment } from "#api/apps/deployment.ts";
import type { ApiError } from "#api/errors.ts";
import type { Client, WatchEvent } from "./client.ts";
import { startTestApi, type TestApi } from "./testing.ts";

const namespace = "default";
const a = { namespace, name: "a" };

const map = (name: string, data: Record<string, string> = {}, more: object = {}) => ({
  metadata: { namespace, name, ...more },
  data,
});

const reason =
  (wanted: ApiError["reason"]) =>
  (failure: unknown): boolean =>
    (failure as ApiError).reason === wanted;

export function clientSuite(name: string, open: (api: TestApi) => Client): void {
  const scenario = (title: string, run: (client: Client, api: TestApi) => Promise<void>): void => {
    test(`${name}: ${title}`, async () => {
      const api = await startTestApi();
      try {
        await run(open(api), api);
      } finally {
        await api[Symbol.asyncDispose]();
      }
    });
  };

  scenario("what was created can be read again", async (client) => {
    const created = await client.create(ConfigMap, map("a", { x: "1" }));
    equal(typeof created.metadata.uid, "string");
    deepEqual(await client.get(ConfigMap, a), created);
    deepEqual([created.kind, created.apiVersion], ["ConfigMap", "v1"]);
  });

  scenario("failures carry the server's reason and words", async (client) => {
    await rejects(client.get(ConfigMap, a), (failure: ApiError) => {
      deepEqual(
        [failure.reason, failure.code, failure.message, failure.details],
        ["NotFound", 404, 'configmaps "a" not found', { name: "a", kind: "configmaps" }],
      );
      return true;
    });
    await client.create(ConfigMap, map("a"));
    await rejects(client.create(ConfigMap, map("a")), reason("AlreadyExists"));
  });

  scenario("an update of an outdated object is refused", async (client) => {
    const first = await client.create(ConfigMap, map("a"));
    const second = await client.update(ConfigMap, { ...first, data: { x: "2" } });
    equal(second.data?.["x"], "2");
    await rejects(client.update(ConfigMap, { ...first, data: {} }), reason("Conflict"));
  });

  scenario("the status is written apart", async (client) => {
    const made = await client.create(Pod, {
      metadata: a,
      spec: { containers: [{ name: "c", image: "i" }] },
    });
    const status = { ...made.status, phase: "Running" as const };
    const updated = await client.updateStatus(Pod, { ...made, status });
    equal(updated.status.phase, "Running");
    const patched = await client.patch(
      Pod,
      { ...a, subresource: "status" },
      { is: "merge", change: { status: { message: "fine" } } },
    );
    deepEqual([patched.status.phase, patched.status.message], ["Running", "fine"]);
  });

  scenario("patches of all four sorts", async (client) => {
    await client.create(ConfigMap, map("a", { x: "1" }));
    await client.patch(ConfigMap, a, {
      is: "json",
      operations: [{ op: "add", path: "/data/y", value: "2" }],
    });
    await client.patch(ConfigMap, a, { is: "merge", change: { data: { x: null } } });
    await client.patch(ConfigMap, a, { is: "strategic", change: { data: { z: "3" } } });
    const applied = await client.patch(ConfigMap, a, {
      is: "apply",
      object: { apiVersion: "v1", kind: "ConfigMap", metadata: a, data: { w: "4" } },
      fieldManager: "tester",
      force: true,
    });
    deepEqual(applied.data, { w: "4", y: "2", z: "3" });
    const managers = applied.metadata.managedFields?.map(({ manager, operation }) => [
      manager,
      operation,
    ]);
    equal(
      managers?.some(([manager, operation]) => manager === "tester" && operation === "Apply"),
      true,
    );
  });

  scenario("a Scale comes back when the scale is patched", async (client) => {
    await client.create(Deployment, {
      metadata: a,
      spec: {
        replicas: 1,
        selector: { matchLabels: { app: "a" } },
        template: {
          metadata: { labels: { app: "a" } },
          spec: { containers: [{ name: "c", image: "i" }] },
        },
      },
    });
    if (Deployment.scale === undefined) return;
    const scale: unknown = await client.patch(
      Deployment,
      { ...a, subresource: "scale" },
      { is: "merge", change: { spec: { replicas: 3 } } },
    );
    equal((scale as { spec: { replicas: number } }).spec.replicas, 3);
  });

  scenario("lists select, and say of each item what it is", async (client) => {
    await client.create(ConfigMap, map("a", {}, { labels: { tier: "front" } }));
    await client.create(ConfigMap, map("b"));
    await client.create(ConfigMap, { metadata: { namespace: "other", name: "c" } });
    const namesOf = async (options: object): Promise<(string | undefined)[]> =>
      (await client.list(ConfigMap, options)).items.map(({ metadata }) => metadata.name);
    deepEqual(await namesOf({}), ["a", "b", "c"]);
    deepEqual(await namesOf({ namespace }), ["a", "b"]);
    deepEqual(await namesOf({ labelSelector: "tier=front" }), ["a"]);
    deepEqual(await namesOf({ fieldSelector: "metadata.name=b" }), ["b"]);
    const { items } = await client.list(ConfigMap);
    deepEqual([items[0]?.kind, items[0]?.apiVersion], ["ConfigMap", "v1"]);
  });

  scenario("lists come in pages where asked for", async (client) => {
    for (const each of ["a", "b", "c"]) await client.create(ConfigMap, map(each));
    const first = await client.list(ConfigMap, { limit: 2 });
    equal(first.items.length, 2);
    const rest = await client.list(ConfigMap, {
      limit: 2,
      continue: first.metadata.continue ?? "",
    });
    deepEqual(
      rest.items.map(({ metadata }) => metadata.name),
      ["c"],
    );
  });

  scenario("deleting: with conditions, one by one, all at once", async (client) => {
    const { metadata } = await client.create(ConfigMap, map("a"));
    await rejects(
      client.delete(ConfigMap, a, { preconditions: { uid: "another" } }),
      reason("Conflict"),
    );
    await client.delete(ConfigMap, a, { preconditions: { uid: metadata.uid } });
    await rejects(client.get(ConfigMap, a), reason("NotFound"));
    await client.create(ConfigMap, map("b"));
    await client.create(ConfigMap, map("c", {}, { labels: { stay: "yes" } }));
    await client.deleteCollection(ConfigMap, { namespace, labelSelector: "stay!=yes" });
    equal((await client.list(ConfigMap)).items.length, 1);
  });

  scenario("a dry run leaves no trace", async (client) => {
    await client.create(ConfigMap, map("a"), { dryRun: true });
    await rejects(client.get(ConfigMap, a), reason("NotFound"));
  });

  scenario("cluster-wide kinds have no namespace", async (client) => {
    await client.create(Namespace, { metadata: { name: "shop" } });
    equal((await client.get(Namespace, { name: "shop" })).metadata.name, "shop");
  });

  scenario("a watch tells every change from a revision on", async (client) => {
    const { metadata } = await client.list(ConfigMap);
    const stop = new AbortController();
    const seen: string[] = [];
    const watching = (async () => {
      const options = { resourceVersion: metadata.resourceVersion ?? "", signal: stop.signal };
      for await (const batch of client.watch(ConfigMap, options)) {
        seen.push(...batch.map(described));
        if (seen.length === 3) stop.abort();
      }
    })();
    const created = await client.create(ConfigMap, map("a"));
    await client.update(ConfigMap, { ...created, data: { x: "1" } });
    await client.delete(ConfigMap, a);
    await watching;
    deepEqual(seen, ["ADDED a {}", 'MODIFIED a {"x":"1"}', 'DELETED a {"x":"1"}']);
  });

  scenario("a watch can begin with what is there", async (client) => {
    await client.create(ConfigMap, map("a"));
    const stop = new AbortController();
    const options = { sendInitialEvents: true, allowBookmarks: true, signal: stop.signal };
    const seen: string[] = [];
    for await (const batch of client.watch(ConfigMap, options)) {
      seen.push(...batch.map(described));
      if (batch.some((event) => event.type === "BOOKMARK" && event.isInitialEnd)) break;
    }
    stop.abort();
    deepEqual(seen, ["ADDED a {}", "BOOKMARK initial"]);
  });

  scenario("a watch of what nobody serves fails with the server's words", async (client) => {
    const unknown = { ...ConfigMap, plural: "nosuch" };
    await rejects(async () => {
      for await (const _batch of client.watch(unknown, {})) equal("anything", "nothing");
    }, reason("NotFound"));
  });

  scenario("raw requests get raw answers", async (client) => {
    const { status, body } = await client.raw({ method: "GET", path: "/version" });
    equal(status, 200);
    equal(["bytes", "stream", "object"].includes(body.is), true);
    equal((await client.raw({ method: "GET", path: "/nosuch" })).status, 404);
  });
}

function described(event: WatchEvent<ConfigMap>): string {
  if (event.type === "BOOKMARK") return event.isInitialEnd ? "BOOKMARK initial" : "BOOKMARK";
  return `${event.type} ${event.object.metadata.name} ${JSON.stringify(event.object.data ?? {})}`;
}
