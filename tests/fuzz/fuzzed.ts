/** A whole API server behind a real port, for requests that nobody should send: it has some objects of many kinds. */
import type { HttpServer } from "../../src/base/http.ts";
import type { ApiHandler, ApiRequest, Method } from "../../src/api/request.ts";
import { createHttpHandler } from "../../src/apiserver/http.ts";
import { good } from "../../src/apiserver/bad-input/good-requests.ts";
import { startSecureServer } from "../../src/apiserver/subresources/testing.ts";
import type { KubeletDialer } from "../../src/apiserver/subresources/kubelet-dialer.ts";
import { admin, bodyOf, type Loose, testRequest } from "../../src/apiserver/testing.ts";
import type { TestClock } from "../../src/apiserver/testing.ts";
import type { HttpAnswer } from "../../src/base/http.ts";
import type { Log } from "../../src/base/log.ts";
import type { Metrics } from "../../src/base/metrics.ts";
import { serveHttp } from "../../src/host/http-server.ts";
import { memoryStore } from "../../src/store/backends/memory.ts";
import type { Offer } from "./requests.ts";

export const token = "fuzz";

export interface Fuzzed extends AsyncDisposable {
  readonly port: number;
  readonly clock: TestClock;
  readonly metrics: Metrics;
  /** What the server could not explain: each is a bug of ours. */
  readonly errors: unknown[];
  readonly offers: readonly Offer[];
  /** Makes what is not there any more. */
  readonly refill: () => Promise<void>;
  /** Removes everything that was not there at first, as a client does. */
  readonly wipe: () => Promise<void>;
}

