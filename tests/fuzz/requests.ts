/** Requests for every endpoint there is, drawn from a seed: good ones, odd ones, and bytes that are no HTTP. */
import * as catalog from "../../src/api/catalog.ts";
import type { AnyKind } from "../../src/api/kind.ts";
import { Mutator, type Odd } from "../../src/apiserver/bad-input/odd-requests.ts";
import {
  accepts,
  bodyTypes,
  junk,
  parameters,
  patchTypes,
} from "../../src/apiserver/bad-input/odd-values.ts";
import { below, chance, pick, type SeededRandom, seededRandom } from "../../src/base/random.ts";
import { RandomValues } from "../../src/schema/random-values.ts";
import { broken } from "./broken.ts";
import type { Sent } from "./wire.ts";

/** What discovery says of a resource, or of a part of one. */
export interface Offer {
  readonly root: string;
  /** `pods`, `pods/log`. */
  readonly name: string;
  readonly kind: string;
  readonly isNamespaced: boolean;
  readonly verbs: readonly string[];
}

const methods: Readonly<Record<string, string>> = {
  get: "GET",
  list: "GET",
  watch: "GET",
  create: "POST",
  update: "PUT",
  patch: "PATCH",
  delete: "DELETE",
  deletecollection: "DELETE",
};
/** There from the start, or made by others; and one that never is. */
const names = ["a", "p", "web", "kept", "n1", "n2", "n3", "default", "missing"] as const;
const namespaces = ["default", "default", "default", "kube-system", "missing"] as const;
const upgrades = [
  {
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    "sec-websocket-protocol": "v5.channel.k8s.io",
  },
  {
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-protocol": "v4.channel.k8s.io,x",
    "sec-websocket-key": "x",
  },
  { connection: "Upgrade", upgrade: "SPDY/3.1", "x-stream-protocol-version": "v4.channel.k8s.io" },
  { connection: "Upgrade", upgrade: "websocket" },
  { connection: "Upgrade", upgrade: "h2c" },
] as const;
const rest = ["/", "", "/x?y=z", "/../..", "/%2e%2e/x"] as const;
const others = [
  "/",
  "/api",
  "/apis",
  "/apis/apps",
  "/apis/x.io/v1",
  "/openapi/v2",
  "/openapi/v3",
  "/openapi/v3/api/v1",
  "/version",
  "/healthz",
  "/livez?verbose",
  "/readyz?exclude=ping",
  "/readyz/etcd",
  "/metrics",
  "/logs",
  "/debug/pprof/",
  "/.well-known/openid-configuration",
  "/openid/v1/jwks",
  "/api/v1/watch/pods",
  "/api/v1/watch/namespaces/default/pods/p",
  "/api/v1/namespaces/default/services/http:web:80/proxy/x",
  "/api/v1/nodes/n1/proxy/healthz",
  "/apis/remote.io/v1/things",
] as const;

const kinds: readonly AnyKind[] = Object.values(catalog as unknown as Record<string, AnyKind>);

export class Requests {
  readonly #random: SeededRandom;
  readonly #odd: Mutator;
  readonly #offers: readonly [Offer, ...Offer[]];
  readonly #token: string;

  constructor(seed: number, offers: readonly Offer[], token: string) {
    this.#random = seededRandom(seed);
    this.#odd = new Mutator(this.#random);
    this.#offers = offers as readonly [Offer, ...Offer[]];
    this.#token = token;
  }

