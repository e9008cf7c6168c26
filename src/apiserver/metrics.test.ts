import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import type { User } from "#api/request.ts";
import { memoryStore } from "#store/backends/memory.ts";
import { crontab, crontabs, definition, definitions, version } from "./extension/testing.ts";
import { crontabsV2, startConverting } from "./extension/converting.ts";
import { type SecureServer, startSecureServer } from "./subresources/testing.ts";
import { configMap, type Loose, startTestServer } from "./testing.ts";

const maps = "/api/v1/namespaces/default/configmaps";

type Scraped = { readonly server: { readonly metrics: { readonly text: () => Promise<string> } } };

/** `{labels} value` of each line of a metric. */
async function scraped({ server }: Scraped, name: string): Promise<readonly string[]> {
  const lines = (await server.metrics.text()).split("\n");
  return lines
    .filter((line) => /^[{ ]/.test(line.slice(name.length)) && line.startsWith(name))
    .map((line) => line.slice(name.length).trim());
}

const bob: User = { name: "bob@example.com", groups: [] };

test("attempts to authenticate are counted by how they end, and users by kinds of names", async () => {
  const secure = await startSecureServer();
  const before = await scraped(secure, "authentication_attempts");
  await secure.send("GET", maps, { as: bob });
  await secure.send("GET", maps, { token: "nobody's" });
  const after = await scraped(secure, "authentication_attempts");
  deepEqual(difference(before, after), {
    '{result="success"}': 1,
    '{result="error"}': 1,
  });
  match((await scraped(secure, "authenticated_user_requests")).join(), /\{username="email_id"\} 1/);
});

/** Of each line, what was there and its number. */
const numbers = (lines: readonly string[]): Map<string, number> =>
  new Map(
    lines.map((line) => {
      const space = line.lastIndexOf(" ");
      return [line.slice(0, space), Number(line.slice(space + 1))];
    }),
  );

/** What grew, and by how much. */
function difference(before: readonly string[], after: readonly string[]): Loose {
  const known = numbers(before);
  const grown = [...numbers(after)].map(([key, value]) => [key, value - (known.get(key) ?? 0)]);
  return Object.fromEntries(grown.filter(([, by]) => by !== 0));
}

test("watches that begin with the state are timed until all of it is told", async () => {
  await using server = await startTestServer();
  const query = "watch=1&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
  const name = "apiserver_watch_list_duration_seconds_count";
  const plain = await server.watch(`${maps}?watch=1`);
  const watch = await server.watch(`${maps}?${query}&sendInitialEvents=true`);
  const labels = '{group="",resource="configmaps",scope="namespace",version="v1"}';
  deepEqual(await scraped({ server }, name), [`${labels} 0`]);
  deepEqual(await watch.take(1), ["BOOKMARK initial"]);
  await server.ask("POST", maps, { body: configMap("a") });
  deepEqual(await watch.take(1), ["ADDED a"]);
  deepEqual(await scraped({ server }, name), [`${labels} 1`]);
  await watch.end();
  await plain.end();
});

test("it is counted which authorizer decided", async () => {
  const secure = await startSecureServer();
  await secure.send("GET", maps, { as: bob });
  const none = await scraped(secure, "apiserver_authorization_decisions_total");
  await secure.ask("POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
    body: {
      metadata: { name: "bob" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "reader" },
      subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: bob.name }],
    },
  });
  await secure.ask("POST", "/apis/rbac.authorization.k8s.io/v1/clusterroles", {
    body: {
      metadata: { name: "reader" },
      rules: [{ apiGroups: [""], resources: ["configmaps"], verbs: ["list"] }],
    },
  });
  await secure.ask("GET", maps, { as: bob });
  const after = await scraped(secure, "apiserver_authorization_decisions_total");
  deepEqual(difference(none, after), { '{decision="allowed",name="rbac",type="RBAC"}': 1 });
});

