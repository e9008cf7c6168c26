/** A real API server over a memory store, for tests: with a clock that stands still, and whoever it is told to believe. */
import type {
  ApiHandler,
  ApiRequest,
  ApiResponse,
  Method,
  User,
  WatchBatch,
  WatchEvent,
} from "#api/request.ts";
import { type AnyKind, defineKind, type ObjectOf } from "#api/kind.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import type { Status } from "#api/meta/status.ts";
import { servedKinds } from "#api/served-kinds.ts";
import { type Log, silent } from "#base/log.ts";
import { seededRandom } from "#base/random.ts";
import { ManualClock } from "#base/testing.ts";
import { memoryStore, type MemoryStoreOptions } from "#store/backends/memory.ts";
import type { Store } from "#store/store.ts";
import { invalid } from "#schema/field-error.ts";
import { s, typeMeta } from "#schema/struct.ts";
import { Deployment } from "#api/apps/deployment.ts";
import { HorizontalPodAutoscaler } from "#api/autoscaling/horizontalpodautoscaler.ts";
import { Lease } from "#api/coordination/lease.ts";
import { ConfigMap } from "#api/core/configmap.ts";
import { Event } from "#api/core/event.ts";
import { Namespace } from "#api/core/namespace.ts";
import { Pod } from "#api/core/pod.ts";
import { PriorityClass } from "#api/scheduling/priorityclass.ts";
import { Secret } from "#api/core/secret.ts";
import type { Auditor } from "./audit/record.ts";
import type { WebhookClient } from "./admission/webhooks/client.ts";
import type { Authenticator } from "./authn/authenticator.ts";
import type { Attributes } from "./authz/authorizer.ts";
import { bootstrap, type BootstrapOptions } from "./bootstrap/bootstrap.ts";
import type { ServerPorts } from "./ports.ts";
import { type ApiServer, type ApiServerOptions, createApiServer } from "./server.ts";
import * as subresources from "./subresources/catalog.ts";
import * as virtuals from "./virtual/catalog.ts";
import type { Virtual } from "./virtual/virtual.ts";

/** What is due at once does not wait until somebody moves the time. */
export class TestClock extends ManualClock {
  constructor() {
    super(Date.UTC(2026, 0, 1));
  }

  override after(delayMs: number, wake: () => void): Disposable {
    const timer = super.after(delayMs, wake);
    if (delayMs === 0) queueMicrotask(() => this.advance(0));
    return timer;
  }
}

export interface TestServer extends ApiServer {
  readonly clock: TestClock;
  readonly store: Store;
  /** Sends a request as the administrator, unless `as` says otherwise. */
  readonly send: (method: Method, target: string, call?: TestCall) => Promise<ApiResponse>;
  /** The body of a successful answer; throws what a failed one says. */
  readonly ask: <T = Loose>(method: Method, target: string, call?: TestCall) => Promise<T>;
  /** The Status of a failed answer. */
  readonly refused: (method: Method, target: string, call?: TestCall) => Promise<Status>;
  readonly watch: (target: string, call?: TestCall) => Promise<TestWatch>;
}

// oxlint-disable-next-line typescript/no-explicit-any -- tests look into answers of every kind.
export type Loose = any;

