/** Makes odd requests of good ones. */
import type { AnyKind } from "#api/kind.ts";
import type { Method } from "#api/request.ts";
import { servedKinds } from "#api/served-kinds.ts";
import type { Random } from "#base/random.ts";
import { formatYaml } from "#base/yaml.ts";
import { decodeJson, DecodeError } from "#schema/json.ts";
import { encodeProto, wrapUnknown } from "#schema/protobuf.ts";
import type { TestCall } from "../testing.ts";
import { type Entry, good, targets } from "./good-requests.ts";
import { accepts, bodyTypes, junk, parameters, patchTypes } from "./odd-values.ts";

export interface Odd {
  readonly method: Method;
  readonly target: string;
  readonly call: TestCall;
}

const kinds = servedKinds().filter(({ storage, verbs }) => storage && verbs.includes("create"));

interface Sent {
  readonly entry: Entry;
  readonly name: string;
}

/** As often as they should come. */
const methods: readonly Method[] = [
  ...Array.from({ length: 6 }, () => ["POST", "PATCH", "PUT"] as const).flat(),
  ...Array.from({ length: 3 }, () => ["GET", "DELETE"] as const).flat(),
  "HEAD",
  "OPTIONS",
];

type Json = Record<string, unknown>;

export class Mutator {
  readonly #random: Random;
  /** What may be there by now. */
  readonly #sent: Sent[] = [{ entry: good[0] as Entry, name: "a" }];

  constructor(random: Random) {
    this.#random = random;
  }

  request(): Odd {
    const method = this.#pick(methods);
    const { entry, name } = method === "POST" ? this.#next() : this.#pick(this.#sent);
    const [collection, kind] = entry;
    const own = method === "POST" ? collection : `${collection}/${name}`;
    const path = this.#often(0.85) ? own : this.#pick([...targets, collection, own]);
    const isPatch = method === "PATCH" && this.#often(0.9);
    const type = isPatch ? this.#pick(patchTypes) : this.#pick(bodyTypes);
    const body = isPatch ? this.#patch(type, entry, name) : this.#object(entry, name);
    return {
      method,
      target: this.#path(path) + this.#query(type),
      call: { type, body: this.#bytes(type, kind, body), headers: this.#headers() },
    };
  }

  #next(): Sent {
    const next = { entry: this.#pick(good), name: `n${this.#sent.length}` };
    this.#sent.push(next);
    return next;
  }

  #object([, kind, object]: Entry, name: string): unknown {
    const copy = structuredClone(object) as Json & { metadata: Json };
    copy.metadata["name"] = name;
    if (this.#often(0.8)) delete copy.metadata["finalizers"];
    if (this.#often(0.5)) Object.assign(copy, { kind, apiVersion: versionOf(kind) });
    return this.#mutated(copy);
  }

  #mutated(value: Json): unknown {
    const times = this.#pick([0, 0, 0, 1, 1, 1, 2, 4]);
    for (let i = 0; i < times; i++) this.#mutate(value);
    return this.#often(0.03) ? this.#pick(junk) : value;
  }

  /** Somewhere inside. */
  #mutate(value: Json): void {
    const keys = Object.keys(value);
    const key =
      this.#often(0.1) || keys.length === 0
        ? this.#pick(["status", "spec", "x", "kind"])
        : this.#pick(keys);
    const inner = value[key];
    if (typeof inner === "object" && inner !== null && this.#often(0.75))
      this.#mutate(inner as Json);
    else if (this.#often(0.15)) delete value[key];
    else value[key] = structuredClone(this.#pick(junk));
  }

  #patch(type: string, entry: Entry, name: string): unknown {
    if (!type.includes("json-patch")) return this.#object(entry, name);
    const paths = [
      "/data/x",
      "/spec/replicas",
      "/metadata/labels/app",
      "/spec",
      "",
      "/metadata",
      "/spec/template/spec/containers/0/image",
      "/spec/template/spec/containers/-",
      "/a~1b~0",
      "x",
      "/data/x/y",
    ];
    const operations = Array.from({ length: this.#pick([0, 1, 2, 3]) }, () => ({
      op: this.#pick(["add", "remove", "replace", "move", "copy", "test", "frob"]),
      path: this.#pick(paths),
      from: this.#pick(paths),
      value: structuredClone(this.#pick(junk)),
    }));
    return this.#often(0.2) ? this.#mutated(operations as unknown as Json) : operations;
  }

  #bytes(type: string, kind: string, body: unknown): Uint8Array {
    const bytes = encoded(type, kind, body);
    if (!this.#often(0.1) || bytes.length === 0) return bytes;
    const at = Math.floor(this.#random.next() * bytes.length);
    const noise = Uint8Array.from({ length: 3 }, () => Math.floor(this.#random.next() * 256));
    return this.#pick([
      bytes.subarray(0, at),
      Buffer.concat([bytes.subarray(0, at), noise, bytes.subarray(at)]),
      Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]),
      new Uint8Array(),
    ]);
  }

  #path(path: string): string {
    if (this.#often(0.95)) return path;
    const parts = path.split("/");
    const at = Math.floor(this.#random.next() * parts.length);
    parts[at] = this.#pick([
      "",
      "..",
      "%2e%2e",
      "%zz",
      "%00",
      "x",
      "status",
      "watch",
      "__proto__",
      "constructor",
      "namespaces",
      "é",
      "a".repeat(2_000),
    ]);
    return parts.join("/");
  }

  #query(type: string): string {
    const known = Object.keys(parameters) as (keyof typeof parameters)[];
    const query = new URLSearchParams();
    if (type.includes("apply") && this.#often(0.9)) query.append("fieldManager", "m");
    const count = this.#pick([0, 0, 0, 0, 1, 1, 3]);
    for (let i = 0; i < count; i++) {
      const name = this.#pick(known);
      query.append(name, this.#pick<string>(parameters[name]));
    }
    return query.size === 0 ? "" : `?${query.toString()}`;
  }

  #headers(): Record<string, string> {
    if (this.#often(0.7)) return {};
    return this.#pick<Record<string, string>>([
      { accept: this.#pick(accepts) },
      { accept: this.#pick(accepts) },
      { "user-agent": "\u0001".repeat(300) },
      {
        "content-type": this.#pick([
          "",
          ";",
          "application/json; charset=utf-8",
          "APPLICATION/JSON",
        ]),
      },
      { "impersonate-user": "bob", "impersonate-extra-%zz": "x" },
      { "k8ts-cause": "x".repeat(5_000) },
    ]);
  }

  #often(chance: number): boolean {
    return this.#random.next() < chance;
  }

  #pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.#random.next() * from.length)] as T;
  }
}

const kindOf = (name: string): AnyKind | undefined => kinds.find(({ kind }) => kind === name);

const versionOf = (name: string): string => kindOf(name)?.apiVersion ?? "v1";

function encoded(type: string, kind: string, body: unknown): Uint8Array {
  if (type === "application/yaml") return Buffer.from(formatYaml(body));
  if (!type.includes("protobuf")) return Buffer.from(JSON.stringify(body));
  return protobufOf(kind, body) ?? Buffer.from(JSON.stringify(body));
}

/** What has no such form goes as JSON. */
function protobufOf(name: string, body: unknown): Uint8Array | undefined {
  const kind = kindOf(name);
  if (!kind) return undefined;
  try {
    const json: unknown = JSON.parse(JSON.stringify(body));
    const { value } = decodeJson(kind.schema, json, { defaults: false });
    return wrapUnknown(kind, encodeProto(kind.schema, value));
  } catch (cause) {
    if (cause instanceof DecodeError) return undefined;
    throw cause;
  }
}