test("what is stored is counted by kind, and how large all of it is", async () => {
  const secure = await startSecureServer({ store: memoryStore() });
  const sizeOf = async (): Promise<number> => {
    const [line = ""] = await scraped(secure, "apiserver_storage_size_bytes");
    match(line, /^\{storage_cluster_id="etcd-0"\} \d+$/);
    return Number(line.split(" ")[1]);
  };
  const before = await sizeOf();
  const name = "apiserver_resource_objects";
  const objects = await scraped(secure, name);
  await secure.ask("POST", maps, { body: configMap("a", { x: "y".repeat(1_000) }) });
  const grown = (await sizeOf()) - before;
  equal(grown > 1_000 && grown < 2_000, true, `${grown} bytes`);
  deepEqual(difference(objects, await scraped(secure, name)), {
    '{group="",resource="configmaps"}': 1,
  });
});

test("changes are counted by kind, and so is what watchers are told of them", async () => {
  const secure = await startSecureServer();
  const names = ["apiserver_storage_events_received_total", "apiserver_watch_events_total"];
  const all = async (): Promise<readonly string[]> =>
    (await Promise.all(names.map((name) => scraped(secure, name)))).flat();
  const before = await all();
  await secure.send("GET", `${maps}?watch=true`);
  await secure.ask("POST", maps, { body: configMap("a") });
  await secure.ask("DELETE", `${maps}/a`);
  deepEqual(difference(before, await all()), {
    '{group="",resource="configmaps"}': 2,
    '{group="",resource="configmaps",version="v1"}': 2,
  });
});

test("requests are timed once more without those that last as long as somebody watches", async () => {
  const secure = await startSecureServer();
  const name = "apiserver_request_sli_duration_seconds_count";
  const before = await scraped(secure, name);
  await secure.ask("GET", `${maps}?dryRun=All`);
  const labels = 'group="",resource="configmaps",scope="namespace",subresource="",verb="LIST"';
  deepEqual(difference(before, await scraped(secure, name)), {
    [`{component="apiserver",${labels},version="v1"}`]: 1,
  });
  await secure.send("GET", `${maps}?watch=true&timeoutSeconds=1`);
  equal((await scraped(secure, name)).join().includes('verb="WATCH"'), false);
});

test("conversions by a webhook are timed by version, and by whether they succeeded", async () => {
  const state = await startConverting();
  const { server } = state;
  await server.ask("POST", crontabs, { body: crontab({ hostPort: "a:1" }) });
  state.answer = () => {
    throw new Error("away");
  };
  await server.refused("GET", `${crontabsV2}/mine`);
  const counted = await scraped(state, "apiserver_crd_webhook_conversion_duration_seconds_count");
  deepEqual(counted, [
    '{crd_name="crontabs.stable.example.com",from_version="v1",succeeded="false",to_version="v2"} 1',
  ]);
  await server[Symbol.asyncDispose]();
});

test("rules of custom resources are timed: once compiled, evaluated for each object", async () => {
  const secure = await startSecureServer();
  const schema = { "x-kubernetes-validations": [{ rule: "self.size > 0" }] };
  const properties = { size: { type: "integer" } };
  const spec = { type: "object", properties, ...schema };
  await secure.ask("POST", definitions, { body: definition([version(spec)]) });
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
  const names = ["compilation", "evaluation"].map(
    (what) => `apiserver_cel_${what}_duration_seconds_count`,
  );
  const counts = async (): Promise<unknown> =>
    Promise.all(names.map((name) => scraped(secure, name)));
  deepEqual(await counts(), [["0"], ["0"]]);
  for (const name of ["a", "b"])
    await secure.ask("POST", crontabs, { body: crontab({ size: 1 }, name) });
  deepEqual(await counts(), [["1"], ["2"]]);
});

test("services that cannot serve are told of", async () => {
  const secure: SecureServer = await startSecureServer();
  await secure.ask("POST", "/apis/apiregistration.k8s.io/v1/apiservices", {
    body: {
      metadata: { name: "v1.away.example.com" },
      spec: {
        group: "away.example.com",
        version: "v1",
        service: { namespace: "default", name: "away" },
        groupPriorityMinimum: 100,
        versionPriority: 100,
        insecureSkipTLSVerify: true,
      },
    },
  });
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
  const gauge = await scraped(secure, "aggregator_unavailable_apiservice");
  equal(gauge.includes('{name="v1.away.example.com"} 1'), true, gauge.join());
  deepEqual(await scraped(secure, "aggregator_unavailable_apiservice_total"), [
    '{name="v1.away.example.com",reason="ServiceNotFound"} 1',
  ]);
});
