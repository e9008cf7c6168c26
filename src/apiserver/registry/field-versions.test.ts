import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { httpClient } from "#host/http-client.ts";
import { serveHttp } from "#host/http-server.ts";
import { testAuthority } from "#host/testing.ts";
import { httpWebhooks } from "../admission/webhooks/client.ts";
import {
  type Asked,
  type Converting,
  crontabsV2,
  good,
  inV2,
  startConverting,
} from "../extension/converting.ts";
import {
  crontab,
  crontabs,
  define,
  definition,
  startCustomServer,
  version,
} from "../extension/testing.ts";
import type { Loose, TestServer } from "../testing.ts";

const applyType = "application/apply-patch+yaml";
const merge = "application/merge-patch+json";
const collections = { v1: crontabs, v2: crontabsV2 } as const;
type VersionName = keyof typeof collections;

interface Application {
  readonly in: VersionName;
  readonly spec: object;
  readonly force?: boolean;
}

const bodyOf = ({ in: name, spec }: Application): Loose =>
  name === "v1" ? crontab(spec) : inV2(spec);

const targetOf = (manager: string, { in: name, force = false }: Application): string =>
  `${collections[name]}/mine?fieldManager=${manager}&force=${force}`;

const apply = (server: TestServer, manager: string, application: Application): Promise<Loose> =>
  server.ask("PATCH", targetOf(manager, application), {
    type: applyType,
    body: bodyOf(application),
  });

const update = (server: TestServer, name: VersionName, spec: object): Promise<Loose> =>
  server.ask("PATCH", `${collections[name]}/mine?fieldManager=editor`, {
    type: merge,
    body: { spec },
  });

/** What is in the way. */
async function conflicts(server: TestServer, manager: string, application: Application) {
  const { message, details } = await server.refused("PATCH", targetOf(manager, application), {
    type: applyType,
    body: bodyOf(application),
  });
  return [message, details?.causes?.map(({ field }) => field)];
}

/** `Apply a v1`: fields of the spec. */
const owners = ({ metadata }: Loose): Loose =>
  Object.fromEntries(
    (metadata.managedFields ?? []).map(({ operation, manager, apiVersion, fieldsV1 }: Loose) => [
      `${operation} ${manager} ${apiVersion.split("/")[1]}`,
      Object.keys(fieldsV1["f:spec"] ?? {}).map((step) => step.slice(2)),
    ]),
  );

test("fields that another version names differently are in conflict under the name of their owner", async () => {
  const { server } = await startConverting();
  await apply(server, "a", { in: "v1", spec: { hostPort: "a:1", replicas: 2 } });
  const other: Application = { in: "v2", spec: { host: "b" } };
  deepEqual(await conflicts(server, "b", other), [
    'Apply failed with 1 conflict: conflict with "a": .spec.hostPort',
    [".spec.hostPort"],
  ]);
  const forced = await apply(server, "b", { ...other, force: true });
  deepEqual(
    [forced.spec, owners(forced)],
    [
      { host: "b", port: "1", replicas: 2 },
      { "Apply a v1": ["replicas"], "Apply b v2": ["host"] },
    ],
  );
  const back: Application = { in: "v1", spec: { hostPort: "a:1", replicas: 2 } };
  deepEqual(await conflicts(server, "a", back), [
    'Apply failed with 1 conflict: conflict with "b": .spec.host',
    [".spec.host"],
  ]);
  await server[Symbol.asyncDispose]();
});

test("appliers of two versions who want the same share it, and nobody is in conflict", async () => {
  const { server } = await startConverting();
  await apply(server, "a", { in: "v1", spec: { hostPort: "a:1" } });
  const both = await apply(server, "b", { in: "v2", spec: { host: "a", port: "1" } });
  deepEqual(owners(both), { "Apply a v1": ["hostPort"], "Apply b v2": ["host", "port"] });
  await server[Symbol.asyncDispose]();
});

test("an update in one version takes the fields that it changes from owners in another", async () => {
  const { server } = await startConverting();
  await apply(server, "a", { in: "v2", spec: { host: "a", port: "1", replicas: 2 } });
  const changed = await update(server, "v1", { hostPort: "a:2" });
  deepEqual(owners(changed), {
    "Apply a v2": ["host", "replicas"],
    "Update editor v1": ["hostPort"],
  });
  await server[Symbol.asyncDispose]();
});

test("what an update removes is nobody's in any version", async () => {
  const { server } = await startConverting();
  await apply(server, "a", { in: "v2", spec: { host: "a", port: "1", replicas: 2 } });
  const changed = await update(server, "v1", { hostPort: null });
  deepEqual(owners(changed), { "Apply a v2": ["replicas"] });
  await server[Symbol.asyncDispose]();
});

test("who applies in another version than last time gives up what it leaves out", async () => {
  const { server } = await startConverting();
  await apply(server, "a", { in: "v1", spec: { hostPort: "a:1", replicas: 3 } });
  const second = await apply(server, "a", { in: "v2", spec: { host: "a", port: "1" } });
  deepEqual(
    [second.spec, owners(second)],
    [{ host: "a", port: "1" }, { "Apply a v2": ["host", "port"] }],
  );
  const third = await apply(server, "a", { in: "v1", spec: { replicas: 5 } });
  deepEqual([third.spec, owners(third)], [{ replicas: 5 }, { "Apply a v1": ["replicas"] }]);
  await server[Symbol.asyncDispose]();
});