export interface TestCall {
  readonly body?: object | string | Uint8Array;
  readonly type?: string;
  readonly as?: User;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export const admin: User = { name: "admin", groups: ["system:masters", "system:authenticated"] };

export interface TestServerOptions extends Partial<Omit<ApiServerOptions, "store" | "ports">> {
  readonly store?: Store;
  readonly history?: MemoryStoreOptions["history"];
  readonly mayDo?: (attributes: Attributes) => boolean;
  readonly log?: Log;
  readonly auditor?: (clock: TestClock) => Auditor;
  readonly webhooks?: WebhookClient;
}

const CrewSpec = s.struct("test/v1.CrewSpec", {
  size: s.int32(1, { optional: true }),
  holds: s.list(2, "string"),
  leader: s.string(3),
});

const CrewStatus = s.struct("test/v1.CrewStatus", { phase: s.string(1), size: s.int32(2) });

/** A kind with all the traits that change how it is served. */
export const Crew = defineKind({
  group: "test.k8ts.io",
  version: "v1",
  kind: "Crew",
  plural: "crews",
  scope: "Namespaced",
  storage: { prefix: "/registry/test.k8ts.io/crews", hash: "crew" },
  schema: s.struct("test/v1.Crew", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, CrewSpec),
    status: s.object(3, CrewStatus),
  }),
  hasGeneration: true,
  needsResourceVersion: true,
  orphansByDefault: true,
  selectableFields: { "spec.leader": ({ spec }) => spec.leader ?? "" },
  status: {},
  scale: {
    replicas: ({ spec }) => spec.size ?? 0,
    withReplicas: (draft, size) => {
      draft.spec.size = size;
    },
    statusReplicas: ({ status }) => status.size ?? 0,
    selector: ({ metadata }) => `crew=${metadata.name}`,
  },
  graceSeconds: ({ spec }, asked) => (spec.leader === undefined ? 0 : (asked ?? 30)),
  isHeld: ({ spec }) => (spec.holds ?? []).length > 0,
  prepareForDelete: (draft) => {
    draft.status.phase = "Leaving";
  },
  *validateUpdate({ spec }, old) {
    if (old.spec.leader !== undefined && spec.leader !== old.spec.leader) {
      yield invalid("spec.leader", spec.leader, "field is immutable");
    }
  },
});

export interface Crew extends ObjectOf<typeof Crew> {}

/** Some of every sort. */
export const testKinds: readonly AnyKind[] = [
  ConfigMap,
  Secret,
  Pod,
  Namespace,
  Deployment,
  HorizontalPodAutoscaler,
  Event,
  Lease,
  PriorityClass,
  Crew,
];

/** Stands for what a test has no part of. */
export const unused = (): never => {
  throw new Error("not part of this test");
};

/** Believes components, and who has a token. */
export const believing = (token: string, user: User): Authenticator => ({
  authenticate: async ({ caller, headers }) => {
    if (caller.is === "component") return caller.user;
    return headers["authorization"] === `Bearer ${token}` ? user : undefined;
  },
  review: unused,
});

export interface QuietServerOptions extends Partial<Omit<ApiServerOptions, "ports">> {
  readonly ports: Pick<ServerPorts, "clock"> & Partial<ServerPorts>;
}

/** A server with all that Kubernetes serves, over a memory store: nothing is refused, and nobody is outside. */
export const quietServer = ({ ports, ...options }: QuietServerOptions): ApiServer =>
  createApiServer({
    store: memoryStore(),
    kinds: allKinds,
    admission: [],
    subresources: Object.values(subresources),
    virtuals: Object.values(virtuals as Record<string, Virtual>),
    isFreezing: true,
    ...options,
    ports: {
      random: seededRandom(1),
      log: silent,
      http: { call: unused, upgrade: unused },
      authenticator: believing("admin", admin),
      authorizer: { authorize: () => ({ allowed: true, reason: "" }), rulesFor: unused },
      tokens: { issue: unused, jwks: unused, issuer: "" },
      kubelets: { call: unused, upgrade: unused },
      ...ports,
    },
  });

export const allKinds = servedKinds();

/** Waits for the server, and writes what every cluster has from the start. */
export async function makeReady(
  { ready, registry }: ApiServer,
  options: Pick<BootstrapOptions, "clock"> & Partial<BootstrapOptions>,
): Promise<void> {
  await ready();
  await bootstrap(registry, {
    advertised: { address: "192.0.2.1", port: 6443, serviceCidrs: ["10.96.0.0/12"] },
    roles: [],
    clientCa: "CA",
    clusterInfo: { server: "https://192.0.2.1:6443", ca: "CA" },
    signal: new AbortController().signal,
    ...options,
  });
}