export async function startFuzzed(): Promise<Fuzzed> {
  const errors: unknown[] = [];
  const store = memoryStore({ history: { bytes: 2 ** 20, revisions: 2_000 } });
  const { server, clock } = await startSecureServer({
    store,
    kubelets,
    http: { call: async () => answer, upgrade: async () => ({ answer }) },
    log: tells(errors),
  });
  const onError = (cause: unknown): void => void errors.push(cause);
  const handler = createHttpHandler(asAdmin(server.handle));
  const http: HttpServer = await serveHttp({ address: "127.0.0.1", port: 0, handler, onError });
  const call: Call = async (method, target, body) =>
    bodyOf(await server.handle(testRequest(method, target, body ? { body } : {})));
  const refill = async (): Promise<void> => {
    for (const [collection, , object] of objects) await call("POST", collection, object);
  };
  const offers = await offersOf(call);
  const first = new Set(await targetsOf(call, offers));
  return {
    port: http.port,
    clock,
    metrics: server.metrics,
    errors,
    offers,
    refill,
    wipe: async () => {
      const now = async (): Promise<readonly string[]> =>
        (await targetsOf(call, await offersOf(call))).filter((target) => !first.has(target));
      for (const target of await now()) await remove(call, target);
      const left = await now();
      if (left.length > 0) throw new Error(`cannot be removed: ${left.join(" ")}`);
    },
    [Symbol.asyncDispose]: async () => {
      await http[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

type Call = (method: Method, target: string, body?: object) => Promise<Loose>;

/** Nobody can take the rights of the one who asks away. */
const asAdmin =
  (handle: ApiHandler): ApiHandler =>
  (request: ApiRequest) => {
    if (request.headers["authorization"] !== `Bearer ${token}`) return handle(request);
    const { method, path, query, headers, body, upgrade } = request;
    return handle({
      method,
      path,
      query,
      headers,
      body,
      caller: { is: "component", user: admin },
      ...(upgrade ? { upgrade } : {}),
      get signal() {
        return request.signal;
      },
    });
  };

const tells = (errors: unknown[]): Log => {
  const log: Log = {
    debug: () => undefined,
    info: () => undefined,
    warn: () => undefined,
    error: (message, fields) => void errors.push([message, fields]),
    with: () => log,
  };
  return log;
};

/** Answers everything alike, and takes no streams. */
const answer: HttpAnswer = {
  status: 200,
  headers: { "content-type": "text/plain" },
  body: (async function* () {
    yield Buffer.from("hello");
  })(),
};
const kubelets: KubeletDialer = {
  call: async () => answer,
  upgrade: async () => ({ answer }),
};

const core = "/api/v1/namespaces/default";
const named = (object: object, name: string): object => {
  const { metadata } = object as { metadata: object };
  const { finalizers: _, ownerReferences: __, ...rest } = metadata as Record<string, unknown>;
  return { ...object, metadata: { ...rest, name } };
};
/** In the order in which they can be made. */
const objects: readonly (readonly [collection: string, kind: string, object: object])[] = [
  ["/api/v1/nodes", "Node", { metadata: { name: "n1" } }],
  [`${core}/serviceaccounts`, "ServiceAccount", { metadata: { name: "default" } }],
  ...good.map(([at, kind, object]) => {
    const name = kind === "CustomResourceDefinition" ? "xs.x.io" : "kept";
    return [at, kind, named(object, name)] as const;
  }),
  [`${core}/configmaps`, "ConfigMap", { metadata: { name: "a" }, data: { x: "1" } }],
  [
    `${core}/pods`,
    "Pod",
    { metadata: { name: "p" }, spec: { nodeName: "n1", containers: [{ name: "c", image: "i" }] } },
  ],
  [
    "/apis/apps/v1/namespaces/default/deployments",
    "Deployment",
    named((good.find(([, kind]) => kind === "Deployment") as (typeof good)[number])[2], "web"),
  ],
  [
    `${core}/services`,
    "Service",
    { metadata: { name: "web" }, spec: { selector: { app: "web" }, ports: [{ port: 80 }] } },
  ],
  [
    "/apis/x.io/v1/namespaces/default/xs",
    "X",
    { apiVersion: "x.io/v1", kind: "X", metadata: { name: "a" } },
  ],
];

async function offersOf(call: Call): Promise<readonly Offer[]> {
  const { groups } = await call("GET", "/apis");
  const versions: readonly string[] = groups.flatMap(({ versions: all }: Loose) =>
    all.map(({ groupVersion }: Loose) => `/apis/${groupVersion}`),
  );
  const offers: Offer[] = [];
  for (const root of ["/api/v1", ...versions]) {
    const { resources = [] } = await call("GET", root);
    for (const { name, kind, namespaced, verbs } of resources)
      offers.push({ root, name, kind, isNamespaced: namespaced, verbs });
  }
  return offers;
}

/** Namespaces and definitions last: they take a while to go as long as something is in them. */
const order = ({ name }: Offer): number =>
  name === "namespaces" || name === "customresourcedefinitions" ? 1 : 0;

async function targetsOf(call: Call, offers: readonly Offer[]): Promise<readonly string[]> {
  const whole = offers
    .filter(({ name, verbs }) => !name.includes("/") && verbs.includes("delete"))
    .toSorted((a, b) => order(a) - order(b));
  const targets = whole.map(async ({ root, name, isNamespaced }) => {
    const { items = [] } = await call("GET", `${root}/${name}`);
    return items.map(({ metadata }: Loose) => {
      const place = isNamespaced ? `/namespaces/${metadata.namespace}` : "";
      return `${root}${place}/${name}/${encodeURIComponent(metadata.name)}`;
    });
  });
  return (await Promise.all(targets)).flat();
}

async function remove(call: Call, target: string): Promise<void> {
  await call("DELETE", `${target}?gracePeriodSeconds=0&propagationPolicy=Background`);
  const { metadata, spec } = await call("GET", target);
  if (!metadata) return;
  if (metadata.finalizers) await release(call, target);
  if (spec?.finalizers) {
    const body = { metadata: { name: metadata.name }, spec: { finalizers: [] } };
    await call("PUT", `${target}/finalize`, body);
  }
}

/** Controllers may write to it at the same time. */
async function release(call: Call, target: string): Promise<void> {
  for (;;) {
    const object = await call("GET", target);
    if (!object.metadata?.finalizers) return;
    delete object.metadata.finalizers;
    const { status, reason, message } = await call("PUT", target, object);
    if (status !== "Failure") return;
    if (reason !== "Conflict") throw new Error(`PUT ${target} of what is there: ${message}`);
  }
}
