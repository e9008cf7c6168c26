/** Two servers for tests: ours, and one that extends it over real connections. */
import { ageColumn, nameColumn } from "#api/columns.ts";
import { defineKind, type ObjectOf } from "#api/kind.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import type { HttpHandler, HttpRequest, HttpServer } from "#base/http.ts";
import { httpClient } from "#host/http-client.ts";
import { serveHttp } from "#host/http-server.ts";
import { testAuthority } from "#host/testing.ts";
import { s, typeMeta } from "#schema/struct.ts";
import { type SecureServer, startSecureServer } from "../subresources/testing.ts";
import type { Loose } from "../testing.ts";

/** As upstream's sample server. */
export const Flunder = defineKind({
  group: "wardle.example.com",
  version: "v1alpha1",
  kind: "Flunder",
  plural: "flunders",
  shortNames: ["fl"],
  scope: "Namespaced",
  doc: "What the sample server knows.",
  columns: [nameColumn, ageColumn],
  storage: { prefix: "/registry/wardle.example.com/flunders", hash: "flunder" },
  schema: s.struct("wardle.example.com/v1alpha1.Flunder", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(
      2,
      s.struct("wardle.example.com/v1alpha1.FlunderSpec", {
        reference: s.string(1, { doc: "What it is about." }),
      }),
    ),
  }),
});

export interface Flunder extends ObjectOf<typeof Flunder> {}

export const loopback = "127.0.0.1";
export const flunders = "/apis/wardle.example.com/v1alpha1/namespaces/default/flunders";
export const apiServices = "/apis/apiregistration.k8s.io/v1/apiservices";
export const flunderService = "v1alpha1.wardle.example.com";

export interface Extended extends AsyncDisposable {
  readonly main: SecureServer;
  readonly extension: SecureServer;
  /** Where the main server listens, and the CA and the administrator's certificate to go there with. */
  readonly port: number;
  readonly ca: string;
  readonly admin: { readonly key: string; readonly certificate: string };
  /** What the extension was asked of flunders, in order. */
  readonly asked: HttpRequest[];
  /** Answers what is asked of flunders instead of the extension, when set. */
  answer: HttpHandler | undefined;
  /** Answers questions for discovery. */
  describe: HttpHandler | undefined;
  readonly caBundle: string;
}

/** Both listen; nobody has said yet that the one extends the other. */
export async function startExtended(): Promise<Extended> {
  const [cluster, front, serving] = await Promise.all(
    ["kubernetes", "front-proxy-ca", "wardle"].map(testAuthority),
  );
  if (!cluster || !front || !serving) throw new Error("no authorities");
  const [mainIdentity, admin, frontProxy, identity] = await Promise.all([
    cluster.issue("CN=kube-apiserver", [loopback, "localhost"]),
    cluster.issue("CN=admin, O=system:masters"),
    front.issue("CN=front-proxy-client"),
    serving.issue("CN=api", ["api.wardle.svc"]),
  ]);
  const http = httpClient();
  const believes = { ca: () => front.certificate, names: ["front-proxy-client"] };
  const extension = await startSecureServer({ kinds: [Flunder], believes });
  const state: Pick<Extended, "asked" | "answer" | "describe"> = {
    asked: [],
    answer: undefined,
    describe: undefined,
  };
  const listening: HttpServer = await serveHttp({
    address: loopback,
    port: 0,
    tls: { identity: () => identity, clientCas: () => front.certificate },
    handler: (request) => {
      const isContent = request.target.startsWith(flunders);
      if (isContent) state.asked.push(request);
      return ((isContent ? state.answer : state.describe) ?? extension.server.http)(request);
    },
  });
  const main = await startSecureServer({
    http,
    frontProxy: () => frontProxy,
    serviceUrl: () => `https://${loopback}:${listening.port}`,
  });
  const listener = await serveHttp({
    address: loopback,
    port: 0,
    tls: { identity: () => mainIdentity, clientCas: () => cluster.certificate },
    handler: main.server.http,
  });
  return Object.assign(state, {
    main,
    extension,
    port: listener.port,
    ca: cluster.certificate,
    admin,
    caBundle: Buffer.from(serving.certificate).toString("base64"),
    [Symbol.asyncDispose]: async () => {
      await main.server[Symbol.asyncDispose]();
      await extension.server[Symbol.asyncDispose]();
      await listener[Symbol.asyncDispose]();
      http[Symbol.dispose]();
      await listening[Symbol.asyncDispose]();
    },
  });
}

/** The service that the extension stands behind. */
export async function addService({ main: { ask } }: Extended): Promise<void> {
  await ask("POST", "/api/v1/namespaces", { body: { metadata: { name: "wardle" } } });
  await ask("POST", "/api/v1/namespaces/wardle/services", {
    body: { metadata: { name: "api" }, spec: { ports: [{ port: 443, name: "https" }] } },
  });
}

export const addEndpoints = ({ main: { ask } }: Extended, change: object = {}): Promise<Loose> =>
  ask("POST", "/apis/discovery.k8s.io/v1/namespaces/wardle/endpointslices", {
    body: {
      metadata: { name: "api-1", labels: { "kubernetes.io/service-name": "api" } },
      addressType: "IPv4",
      endpoints: [{ addresses: ["10.244.0.9"], conditions: { ready: true } }],
      ports: [{ name: "https", port: 8443, protocol: "TCP" }],
      ...change,
    },
  });

export const register = (extended: Extended, change: object = {}): Promise<Loose> =>
  extended.main.ask("POST", apiServices, {
    body: {
      metadata: { name: flunderService },
      spec: {
        group: "wardle.example.com",
        version: "v1alpha1",
        service: { namespace: "wardle", name: "api" },
        caBundle: extended.caBundle,
        groupPriorityMinimum: 2000,
        versionPriority: 200,
        ...change,
      },
    },
  });

/** `True Passed`, once the condition says so. */
export async function reaches(extended: Extended, wanted: string): Promise<string> {
  let found = "";
  for (let turn = 0; turn < 2_000; turn++) {
    const { status } = await extended.main.ask("GET", `${apiServices}/${flunderService}`);
    const [condition] = status.conditions ?? [];
    found = condition ? `${condition.status} ${condition.reason}` : "";
    if (found === wanted) return condition.message;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error(`the APIService is ${found}, not ${wanted}`);
}

/** Registered, and found to be there. */
export async function startAggregated(): Promise<Extended> {
  const extended = await startExtended();
  await addService(extended);
  await addEndpoints(extended);
  await register(extended);
  await reaches(extended, "True Passed");
  return extended;
}