export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const { mayDo = () => true, history, log = silent, auditor, webhooks, ...rest } = options;
  const clock = new TestClock();
  const store = options.store ?? memoryStore(history ? { history } : {});
  const server = quietServer({
    kinds: testKinds,
    subresources: [],
    virtuals: [],
    ...rest,
    store,
    ports: {
      clock,
      log,
      authorizer: {
        authorize: (attributes) => ({ allowed: mayDo(attributes), reason: "" }),
        rulesFor: unused,
      },
      ...(auditor ? { auditor: auditor(clock) } : {}),
      ...(webhooks ? { webhooks } : {}),
    },
  });
  await server.ready();
  return { ...server, ...callsOf(server.handle), clock, store };
}

function callsOf(handle: ApiHandler): Pick<TestServer, "send" | "ask" | "refused" | "watch"> {
  const send: TestServer["send"] = async (method, target, call = {}) =>
    handle(testRequest(method, target, call));
  const ask: TestServer["ask"] = async (method, target, call) => {
    const response = await send(method, target, call);
    if (response.status >= 400) throw new Error(JSON.stringify(bodyOf(response)));
    return bodyOf(response);
  };
  const refused: TestServer["refused"] = async (method, target, call) => {
    const response = await send(method, target, call);
    if (response.status < 400) throw new Error(`${method} ${target} was not refused`);
    return bodyOf(response);
  };
  const watch: TestServer["watch"] = async (target, call) => {
    const { body } = await send("GET", target, call);
    if (body.is !== "watch") throw new Error(JSON.stringify(body));
    return new TestWatch(body.events);
  };
  return { send, ask, refused, watch };
}

export function testRequest(method: Method, target: string, call: TestCall = {}): ApiRequest {
  const { body, type = "application/json", as = admin, headers, signal } = call;
  const [path = "", query = ""] = target.split("?");
  return {
    method,
    path,
    query: new URLSearchParams(query),
    headers: { "content-type": type, "user-agent": "test/1.0", ...headers },
    body: body === undefined ? { is: "none" } : { is: "bytes", bytes: bytesOf(body) },
    caller: { is: "component", user: as },
    signal: signal ?? new AbortController().signal,
  };
}

const bytesOf = (body: object | string | Uint8Array): Uint8Array =>
  body instanceof Uint8Array
    ? body
    : Buffer.from(typeof body === "string" ? body : JSON.stringify(body));

/** The body as a client would parse it. */
export function bodyOf({ body }: ApiResponse): Loose {
  if (body.is === "object") return JSON.parse(Buffer.from(body.sealed.json()).toString());
  if (body.is === "list") {
    return { metadata: body.list.metadata, items: body.list.items.map(({ object }) => object) };
  }
  if (body.is !== "bytes") return undefined;
  const bytes = body.bytes instanceof Uint8Array ? body.bytes : Buffer.concat(body.bytes);
  const text = Buffer.from(bytes).toString();
  return body.contentType.startsWith("application/json") ? JSON.parse(text) : text;
}

/** Reads a watch event by event. */
export class TestWatch {
  readonly #batches: AsyncIterator<WatchBatch>;
  #events: WatchEvent[] = [];

  constructor(batches: AsyncIterable<WatchBatch>) {
    this.#batches = batches[Symbol.asyncIterator]();
  }

  /** Undefined at the end. */
  async next(): Promise<WatchEvent | undefined> {
    while (this.#events.length === 0) {
      const { done, value } = await this.#batches.next();
      if (done) return undefined;
      this.#events = [...value];
    }
    return this.#events.shift();
  }

  /** The next `count` events as `ADDED web`. */
  async take(count: number): Promise<string[]> {
    const texts: string[] = [];
    for (let i = 0; i < count; i++) texts.push(describe(await this.next()));
    return texts;
  }

  async end(): Promise<void> {
    await this.#batches.return?.();
  }
}

export function describe(event: WatchEvent | undefined): string {
  if (!event) return "END";
  if (event.type === "BOOKMARK") return event.isInitialEnd ? "BOOKMARK initial" : "BOOKMARK";
  if (event.type === "ERROR") return `ERROR ${event.error.reason}`;
  return `${event.type} ${event.sealed.object.metadata.name}`;
}

export const configMap = (
  name: string,
  data: Record<string, string> = {},
  more: object = {},
): object => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, ...more },
  data,
});