test("what one applier gives up stays when an owner in any version wants it", async () => {
  const { server } = await startConverting();
  await apply(server, "a", { in: "v1", spec: { hostPort: "a:1", replicas: 3 } });
  await apply(server, "b", { in: "v2", spec: { replicas: 3 } });
  await apply(server, "c", { in: "v1", spec: { hostPort: "a:1" } });
  const left = await apply(server, "a", { in: "v2", spec: {} });
  deepEqual(
    [left.spec, owners(left)],
    [
      { host: "a", port: "1", replicas: 3 },
      // An empty spec is owned as such.
      { "Apply a v2": [], "Apply b v2": ["replicas"], "Apply c v1": ["hostPort"] },
    ],
  );
  await server[Symbol.asyncDispose]();
});

test("nobody is asked about a write that changes nothing", async () => {
  const { server, asked } = await startConverting();
  await apply(server, "a", { in: "v2", spec: { host: "a", port: "1" } });
  const first = await update(server, "v1", { replicas: 2 });
  asked.length = 0;
  deepEqual(await update(server, "v1", { replicas: 2 }), first);
  deepEqual(asked, []);
  await update(server, "v1", { replicas: 3 });
  deepEqual(asked, ["stable.example.com/v1 > stable.example.com/v2: 2"]);
  await server[Symbol.asyncDispose]();
});

test("where the webhook fails, an update goes through, and nobody owns anything any more", async () => {
  const state = await startConverting();
  const { server } = state;
  await apply(server, "a", { in: "v2", spec: { host: "a", port: "1" } });
  state.answer = () => {
    throw new Error("away");
  };
  const changed = await update(server, "v1", { hostPort: "b:2" });
  deepEqual([changed.spec.hostPort, owners(changed)], ["b:2", {}]);
  await server[Symbol.asyncDispose]();
});

test("where the webhook fails, nothing is applied", async () => {
  const state: Converting = await startConverting();
  const { server } = state;
  await apply(server, "a", { in: "v2", spec: { host: "a", port: "1" } });
  state.answer = () => {
    throw new Error("away");
  };
  const refused = await server.refused("PATCH", `${crontabs}/mine?fieldManager=b&force=true`, {
    type: applyType,
    body: crontab({ hostPort: "b:2" }),
  });
  deepEqual(
    [refused.code, refused.message],
    [500, "conversion webhook for stable.example.com/v1, Kind=CronTab failed: away"],
  );
  state.answer = good;
  equal((await server.ask("GET", `${crontabs}/mine`)).spec.hostPort, "a:1");
  await server[Symbol.asyncDispose]();
});

test("versions that need no conversion may still say differently what is owned as a whole", async () => {
  const server = await startCustomServer();
  const items = (more: object): object => ({
    type: "object",
    properties: {
      items: {
        type: "array",
        items: {
          type: "object",
          required: ["name"],
          properties: { name: { type: "string" }, value: { type: "string" } },
        },
        ...more,
      },
    },
  });
  const byName = { "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"] };
  await define(
    server,
    definition([
      version(items({ "x-kubernetes-list-type": "atomic" })),
      version(items(byName), { name: "v2", storage: false }),
    ]),
  );
  await apply(server, "a", { in: "v1", spec: { items: [{ name: "x", value: "1" }] } });
  const other: Application = { in: "v2", spec: { items: [{ name: "y", value: "2" }] } };
  deepEqual(await conflicts(server, "b", other), [
    'Apply failed with 1 conflict: conflict with "a": .spec.items',
    [".spec.items"],
  ]);
  const forced = await apply(server, "b", { ...other, force: true });
  deepEqual(
    forced.spec.items.map(({ name }: Loose) => name),
    ["x", "y"],
  );
  deepEqual(
    forced.metadata.managedFields.map(({ manager, fieldsV1 }: Loose) => [
      manager,
      Object.keys(fieldsV1["f:spec"]?.["f:items"] ?? {}),
    ]),
    [["b", ['k:{"name":"y"}']]],
  );
  await server[Symbol.asyncDispose]();
});

test("a webhook behind HTTPS is asked for what each owner has", async () => {
  const authority = await testAuthority("conversion");
  const identity = await authority.issue("CN=convert", ["127.0.0.1"]);
  const questions: string[] = [];
  await using hook = await serveHttp({
    address: "127.0.0.1",
    port: 0,
    tls: { identity: () => identity, clientCas: () => authority.certificate },
    handler: async (call) => {
      const asked = JSON.parse(Buffer.from(await call.body(1_000_000)).toString()) as Asked;
      questions.push(asked.request.desiredAPIVersion);
      return {
        status: 200,
        headers: { "content-type": "application/json" },
        body: Buffer.from(JSON.stringify(good(asked))),
      };
    },
  });
  using http = httpClient();
  const serviceUrl = (): Promise<never> => Promise.reject(new Error("there are no services"));
  const caBundle = Buffer.from(authority.certificate).toString("base64");
  const clientConfig = { url: `https://127.0.0.1:${hook.port}/convert`, caBundle };
  const webhook = { conversionReviewVersions: ["v1"], clientConfig };
  const conversion = { conversion: { strategy: "Webhook", webhook } };
  const { server } = await startConverting(conversion, undefined, {
    webhooks: httpWebhooks({ http, serviceUrl }),
  });
  await apply(server, "a", { in: "v1", spec: { hostPort: "a:1" } });
  deepEqual(await conflicts(server, "b", { in: "v2", spec: { port: "2" } }), [
    'Apply failed with 1 conflict: conflict with "a": .spec.hostPort',
    [".spec.hostPort"],
  ]);
  const forced = await apply(server, "b", { in: "v2", spec: { port: "2" }, force: true });
  deepEqual(
    [forced.spec, owners(forced)],
    [{ host: "a", port: "2", replicas: 1 }, { "Apply b v2": ["port"] }],
  );
  equal(questions.includes("stable.example.com/v1"), true);
  await server[Symbol.asyncDispose]();
});