  next(): Sent {
    const odd = chance(this.#random, 0.45) ? this.#odd.request() : this.#offered();
    const { method } = odd;
    const streams = /[?&](watch|follow)=|\/watch\//.test(odd.target);
    const sent = { bytes: this.#bytes(odd), method, streams, isLast: false };
    return chance(this.#random, 0.08) ? broken(sent, this.#random) : sent;
  }

  /** One of what the server says it has. */
  #offered(): Odd {
    const offer = pick(this.#random, this.#offers);
    const verb = pick(this.#random, offer.verbs as readonly [string, ...string[]]);
    const method = chance(this.#random, 0.9)
      ? (methods[verb] ?? "GET")
      : pick(this.#random, ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"]);
    const path = chance(this.#random, 0.92) ? this.#path(offer, verb) : pick(this.#random, others);
    const type = method === "PATCH" ? this.#any(patchTypes) : this.#any(bodyTypes);
    return {
      method: method as Odd["method"],
      target: path + this.#query(path, type, verb),
      call: { type, headers: this.#headers(offer), body: this.#body(offer, method) },
    };
  }

  #path({ root, name, isNamespaced }: Offer, verb: string): string {
    const [plural = "", part] = name.split("/");
    const hasName =
      part !== undefined || !["list", "create", "deletecollection", "watch"].includes(verb);
    const isEverywhere = verb === "list" && chance(this.#random, 0.3);
    const place =
      isNamespaced && !isEverywhere ? `/namespaces/${pick(this.#random, namespaces)}` : "";
    const end = part === "proxy" ? `/proxy${pick(this.#random, rest)}` : part ? `/${part}` : "";
    return `${root}${place}/${plural}${hasName ? `/${pick(this.#random, names)}${end}` : ""}`;
  }

  #query(path: string, type: string, verb: string): string {
    const query = new URLSearchParams();
    if (verb === "watch") query.append("watch", "true");
    if (type.includes("apply")) query.append("fieldManager", "m");
    const known = Object.keys(parameters) as (keyof typeof parameters)[];
    for (let i = below(this.#random, 4); i > 1; i--) {
      const name = this.#any(known);
      query.append(name, this.#any<string>(parameters[name]));
    }
    if (query.size === 0) return "";
    return `${path.includes("?") ? "&" : "?"}${query.toString()}`;
  }

  #headers({ name }: Offer): Record<string, string> {
    const isConnect = /\/(exec|attach|portforward|proxy)$/.test(name);
    return {
      ...(chance(this.#random, 0.4) ? { accept: this.#any(accepts) } : {}),
      ...(chance(this.#random, isConnect ? 0.6 : 0.01) ? pick(this.#random, upgrades) : {}),
      ...(chance(this.#random, 0.05) ? { "accept-encoding": "gzip" } : {}),
      ...(chance(this.#random, 0.02) ? { "content-encoding": "gzip" } : {}),
    };
  }

  #body({ kind: wanted, name }: Offer, method: string): string {
    if (method === "GET" || method === "HEAD") return "";
    const kind = kinds.find((one) => one.kind === wanted);
    if (!kind || chance(this.#random, 0.05)) return JSON.stringify(this.#any(junk));
    if (method === "DELETE" && chance(this.#random, 0.7)) return "";
    const seed = below(this.#random, 2 ** 31);
    const object = new RandomValues(seed).struct(
      kind.schema,
      pick(this.#random, [0, 3, 6, 8]),
    ) as Drawn;
    const metadata = {
      ...(chance(this.#random, 0.2) ? object.metadata : {}),
      name: pick(this.#random, names),
    };
    const version = name.includes("/") ? {} : { apiVersion: kind.apiVersion, kind: kind.kind };
    return JSON.stringify({ ...version, ...object, metadata });
  }

  #bytes({ method, target, call }: Odd): Uint8Array {
    const body = Buffer.from((call.body ?? "") as string);
    const isChunked = body.length > 0 && chance(this.#random, 0.1);
    const fields = {
      host: "k8ts",
      authorization: chance(this.#random, 0.97) ? `Bearer ${this.#token}` : "Bearer x.y.z",
      "content-type": call.type ?? "application/json",
      ...call.headers,
      ...(isChunked
        ? { "transfer-encoding": "chunked" }
        : { "content-length": String(body.length) }),
    };
    const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
    const head = Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines.join("")}\r\n`);
    return Buffer.concat([head, isChunked ? chunked(body, this.#random) : body]);
  }

  #any<T>(items: readonly T[]): T {
    return pick(this.#random, items as readonly [T, ...T[]]);
  }
}

interface Drawn {
  readonly metadata?: object;
}

function chunked(body: Buffer, random: SeededRandom): Buffer {
  const at = below(random, body.length);
  const pieces = [body.subarray(0, at), body.subarray(at)].filter(({ length }) => length > 0);
  const framed = pieces.map(
    (piece) => `${piece.length.toString(16)}\r\n${piece.toString("latin1")}\r\n`,
  );
  return Buffer.from(`${framed.join("")}0\r\n\r\n`, "latin1");
}
