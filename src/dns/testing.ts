/** A cluster to be asked about, and a network of name servers outside. */
import { Namespace } from "#api/core/namespace.ts";
import { Service } from "#api/core/service.ts";
import { EndpointSlice } from "#api/discovery/endpointslice.ts";
import type { BindDatagrams } from "#base/datagram.ts";
import { silent } from "#base/log.ts";
import { seededRandom } from "#base/random.ts";
import type { HttpHandler, HttpRequest, HttpServer, HttpServerOptions } from "#base/http.ts";
import type { ByteStream } from "#base/stream.ts";
import type { Connect, Listen, ListenOptions } from "#base/tcp.ts";
import type { Client } from "#client/client.ts";
import { InformerSet } from "#client/informer.ts";
import { admin, startTestApi, type TestApi } from "#client/testing.ts";
import { inProcess } from "#client/transports/in-process.ts";
import { streamPair } from "#client/transports/stream-pair.ts";
import { createClient } from "#client/typed.ts";
import { drain } from "#sim/clock.ts";
import { ClusterData } from "./cluster-data.ts";
import { decodeQuery, readHeader } from "./decode.ts";
import { createDns } from "./dns.ts";
import { encodeQuestion, encodeReply } from "./encode.ts";
import { framed, frames } from "./frames.ts";
import { leanClient } from "./lean.ts";
import { type DnsRecord, emptyReply, type Query, type Reply } from "./message.ts";
import { Zone } from "./zone.ts";

export interface TestCluster extends AsyncDisposable {
  readonly api: TestApi;
  readonly client: Client;
  readonly data: ClusterData;
  readonly zone: Zone;
}

export async function testCluster(): Promise<TestCluster> {
  const api = await startTestApi();
  const client = createClient(inProcess(api.handle, admin));
  const stop = new AbortController();
  const random = seededRandom(1);
  const ports = { client: leanClient(client), clock: api.clock, random, log: silent };
  const informers = new InformerSet(ports, stop.signal);
  const data = new ClusterData({
    services: informers.of(Service),
    slices: informers.of(EndpointSlice),
    namespaces: informers.of(Namespace),
  });
  await fill(client);
  await informers.synced();
  await drain();
  return {
    api,
    client,
    data,
    zone: new Zone({ data, zone: "cluster.local", ttlSeconds: 5, random }),
    async [Symbol.asyncDispose]() {
      data[Symbol.dispose]();
      await informers[Symbol.asyncDispose]();
      await api[Symbol.asyncDispose]();
    },
  };
}

const namespace = "default";

/** One service of each sort. */
async function fill(client: Client): Promise<void> {
  for (const name of [namespace, "kube-system", "empty"]) {
    await client.create(Namespace, { metadata: { name } });
  }
  const service = (name: string, spec: object, where = namespace): Promise<Service> =>
    client.create(Service, { metadata: { namespace: where, name }, spec });
  const ports = [
    { name: "https", port: 443 },
    { name: "dns", port: 53, protocol: "UDP" },
  ];
  await service("kubernetes", { clusterIP: "10.3.0.1", ports });
  await service("plain", { clusterIP: "10.3.0.2", ports: [{ port: 80 }] });
  await service("kube-dns", { clusterIP: "10.3.0.10", ports: [{ port: 53 }] }, "kube-system");
  await service("dual", {
    clusterIP: "10.3.0.3",
    clusterIPs: ["10.3.0.3", "fd00::3"],
    ipFamilies: ["IPv4", "IPv6"],
    ipFamilyPolicy: "RequireDualStack",
    ports: [{ port: 80 }],
  });
  const headless = {
    clusterIP: "None",
    clusterIPs: ["None"],
    ports: [{ name: "https", port: 443 }],
  };
  await service("headless", headless);
  await service("nobody", headless);
  await service("early", headless);
  await service("leaving", headless);
  await service("outside", { type: "ExternalName", externalName: "www.example.com." });
  await service("inside", {
    type: "ExternalName",
    externalName: "plain.default.svc.cluster.local",
  });
  await service("ring", { type: "ExternalName", externalName: "ring.default.svc.cluster.local" });
  await slice(client, "headless", [
    { addresses: ["10.4.0.100"], hostname: "my-pet" },
    { addresses: ["10.4.0.101"], hostname: "my-pet-2" },
    { addresses: ["10.4.0.102"] },
    { addresses: ["10.4.0.103"], hostname: "sick", conditions: { ready: false } },
  ]);
  await slice(client, "early", [
    { addresses: ["10.4.0.110"], conditions: { ready: true, serving: false } },
  ]);
  await slice(client, "leaving", [
    { addresses: ["10.4.0.111"], conditions: { ready: false, serving: true, terminating: true } },
  ]);
  await slice(client, "kubernetes", [{ addresses: ["192.168.1.10"] }]);
}

interface TestEndpoint {
  readonly addresses: readonly string[];
  readonly hostname?: string;
  readonly conditions?: object;
}

export async function slice(
  client: Client,
  of: string,
  endpoints: readonly TestEndpoint[],
): Promise<void> {
  await client.create(EndpointSlice, {
    metadata: {
      namespace,
      name: `${of}-1`,
      labels: { "kubernetes.io/service-name": of },
    },
    addressType: "IPv4",
    endpoints,
    ports: [{ name: "https", port: 8443 }],
  });
}

/** `web.default.svc.cluster.local 5 A 10.0.0.1`, as in a zone file. */
export function lineOf({ name, ttl, type, data }: DnsRecord): string {
  const typeText = typeNames[type] ?? String(type);
  return `${name} ${ttl} ${typeText} ${Object.values(data).slice(1).join(" ")}`;
}

const typeNames: Readonly<Record<number, string>> = {
  1: "A",
  2: "NS",
  5: "CNAME",
  6: "SOA",
  12: "PTR",
  16: "TXT",
  28: "AAAA",
  33: "SRV",
};

/** What a name server outside does with a question: nothing, when it returns nothing. */
export type Behaviour = (
  query: Query,
  transport: "udp" | "tcp",
) => Partial<Reply> | Uint8Array | undefined;

export interface Outside {
  readonly bindDatagrams: BindDatagrams;
  readonly connect: Connect;
  /** `udp 192.0.2.1 www.example.com` for each question that came. */
  readonly asked: string[];
  /** Sockets and connections that nobody closed. */
  readonly open: () => number;
}

/** Name servers by their address; at other addresses there is no network. */
export function outside(servers: Readonly<Record<string, Behaviour>>): Outside {
  const asked: string[] = [];
  let open = 0;
  const answerTo = (
    address: string,
    message: Uint8Array,
    transport: "udp" | "tcp",
  ): Uint8Array | undefined => {
    const header = readHeader(message);
    if (!header) return undefined;
    const query = decodeQuery(message, header);
    asked.push(`${transport} ${address} ${query.question.name}`);
    const reply = servers[address]?.(query, transport);
    if (!reply || reply instanceof Uint8Array) return reply;
    const bytesMax = transport === "tcp" ? 65_535 : 1_232;
    return encodeReply(query, { ...emptyReply(0), ...reply }, bytesMax);
  };
  return {
    asked,
    open: () => open,
    bindDatagrams: async ({ received }) => {
      open++;
      return {
        port: 40_000,
        async send(message, to) {
          if (!servers[to.address]) throw new Error("ENETUNREACH");
          const reply = answerTo(to.address, message, "udp");
          if (reply) queueMicrotask(() => received(reply, to));
        },
        [Symbol.asyncDispose]: async () => void open--,
      };
    },
    connect: async (to) => {
      if (!("host" in to) || !servers[to.host]) throw new Error("ECONNREFUSED");
      const [near, far] = streamPair();
      open++;
      void near.closed.then(() => open--);
      void answerEach(far, (message) => answerTo(to.host, message, "tcp"));
      return near;
    },
  };
}

async function answerEach(
  stream: ByteStream,
  answer: (message: Uint8Array) => Uint8Array | undefined,
): Promise<void> {
  try {
    for await (const message of frames(stream.incoming)) {
      const reply = answer(message);
      if (reply) await stream.write(framed(reply));
    }
  } catch {
    // Whoever asked hung up: nobody waits for the answer.
  }
  stream.destroy();
}

/** A question as bytes. */
export function questionFor(name: string, type: number, more: Partial<Query> = {}): Uint8Array {
  const { id = 7, edns, checkingDisabled = false } = more;
  const question = { name, type, class: 1, ...more.question };
  const bytes = encodeQuestion(question, {
    id,
    checkingDisabled,
    dnssecOk: edns?.dnssecOk ?? false,
  });
  if (edns) {
    new DataView(bytes.buffer).setUint16(bytes.length - 8, edns.udpBytesMax);
    bytes[bytes.length - 5] = edns.version;
    return bytes;
  }
  bytes[11] = 0;
  return bytes.slice(0, -11);
}

/** A whole server, over sockets that are not there. */
export interface TestServer extends AsyncDisposable {
  readonly api: TestApi;
  readonly client: Client;
  readonly network: Outside;
  /** The answer, as soon as there is one without time passing. */
  readonly ask: (message: Uint8Array) => Promise<Uint8Array | undefined>;
  /** What it answered by datagram so far, to whomever. */
  readonly sent: readonly Uint8Array[];
  readonly connect: () => ByteStream;
  readonly page: (port: number, target: string) => Promise<{ status: number; text: string }>;
  readonly stop: () => void;
  readonly stopped: Promise<void>;
  /** Sockets, listeners and connections of all sorts. */
  readonly open: () => number;
}

export interface TestServerOptions {
  /** The API never answers it. */
  readonly isDeaf?: boolean;
  /** Called before it starts. */
  readonly before?: (ask: TestServer["ask"]) => void;
}

export async function testServer(
  servers: Readonly<Record<string, Behaviour>> = {},
  { isDeaf = false, before }: TestServerOptions = {},
): Promise<TestServer> {
  const api = await startTestApi();
  const client = createClient(inProcess(api.handle, admin));
  await fill(client);
  const network = outside(servers);
  const doors = new TestDoors();
  const stopping = new AbortController();
  const ask = async (message: Uint8Array): Promise<Uint8Array | undefined> => {
    const count = doors.sent.length;
    doors.receive(message);
    await drain();
    return doors.sent[count];
  };
  before?.(ask);
  const deaf: Client["list"] = () => Promise.reject(new Error("nobody is there"));
  const dns = createDns({
    client: isDeaf ? { ...client, list: deaf } : client,
    sockets: {
      listen: doors.listen,
      serveHttp: doors.serveHttp,
      connect: network.connect,
      bindDatagrams: (options) =>
        options.port === 0 ? network.bindDatagrams(options) : doors.bindDatagrams(options),
    },
    clock: api.clock,
    random: seededRandom(1),
    log: silent,
    upstreams: Object.keys(servers).map((address) => ({ address, port: 53 })),
  });
  const stopped = dns.run(stopping.signal);
  await drain();
  return {
    api,
    client,
    network,
    sent: doors.sent,
    connect: doors.knock,
    page: doors.page,
    ask,
    stop: () => stopping.abort(),
    stopped,
    open: () => network.open() + doors.open,
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await api.clock.advance("1m");
      await stopped;
      await api[Symbol.asyncDispose]();
    },
  };
}

/** Where questions come in. */
class TestDoors {
  readonly sent: Uint8Array[] = [];
  open = 0;
  receive: (message: Uint8Array) => void = () => {};
  readonly #pages = new Map<number, HttpHandler>();
  #connected: ListenOptions["connected"] = () => {};

  readonly bindDatagrams: BindDatagrams = async ({ port, received }) => {
    this.receive = (message) => received(message, { address: "10.4.0.20", port: 4_000 });
    return { port, send: async (message) => void this.sent.push(message), ...this.#opened() };
  };

  readonly listen: Listen = async ({ port, connected }) => {
    this.#connected = connected;
    return { port, ...this.#opened() };
  };

  readonly serveHttp = async ({ port, handler }: HttpServerOptions): Promise<HttpServer> => {
    this.#pages.set(port, handler);
    return { port, reloadTls: () => {}, ...this.#opened() };
  };

  /** A connection to the server, from the side of whoever asks. */
  readonly knock = (): ByteStream => {
    const [near, far] = streamPair();
    this.open++;
    void far.closed.then(() => this.open--);
    this.#connected(far, { address: "10.4.0.20" });
    return near;
  };

  readonly page = async (
    port: number,
    target: string,
  ): Promise<{ status: number; text: string }> => {
    const answer = await this.#pages.get(port)?.({ target } as HttpRequest);
    const text = new TextDecoder().decode(answer?.body as Uint8Array | undefined);
    return { status: answer?.status ?? 0, text };
  };

  #opened(): AsyncDisposable {
    this.open++;
    return { [Symbol.asyncDispose]: async () => void this.open-- };
  }
}
